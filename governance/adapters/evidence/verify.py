#!/usr/bin/env python3
"""Verifies a bundle of evidence (`heirloom/evidence/1`) without the program that wrote it, and without a network.

    python3 -I verify.py BUNDLE.zip [--signers FILE] [--key FILE] [--witness FOLDER] [--json]

--signers: whose key is whose. --key: the platform's public key. --witness: checkpoints that somebody outside of the platform kept.

It needs Python 3.11 or newer, its standard library, and ssh-keygen where people signed. `ok`: recomputed here and the same. `FAIL`: it is
not. `--`: nothing in the bundle can show it. Exit 0 where nothing failed, 4 where something did or the bundle cannot be read, 2 for a
wrong call. Whoever forges a bundle forges the verify.py inside it too: run one from a place that you trust.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import bisect
import csv
import hashlib
import itertools
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

OK, FAIL, OPEN = "ok", "FAIL", "--"
SCHEMA = "heirloom/evidence/1"
GENESIS = "0" * 64
NAMESPACE, PLATFORM_NAMESPACE, PLATFORM = "heirloom", "heirloom-platform", "heirloom"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
SKEW = timedelta(seconds=5)
CLOSE = 1e-9
LARGEST_DOCUMENT, LARGEST_TABLE, LARGEST_BUNDLE, MOST_FILES, LONGEST_LINE = 64 << 20, 2 << 30, 6 << 30, 500, 16 << 20
TABLES = frozenset(("ledger.jsonl", "checkpoints.jsonl", "rows.csv", "scores.csv", "batches.jsonl"))
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
ROLES = ANCHOR, HUMAN, SYNTHETIC = "anchor", "human", "synthetic"
ROW_COLUMNS = ["place", "row_id", "sha256", "role", "origin", "generator", "generator_version", "tokens", "counted", "shard"]
SCORE_COLUMNS = ["model", "shard", "doc_id", "source_id", "slice", "bits", "bytes", "tokens"]
DECIDES = frozenset(
    (
        *("cycle.frozen", "cycle.extended", "cycle.judged", "approval.given", "approval.refused"),
        *("promotion.committed", "rollback.committed", "baseline.approved", "schedule.unfrozen"),
    )
)
CONTENT = ["actor", "at", "body", "kind", "previous", "seq"]
ATTESTED = {
    "test-result": "the platform signed this verdict of the gate over this evidence and policy",
    "provenance": "the platform signed that this training made the model of this mix",
}
PERPLEXITIES = {"tail_perplexity": "tail", "human_perplexity": "human"}
MARGINS = {  # of the gates that ship: margin and champion's step in percent, units that may decide, and whether both directions count
    "tail_perplexity": (5.0, 3.0, 100, False),
    "human_perplexity": (3.0, 2.0, 100, False),
    "distinct_2": (10.0, 10.0, 100, True),
    "distinct_3": (5.0, 5.0, 100, True),
    "ngram_entropy": (3.0, 3.0, 100, True),
}
FEWEST_TO_FOUND = 100

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """One answer: what was looked at, how it came out, and a sentence."""

    name: str
    outcome: str
    says: str


def answer(name: str, wrong: Sequence[str], says: str) -> Check:
    """FAIL with the first of what is wrong, else ok."""
    more = f" (+{len(wrong) - 3} more)" if len(wrong) > 3 else ""
    return Check(name, FAIL, "; ".join(wrong[:3]) + more) if wrong else Check(name, OK, says)


# --- reading a bundle that may be hostile ---------------------------------------------------------


class Bundle:
    """The members of a zip, each looked at before anything is read; nothing is ever written to disk."""

    def __init__(self, path: Path) -> None:
        try:
            self.zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise ValueError(f"is no zip that can be read: {error}") from error
        found = self.zip.infolist()
        for one in found:
            if trouble := _trouble(one):
                raise ValueError(f"{shown(one.orig_filename)} {trouble}")
        names = [one.filename for one in found]
        if len(found) > MOST_FILES or sum(one.file_size for one in found) > LARGEST_BUNDLE:
            raise ValueError(f"holds more than {MOST_FILES} files or {LARGEST_BUNDLE:,} bytes")
        if twice := [name for name, count in Counter(map(str.casefold, names)).items() if count > 1]:
            raise ValueError(f"{shown(twice[0])} stands in it twice")
        self.names = frozenset(names)

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member piece by piece; what is not as long, or not as said, as the zip says is an error."""
        try:
            with self.zip.open(name) as stream:
                while piece := stream.read(1 << 20):
                    yield piece
        except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, KeyError, zlib.error) as error:
            raise ValueError(f"{name} cannot be read: {error}") from error

    def read(self, name: str) -> bytes:
        """A whole document; `_trouble` has seen that it is not large."""
        return b"".join(self.chunks(name))

    def lines(self, name: str) -> Iterator[str]:
        """Lines of a table with their line ends, none of them longer than 16 MiB."""
        rest = b""
        for piece in self.chunks(name):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield f"{line.decode()}\n"
            if len(rest) > LONGEST_LINE:
                raise ValueError(f"{name} has a line of more than {LONGEST_LINE:,} bytes")
        if rest:
            yield rest.decode()


def _trouble(one: zipfile.ZipInfo) -> str:
    """Why a member is not read; empty where it may be."""
    limit = LARGEST_TABLE if one.filename in TABLES or one.filename.startswith("texts/") else LARGEST_DOCUMENT
    if one.orig_filename != one.filename or len(one.filename) > 200 or not NAME.fullmatch(one.filename):
        return "is no name of a file inside of a bundle"
    if one.flag_bits & 0x1 or one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is encrypted, or packed in a way that is not read here"
    if (one.external_attr >> 16) & 0o170000 not in (0, 0o100000):
        return "is no plain file"
    return f"has {one.file_size:,} bytes, more than {limit:,}" if one.file_size > limit else ""


def parsed(content: str, where: str) -> Any:
    """JSON in which no key stands twice and no number is none."""
    try:
        return json.loads(content, object_pairs_hook=_once_each, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is not JSON that can be trusted: {error}") from error


def _once_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {shown(key)} stands twice")
        found[key] = value
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def shown(text: object, limit: int = 80) -> str:
    """A name that came with the bundle, on one line and without a character that a terminal would obey."""
    cut = str(text)[:limit]
    return "".join(c if c.isprintable() and unicodedata.category(c) not in ("Cf", "Co", "Cn") else f"\\u{ord(c):04x}" for c in cut)


# --- canonical JSON (RFC 8785) and digests --------------------------------------------------------


def canonical(value: Any) -> str:
    """The one way to write a JSON value down."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_text(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value) if isinstance(value, int) else _number(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """A number as ECMAScript writes it: Python finds the same shortest digits and places the point elsewhere."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no JSON number")
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{abs(value)!r}e0".partition("e")
    whole, _, part = mantissa.partition(".")
    part = "" if part == "0" else part
    point = len(whole) + int(exponent.split("e")[0])
    digits = (whole + part).lstrip("0")
    point -= len(whole + part) - len(digits)
    digits = digits.rstrip("0")
    return ("-" if value < 0 else "") + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Digits with the decimal point after so many of them."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def digest(value: Any) -> str:
    """The sha256 of a document, by which the ledger names it."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


# --- what the bundle holds ------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """What whoever verifies brings along, from a place that the bundle has no hand in."""

    signers: Path | None = None
    key: Path | None = None
    witness: Path | None = None

    def witnessed(self) -> list[Document]:
        """The checkpoints in a witness's folder. Raises: ValueError where one cannot be read."""
        files = sorted(self.witness.glob("*.json"))[:100_000] if self.witness else []
        return [parsed(file.read_text(encoding="utf-8"), file.name) for file in files if file.stat().st_size < LONGEST_LINE]

    def blobs(self) -> set[str]:
        """The public keys in the file of the platform's key, each as base64."""
        words = self.key.read_text(encoding="utf-8").split() if self.key else []
        return {word for word in words if word.startswith("AAAA")}


@dataclass
class Evidence:
    """A bundle with its documents read."""

    bundle: Bundle
    about: Document
    events: Sequence[Document]
    documents: Mapping[str, Document]
    signers: str | None
    """The file of allowed signers; None where there is none."""
    own_signers: bool
    """Whether whoever verifies gave that file."""
    checkpoints: Sequence[Document]
    """Signed checkpoints: the bundle's and those of the witness."""
    given: Given
    rows: Rows | None = field(default=None)

    @classmethod
    def of(cls, bundle: Bundle, given: Given) -> Evidence:
        about = parsed(bundle.read("bundle.json").decode(), "bundle.json") if "bundle.json" in bundle.names else {}
        if not isinstance(about, dict) or about.get("schema") != SCHEMA:
            raise ValueError(f"bundle.json is missing, or not of the schema {SCHEMA}")
        events = [parsed(line, "ledger.jsonl") for line in bundle.lines("ledger.jsonl")] if "ledger.jsonl" in bundle.names else []
        names = [name for name in sorted(bundle.names) if name.startswith("documents/") and name.endswith(".json")]
        documents = {name[len("documents/") : -len(".json")]: parsed(bundle.read(name).decode(), name) for name in names}
        for name, document in documents.items():
            if not isinstance(document, dict) or document.get("schema") != f"heirloom/{name}/1":
                raise ValueError(f"documents/{name}.json is not of the schema heirloom/{name}/1")
        kept = bundle.read("allowed_signers").decode() if "allowed_signers" in bundle.names else None
        signers = given.signers.read_text(encoding="utf-8") if given.signers else kept
        lines = bundle.lines("checkpoints.jsonl") if "checkpoints.jsonl" in bundle.names else iter(())
        return cls(
            bundle=bundle,
            about=about,
            events=events,
            documents=documents,
            signers=signers,
            own_signers=given.signers is not None,
            checkpoints=[*(parsed(line, "checkpoints.jsonl") for line in lines), *given.witnessed()],
            given=given,
        )

    @property
    def version(self) -> int:
        return int(self.about["version"])

    def named(self, kind: str, **values: Any) -> list[Document]:
        """Events of a kind whose body says so, in their order."""
        return [e for e in self.events if e["kind"] == kind and all(e["body"].get(k) == v for k, v in values.items())]

    @property
    def adopted(self) -> Document | None:
        """The event that took the version in on a person's word; None where it was trained here."""
        found = self.named("model.adopted", version=self.version)
        return found[0] if len(found) == 1 and not self.named("candidate.registered", version=self.version) else None

    @property
    def registered(self) -> Document:
        """The event that registered the version. Raises: ValueError where there is not exactly one."""
        found = self.named("candidate.registered", version=self.version)
        if len(found) != 1:
            raise ValueError(f"version {self.version} was registered {len(found)} times")
        return found[0]

    def lacks(self, *names: str) -> str:
        """The first of these that is not in the bundle; empty where all are."""
        return next((name for name in names if name not in self.bundle.names and f"documents/{name}.json" not in self.bundle.names), "")


@dataclass
class Rows:
    """rows.csv added up: what is needed of it twice."""

    count: int = 0
    tokens: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    counted: int = 0
    shards: dict[int, Counter[str]] = field(default_factory=dict)
    streams: dict[tuple[int, str], tuple[array[int], list[str]]] = field(default_factory=dict)
    """(shard, role) -> where each of its rows ends in the stream of tokens, an end token for each, and the rows' ids."""
    odd: list[str] = field(default_factory=list)
    root: str = ""

    @classmethod
    def of(cls, lines: Iterable[str]) -> Rows:
        found, seen = cls(), hashlib.sha256()
        for cells in _records(lines, ROW_COLUMNS, "rows.csv"):
            found._add(cells)
            row_id = cells["row_id"]
            seen.update(f"{len(row_id.encode())}:{row_id},{cells['sha256']},{cells['role']},{_whole(cells['shard'])}\n".encode())
        found.root = seen.hexdigest()
        return found

    def _add(self, cells: Mapping[str, str]) -> None:
        place, tokens, counted, shard = (_whole(cells[name]) for name in ("place", "tokens", "counted", "shard"))
        role, origin = cells["role"], cells["origin"]
        if place != self.count or role not in ROLES:
            raise ValueError(f"row {self.count} is out of its place, or its role {shown(role)} is none")
        if (role == SYNTHETIC) == (origin == "human") or (counted and role != SYNTHETIC) or counted > tokens:
            self.odd.append(f"row {place} is {shown(origin)} with the role {role} and {counted} of {tokens} tokens counted")
        self.count += 1
        self.tokens[role] += tokens
        self.rows[role] += 1
        self.counted += counted
        part = self.shards.setdefault(shard, Counter())
        part[role] += tokens
        part["counted"] += counted
        ends, ids = self.streams.setdefault((shard, role), (array("q"), []))
        ends.append((ends[-1] if ends else 0) + tokens + 1)
        ids.append(cells["row_id"])


def _records(lines: Iterable[str], columns: Sequence[str], where: str) -> Iterator[dict[str, str]]:
    """The lines of a CSV file by column; the apostrophe that keeps a spreadsheet from computing is taken off."""
    reader = csv.reader(lines, strict=True)
    try:
        if next(reader, None) != list(columns):
            raise ValueError(f"{where} does not have the columns {', '.join(columns)}")
        for cells in reader:
            yield {name: cell.removeprefix("'") for name, cell in zip(columns, cells, strict=True)}
    except csv.Error as error:
        raise ValueError(f"{where} is no CSV: {error}") from error


def _whole(cell: str) -> int:
    if not cell.isascii() or not cell.isdigit() or len(cell) > 15:
        raise ValueError(f"{shown(cell)} is no count")
    return int(cell)


# --- files and ledger -----------------------------------------------------------------------------


def check_files(e: Evidence) -> Iterator[Check]:
    """Every member has the digest that bundle.json names, and there is no other."""
    named, there = e.about["files"], e.bundle.names - {"bundle.json"}
    wrong = [f"{shown(name)} is missing" for name in sorted(set(named) - there)]
    wrong += [f"{shown(name)} is not named in bundle.json" for name in sorted(there - set(named))]
    for name in sorted(there & set(named)):
        seen, size = hashlib.sha256(), 0
        for piece in e.bundle.chunks(name):
            seen.update(piece)
            size += len(piece)
        if seen.hexdigest() != named[name]["sha256"] or size != named[name]["bytes"]:
            wrong.append(f"{shown(name)} is {seen.hexdigest()[:12]} with {size} bytes, named as {shown(named[name]['sha256'])[:12]}")
    yield answer("files", wrong, f"{len(named)} files have the digests that bundle.json names")


def check_ledger(e: Evidence) -> Iterator[Check]:
    """Every event follows the one before it and is named by its own content, and the last is the one that bundle.json names."""
    previous = GENESIS
    for place, event in enumerate(e.events, start=1):
        content = {key: event[key] for key in CONTENT}
        if event["seq"] != place or event["previous"] != previous or len(event) != len(CONTENT) + 1:
            yield Check("ledger", FAIL, f"ledger seq {place} does not follow the event before it")
            return
        if digest(content) != event["digest"]:
            yield Check("ledger", FAIL, f"ledger seq {place} was changed after it was written")
            return
        previous = event["digest"]
    said = e.about["ledger"]
    wrong = (
        [] if (len(e.events), previous) == (said["seq"], said["head"]) else [f"the ledger ends at seq {len(e.events)}, not {said['seq']}"]
    )
    yield answer("ledger", wrong, f"{len(e.events)} ledger links")


def check_checkpoints(e: Evidence) -> Iterator[Check]:
    """The platform's signed word on where its ledger ended agrees with this one, and is the platform's."""
    keys = _platform_keys(e)
    if not e.checkpoints:
        owed = sum(1 for event in e.events if keys and event["seq"] > keys[0]["since"] and event["kind"] in DECIDES)
        says = "not checked: no signed checkpoint in this bundle, so a ledger that was cut at its end would not show"
        gone = f"no checkpoint is here, and {owed} acts since the platform's first key were to be witnessed"
        yield Check("checkpoints", FAIL, gone) if owed > 1 else Check("checkpoints", OPEN, says)
        return
    wrong = [doubt for one in e.checkpoints if (doubt := _disagreement(e, one["statement"]))]
    last: dict[str, Document] = {}
    for one in sorted(e.checkpoints, key=lambda one: (one["statement"]["seq"], one["statement"]["at"])):
        last[one["key"]] = one
    wrong += [doubt for one in last.values() if (doubt := _not_the_platforms(one, keys))]
    newest = max(one["statement"]["seq"] for one in e.checkpoints)
    says = (
        f"checkpoint {newest} signed by the platform, {len(e.checkpoints)} agree with the ledger, {len(e.events) - newest} entries after it"
    )
    yield answer("checkpoints", wrong, f"{says}{', those of the witness too' if e.given.witness else ''}")
    if not e.given.witness:
        yield Check("witness", OPEN, "not checked: that nobody holds a later checkpoint: give what a witness kept with --witness")
    if e.given.key:
        outside = (
            []
            if keys and keys[-1]["public"].split()[1] in e.given.blobs()
            else ["the ledger names another key than yours as the platform's"]
        )
        yield answer("platform key", outside, f"the platform's key is the one that you gave ({keys[-1]['key'] if keys else ''})")
    else:
        yield Check("platform key", OPEN, "not checked: that the key which the ledger names is the platform's: give yours with --key")


def _platform_keys(e: Evidence) -> list[dict[str, Any]]:
    """The platform's keys as the ledger names them, oldest first, each with the seq from which it held; the old one signs the new one."""
    found: list[dict[str, Any]] = []
    for event in e.named("platform-key.named"):
        body, before = event["body"], found[-1] if found else None
        if fingerprint(base64.b64decode(body["public"].split()[1])) != body["key"] or body["replaces"] != (before and before["key"]):
            raise ValueError(f"ledger {event['seq']} names a platform key that is not what it says, or replaces another")
        statement = {"schema": "heirloom/platform-key/1", **_line(e), "public": body["public"], "replaces": body["replaces"]}
        if before and body["signature"] and (doubt := _signed_by(before["public"], body["signature"], statement)):
            raise ValueError(f"ledger {event['seq']} does not carry the word of the key before: {doubt}")
        found.append({**body, "since": event["seq"]})
    return found


def _line(e: Evidence) -> Document:
    """Which ledger a statement of the platform is about."""
    created = [event["body"] for event in e.named("workspace.created")] or [{"model": "", "environment": ""}]
    return {"model": created[0]["model"], "environment": created[0]["environment"], "origin": e.events[0]["digest"]}


def _disagreement(e: Evidence, said: Document) -> str:
    """How a checkpoint and this ledger cannot both be true; empty where they can."""
    seq = said["seq"]
    if seq > len(e.events):
        return f"the ledger ends at seq {len(e.events)}, and a checkpoint of {shown(said['at'])} is of seq {seq}: it was cut, or is old"
    here = e.events[seq - 1]["digest"]
    if here != said["head"] or said["origin"] != e.events[0]["digest"]:
        return f"two ledgers: seq {seq} is {here[:12]} here, and {shown(said['head'])[:12]} in a checkpoint of {shown(said['at'])}"
    return ""


def _not_the_platforms(one: Document, keys: Sequence[Document]) -> str:
    """Why a checkpoint is not the platform's; empty where it is."""
    seq = one["statement"]["seq"]
    held = _held_at(keys, seq)
    if held is None or held["key"] != one["key"]:
        return f"the checkpoint of seq {seq} names {shown(one['key'])}, which was not the platform's key then"
    doubt = _signed_by(held["public"], one["signature"], one["statement"])
    return f"the checkpoint of seq {seq} is not signed by the platform: {doubt}" if doubt else ""


def _held_at(keys: Sequence[Document], seq: int) -> Document | None:
    """The platform's key when an event was written; a checkpoint may be of the entry that named it."""
    return next((key for key in reversed(keys) if key["since"] <= seq), None)


def _signed_by(public: str, armoured: str, statement: Document) -> str:
    """Why this is not that key's signature over a statement in canonical form; empty where it is."""
    return _signed_bytes(public, armoured, canonical(statement).encode())


def _signed_bytes(public: str, armoured: str, content: bytes) -> str:
    """Why this is not that key's signature in the platform's namespace; empty where it is."""
    signers = f'{PLATFORM} namespaces="{PLATFORM_NAMESPACE}" {" ".join(public.split()[:2])}\n'
    return _asked_ssh(signers, PLATFORM, armoured, content, datetime.now(UTC), namespace=PLATFORM_NAMESPACE)


# --- what was registered --------------------------------------------------------------------------


def check_registration(e: Evidence) -> Iterator[Check]:
    """The event that registered the version names exactly these documents, and so do the events before it."""
    if e.adopted:
        by = shown(e.adopted["actor"])
        yield Check("registration", OPEN, f"not checked: version {e.version} was adopted by {by}, and no gate of this line judged it")
        return
    if missing := e.lacks("cycle", "lineage", "decision"):
        yield Check("registration", OPEN, f"not checked: {missing} was not kept")
        return
    event, cycle = e.registered, e.documents["cycle"]
    said, lineage, decision = event["body"], e.documents["lineage"], e.documents["decision"]
    worst = lineage["worst_shard_synthetic"]
    found = {
        "cycle_digest": digest(cycle),
        "decision_sha256": digest(decision),
        "policy_sha256": digest(cycle["policy"]),
        "checkpoint": lineage["checkpoint"],
        "cycle": cycle["number"],
        "kind": cycle["kind"],
        "verdict": decision["verdict"],
        "worst_shard_synthetic": worst["synthetic"],
        "worst_shard_total": worst["total"],
        "batches_head": (lineage.get("batch_log") or {}).get("head"),
        **{name: lineage.get(name) for name in ("synthetic_tokens", "total_tokens", "depth", "passages", "unknown_tokens", "past_share")},
    }
    wrong = [
        f"{name} is {_short(value)}, ledger {event['seq']} says {_short(said[name])}"
        for name, value in found.items()
        if said.get(name, value) != value
    ]
    policies = {digest(cycle["policy"]), cycle["policy_sha256"], decision["policy_sha256"]}
    wrong += ["cycle, decision and policy name several policies"] if len(policies) > 1 else []
    wrong += (
        [f"the bundle is of {shown(e.about['model'])}, the cycle of {shown(cycle['model'])}"] if e.about["model"] != cycle["model"] else []
    )
    wrong += [] if "policy.json" not in e.bundle.names or _policy(e) == cycle["policy"] else ["policy.json is not the policy of the cycle"]
    yield answer(
        "registration",
        [*wrong, *_out_of_order(e, event)],
        f"ledger {event['seq']} names this cycle, decision, policy and model {said['checkpoint'][:8]}",
    )


def _policy(e: Evidence) -> Any:
    return parsed(e.bundle.read("policy.json").decode(), "policy.json")


def _out_of_order(e: Evidence, event: Document) -> list[str]:
    """Frozen, then judged, then registered."""
    said = event["body"]
    frozen = [*e.named("cycle.frozen", cycle_digest=said["cycle_digest"]), *e.named("cycle.extended", cycle_digest=said["cycle_digest"])]
    judged = e.named("cycle.judged", cycle_digest=said["cycle_digest"])
    if not frozen or not judged:
        return ["the ledger does not say that this cycle was frozen and judged"]
    same = all(judged[-1]["body"][key] == said[key] for key in ("decision_sha256", "checkpoint", "policy_sha256", "verdict"))
    wrong = [] if same else [f"ledger {judged[-1]['seq']} judged something else"]
    return (
        wrong
        if frozen[0]["seq"] < judged[-1]["seq"] < event["seq"]
        else [*wrong, "the cycle was not frozen, judged and registered in this order"]
    )


def check_preregistration(e: Evidence) -> Iterator[Check]:
    """Thresholds, seed, shards and references were signed by the platform before training, and are those that the cycle was judged by."""
    if missing := e.lacks("cycle"):
        yield Check("pre-registration", OPEN, f"not checked: {missing} was not kept")
        return
    cycle, keys = e.documents["cycle"], _platform_keys(e)
    wanted = e.registered["body"]["cycle_digest"]
    found = [*e.named("cycle.frozen", cycle_digest=wanted), *e.named("cycle.extended", cycle_digest=wanted)]
    if not found or "registration" not in found[0]["body"]:
        late = bool(found and keys and keys[0]["since"] < found[0]["seq"])
        says = (
            "the cycle was not registered before training"
            if late
            else "not checked: the ledger had no platform key when the cycle was frozen"
        )
        yield Check("pre-registration", FAIL if late else OPEN, says)
        return
    event = found[0]
    said, held = event["body"]["registration"], _held_at(keys, event["seq"])
    if held is None or held["key"] != event["body"]["key"]:
        wrong = [f"ledger {event['seq']} is signed with a key that was not the platform's then"]
    else:
        doubt = _signed_by(held["public"], event["body"]["signature"], said)
        wrong = [f"ledger {event['seq']} does not carry the platform's signature: {doubt}"] if doubt else []
    again = registration_of(cycle, digest(cycle), _line(e)) | {"gate_version": said.get("gate_version")}
    wrong += [f"{shown(key)} is not as it was registered" for key in sorted(said.keys() | again.keys()) if said.get(key) != again.get(key)]
    attempt = f", attempt {said['attempt']} of this data" if said.get("attempt") else ""
    yield answer(
        "pre-registration",
        wrong,
        f"limits, seed, shards and policy were signed by the platform before training (ledger {event['seq']}{attempt})",
    )


def registration_of(cycle: Document, cycle_digest: str, line: Document) -> dict[str, Any]:
    """What the platform signs of a frozen cycle, but for the version of the gate."""
    gates = cycle["policy"]["gates"]
    return {
        "schema": "heirloom/preregistration/1",
        **line,
        "cycle": cycle["number"],
        "cycle_digest": cycle_digest,
        "kind": cycle["kind"],
        "batch_digest": cycle["batch"]["digest"],
        "attempt": cycle.get("attempt"),
        "policy_sha256": cycle["policy_sha256"],
        "gates": gates,
        "probe": cycle["policy"]["probe"],
        "seed": cycle["seed"],
        "shards": cycle["shards"],
        "compared_with": {name: (cycle[name] or {}).get("digest") for name in ("champion", "baseline", "best_ever")},
        "looks": 2 if gates.get("extension", {}).get("allowed") else 1,
        "look": 2 if cycle["extension"] else 1,
    }


def check_attestations(e: Evidence) -> Iterator[Check]:
    """What the platform signed of the gate's result and of the training run speaks of exactly these documents."""
    there = [name for name in ATTESTED if f"attestations/{name}.json" in e.bundle.names]
    if missing := "signed statement of the platform" if not there else e.lacks("cycle", "decision", "measures", "lineage"):
        yield Check("attestations", OPEN, f"not checked: {missing} was not kept")
        return
    keys = [key["public"] for key in _platform_keys(e)]
    for name in there:
        content = e.bundle.read(f"attestations/{name}.json")
        signature = e.bundle.read(f"attestations/{name}.json.sig").decode() if f"attestations/{name}.json.sig" in e.bundle.names else ""
        doubts = [_signed_bytes(public, signature, content) for public in keys] or ["the ledger names no key of the platform"]
        wrong = [] if "" in doubts else [f"{name} is not signed by the platform: {doubts[-1]}"]
        yield answer("attestations", [*wrong, *_said_otherwise(e, name, parsed(content.decode(), name))], f"{name}: {ATTESTED[name]}")


def _said_otherwise(e: Evidence, name: str, statement: Document) -> list[str]:
    """What a statement of the platform says and the documents do not."""
    cycle, decision, lineage, predicate = (*(e.documents[n] for n in ("cycle", "decision", "lineage")), statement["predicate"])
    wanted: dict[str, Any] = {
        "cycle.json": digest(cycle),
        "measures.json": digest(e.documents["measures"]),
        "decision.json": digest(decision),
    }
    wanted |= {"policy": cycle["policy_sha256"]}
    told = predicate["configuration"] if name == "test-result" else predicate["runDetails"]["byproducts"]
    if name == "provenance":
        log = (lineage.get("batch_log") or {}).get("head")
        wanted = {"lineage.json": digest(lineage), "mix": lineage["mix_root"], **({"batches": log} if log else {})}
    named = {one["name"]: one["digest"]["sha256"] for one in told}
    wrong = [f"{name} names another {what} than the bundle has" for what, sha256 in wanted.items() if named.get(what) != sha256]
    subject = [one["digest"]["sha256"] for one in statement["subject"]]
    wrong += [] if subject == [lineage["checkpoint"]] else [f"{name} is of another model"]
    passed = predicate.get("result", "") == "PASSED"
    return [*wrong, f"{name} says another result"] if name == "test-result" and passed != (decision["verdict"] == "pass") else wrong


def check_documents(e: Evidence) -> Iterator[Check]:
    """The kept documents and tables are those whose digests the ledger got at registration."""
    if e.adopted:
        yield Check("documents", OPEN, f"not checked: version {e.version} was adopted, and its documents are somebody's word")
        return
    event = e.registered
    named = event["body"].get("documents")
    if not named:
        yield Check("documents", OPEN, f"not checked: ledger {event['seq']} names no documents but cycle and decision")
        return
    wrong, absent = [], []
    for name, sha256 in sorted(named.items()):
        member = name if name in e.bundle.names else f"documents/{name}"
        if member not in e.bundle.names:
            absent.append(name)
            continue
        stem = name.removesuffix(".json")
        found = digest(e.documents[stem]) if stem in e.documents else _digest_of(e, member)
        wrong += [] if found == sha256 else [f"{shown(name)} is {found[:12]}, ledger {event['seq']} names {shown(sha256)[:12]}"]
    yield answer("documents", wrong, f"{len(named) - len(absent)} documents and tables are those that ledger {event['seq']} names")
    if absent:
        yield Check("documents", OPEN, f"not checked: {shown(', '.join(absent))}, named by ledger {event['seq']}, is not in this bundle")


def _digest_of(e: Evidence, name: str) -> str:
    seen = hashlib.sha256()
    for piece in e.bundle.chunks(name):
        seen.update(piece)
    return seen.hexdigest()


def _short(value: object) -> str:
    return shown(value, 16)


# --- who said yes ---------------------------------------------------------------------------------


def check_approvals(e: Evidence) -> Iterator[Check]:
    """Every promotion of the version rests on approvals that counted when it was intended."""
    commits = e.named("promotion.committed", version=e.version)
    if not commits:
        yield Check("approvals", OPEN, f"not checked: version {e.version} was never promoted")
        return
    if missing := e.lacks("cycle"):
        yield Check("approvals", OPEN, f"not checked: {missing} was not kept, and with it the rules of promotion")
        return
    for commit in commits:
        intents = [i for i in e.named("promotion.intended", version=e.version) if i["seq"] < commit["seq"]]
        if not intents:
            yield Check("approvals", FAIL, f"ledger {commit['seq']} promoted version {e.version} without an intent")
            return
        yield from _promotion(e, intents[-1])


def _promotion(e: Evidence, intent: Document) -> Iterator[Check]:
    said, rules = intent["body"], e.documents["cycle"]["policy"]["promotion"]
    if rules["mode"] == "auto":
        fit = said["approved_by"] == ["policy"] and e.documents["cycle"]["environment"] != "production"
        wrong = (
            [] if fit else [f"ledger {intent['seq']} was approved by {shown(said['approved_by'])} under a policy that promotes by itself"]
        )
        yield answer(
            "approvals", wrong, f"ledger {intent['seq']} promoted by the approved policy itself (promotion.mode auto): no person signed"
        )
        return
    by_seq = {event["seq"]: event for event in e.named("approval.given", version=e.version)}
    if "approvals" not in said or any(seq not in by_seq for seq in said["approvals"]):
        outcome = FAIL if "approvals" in said else OPEN
        yield Check("approvals", outcome, f"ledger {intent['seq']} names no approvals of version {e.version} that the ledger holds")
        return
    given = [by_seq[seq] for seq in said["approvals"]]
    for one in given:
        yield _approval(e, one, intent, rules)
    people = {_plain(one["actor"]) for one in given}
    wrong = [f"{len(people)} people approved, the policy wants {rules['approvals']}"] if len(people) < rules["approvals"] else []
    wrong += ["promotion names other people than its approvals"] if people != set(map(_plain, said["approved_by"])) else []
    refused = [r["seq"] for r in e.named("approval.refused", version=e.version) if r["seq"] < intent["seq"]]
    wrong += [f"the version was refused in ledger {refused[0]}"] if refused else []
    yield answer("approvers", wrong, f"{len(people)} of {rules['approvals']} approvals before ledger {intent['seq']}, by identity")


def _approval(e: Evidence, given: Document, intent: Document, rules: Document) -> Check:
    by, body = given["actor"], given["body"]
    wrong = [*_not_for_this(e, given, intent), *_untimely(given, intent, rules), *_barred(e, by, intent, rules)]
    signed_only = rules.get("signed") == "required" or (rules.get("signed") is None and e.documents["cycle"]["environment"] != "demo")
    if not body.get("signature"):
        wrong += ["it is not signed, and the policy counts signed approvals only"] if signed_only else []
        if wrong:
            return Check("approvals", FAIL, f"ledger {given['seq']} by {shown(by)}: {'; '.join(wrong)}")
        return Check("approvals", OPEN, f"not checked: approval by {shown(by)} (ledger {given['seq']}) is by name only, nobody signed it")
    statement = statement_of(given)
    wrong += [] if digest(statement) == body["statement_sha256"] else ["its event does not say what its statement said"]
    wrong += [doubt] if (doubt := _unproven(e, given, statement)) else []
    over = ", ".join(
        f"{what} {body[key][:8]}" for what, key in (("model", "checkpoint"), ("evidence", "decision_sha256"), ("policy", "policy_sha256"))
    )
    says = f"approval by {shown(by)} over {over}"
    return answer(
        "approvals", [f"ledger {given['seq']} by {shown(by)}: {one}" for one in wrong], f"{says}; {_excluded_words(e, by, intent)}"
    )


def statement_of(given: Document) -> Document:
    """The in-toto statement that a yes stands for, from its event alone."""
    body = given["body"]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": f"{body['model']}/{body['version']}", "digest": {"sha256": body["checkpoint"]}}],
        "predicateType": "heirloom:approval/v1",
        "predicate": {
            "verifier": {"id": given["actor"]},
            "verificationResult": "PASSED",
            "policy": {"digest": {"sha256": body["policy_sha256"]}, "annotations": {"committer": body["policy_committer"]}},
            "inputAttestations": [
                {"name": "decision.json", "digest": {"sha256": body["decision_sha256"]}},
                {"name": "cycle.json", "digest": {"sha256": body["cycle_digest"]}},
            ],
            "model": body["model"],
            "version": body["version"],
            "environment": body["environment"],
            "expectedChampion": body["expected_champion"],
            "notAfter": body["not_after"],
            "reason": body["reason"],
            "ledger": {"seq": given["seq"] - 1, "head": given["previous"]},
        },
    }


def _not_for_this(e: Evidence, given: Document, intent: Document) -> list[str]:
    """What it was given for and what was promoted."""
    body, said = given["body"], e.registered["body"]
    pairs = {
        "model": (body.get("model", e.about["model"]), e.about["model"]),
        "environment": (body.get("environment", ""), e.documents["cycle"]["environment"] if "environment" in body else ""),
        "checkpoint": (body["checkpoint"], said["checkpoint"]),
        "evidence": (body["decision_sha256"], said["decision_sha256"]),
        "policy": (body["policy_sha256"], said["policy_sha256"]),
        "cycle": (body.get("cycle_digest", said["cycle_digest"]), said["cycle_digest"]),
        "champion to replace": (body["expected_champion"], intent["body"]["from"]),
    }
    wrong = [f"it was given for the {what} {_short(one)}, not {_short(other)}" for what, (one, other) in pairs.items() if one != other]
    wrong += [] if intent["body"]["checkpoint"] == said["checkpoint"] else ["other bytes were promoted than were registered"]
    return wrong if e.registered["seq"] < given["seq"] < intent["seq"] else [*wrong, "it does not lie between registration and promotion"]


def _untimely(given: Document, intent: Document, rules: Document) -> list[str]:
    """It ended before the promotion was intended, holds too long, or was spent."""
    start, at = _moment(given["at"]), _moment(intent["at"])
    latest = start + timedelta(days=rules["valid_days"])
    end = _moment(given["body"]["not_after"]) if given["body"].get("not_after") else latest
    wrong = [f"it was valid until {end:%Y-%m-%d %H:%M:%SZ}"] if at > end + SKEW else []
    wrong += [f"it would hold longer than {rules['valid_days']} days"] if end > latest + SKEW else []
    return [*wrong, "it was given after the promotion"] if start > at + SKEW else wrong


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)


def _barred(e: Evidence, by: str, intent: Document, rules: Document) -> list[str]:
    """Who may not approve this version by its policy."""
    asked = [r["body"]["requested_by"] for r in e.named("review.requested", version=e.version)] + [e.registered["actor"]]
    wrong = [f"{shown(by)} asked for the version"] if rules["exclude_requester"] and _plain(by) in map(_plain, asked) else []
    if "policy_committer" in rules["exclude"] and _plain(by) == _plain(_committer(intent)):
        wrong.append(f"{shown(by)} committed the policy")
    counts = e.registered["body"].get("labellers") or {}
    most = [name for name, rows in counts.items() if rows == max(counts.values())]
    if "majority_labeller" in rules["exclude"] and _plain(by) in map(_plain, most):
        wrong.append(f"{shown(by)} labelled most of its relabelled rows")
    approvers = rules["approvers"]
    return wrong if not approvers or _plain(by) in map(_plain, approvers) else [*wrong, f"{shown(by)} is no approver"]


def _committer(intent: Document) -> str:
    """The name in `Ann, 4f2d91c`; empty where nobody knows."""
    said = str(intent["body"].get("policy_committer", ""))
    return "" if said.startswith(("not known", "not asked")) else said.rpartition(", ")[0]


def _excluded_words(e: Evidence, by: str, intent: Document) -> str:
    asked = [r["body"]["requested_by"] for r in e.named("review.requested", version=e.version)] or [e.registered["actor"]]
    committer = _committer(intent)
    policy = f"did not commit the policy ({shown(committer)})" if committer else "who committed the policy is not known"
    return f"{shown(by)} did not request the run ({shown(asked[-1])}), {policy}"


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _unproven(e: Evidence, given: Document, statement: Document) -> str:
    """Why the signature proves nothing; empty where it does."""
    if e.signers is None:
        return "no file of allowed signers is here: give one with --signers"
    by, armoured = given["actor"], given["body"]["signature"]
    key = _key_of(armoured)
    if key is None:
        return "it is no SSH signature"
    named = fingerprint(key)
    written = base64.b64encode(key).decode()
    names = {words[0] for words in map(str.split, e.signers.splitlines()) if written in words[1:] and not words[0].startswith("#")}
    if names != {by} or named != given["body"]["key"]:
        return f"its key {named} is not one that the allowed signers give to {shown(by)} alone"
    body = canonical(statement).encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(body), body)
    lines = [words for words in map(str.split, e.signers.splitlines()) if written in words[1:] and not words[0].startswith("#")]
    if doubt := passkey_doubt(armoured, signed, [word for words in lines for word in words[words.index(written) + 1 :]]):
        return doubt
    return _asked_ssh(e.signers, by, armoured, signed, _moment(given["at"]))


def fingerprint(key: bytes) -> str:
    """The name of a public key as OpenSSH shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def _asked_ssh(signers: str, by: str, armoured: str, signed: bytes, at: datetime, *, namespace: str = NAMESPACE) -> str:
    """What ssh-keygen says against a signature; empty where it holds."""
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        allowed, signature = Path(folder, "allowed_signers"), Path(folder, "signature")
        allowed.write_text(signers, encoding="utf-8")
        signature.write_text(armoured, encoding="utf-8")
        words = ["ssh-keygen", "-Y", "verify", "-n", namespace, "-I", by, "-f", str(allowed), "-s", str(signature)]
        kept = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        try:
            done = subprocess.run(
                [*words, "-O", f"verify-time={at:%Y%m%d%H%M%SZ}"], input=signed, capture_output=True, env=kept, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"ssh-keygen cannot be asked: {error}"
    return "" if done.returncode == 0 else f"ssh-keygen says: {shown(done.stderr.decode('utf-8', 'replace').strip() or 'no', 200)}"


def _key_of(armoured: str) -> bytes | None:
    lines = armoured.strip().splitlines()
    if len(armoured) > 16_384 or len(lines) < 3 or (lines[0], lines[-1]) != (BEGIN, END):
        return None
    try:
        content = base64.b64decode("".join(lines[1:-1]), validate=True)
    except (binascii.Error, ValueError):
        return None
    magic = b"SSHSIG\x00\x00\x00\x01"
    length = int.from_bytes(content[len(magic) : len(magic) + 4], "big")
    key = content[len(magic) + 4 : len(magic) + 4 + length]
    return key if content.startswith(magic) and len(key) == length > 0 else None


# --- passkeys: what OpenSSH does not look at in a webauthn signature, and P-256 -----------------------

PASSKEY = b"sk-ecdsa-sha2-nistp256@openssh.com"
CURVE_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
CURVE_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
CURVE_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
CURVE_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def passkey_doubt(armoured: str, signed: bytes, origins: Sequence[str]) -> str:
    """Why an assertion (W3C Web Authentication) is nobody's word on these bytes; empty where it is, and for a signature of another kind.

    `origins` stand after its key in the list of signers. The client data has the beginning that its standard fixes (level 3, 5.8.1.2).
    """
    content = base64.b64decode("".join(armoured.strip().splitlines()[1:-1]))
    blob, namespace, reserved, hashed, signature = _strings(content[10:], 5)
    kind, rest = _string_and(signature)
    if kind != b"webauthn-" + PASSKEY:
        device, _ = _string_and(blob)
        made_for = _strings(blob, 4 if device == PASSKEY else 3)[-1] if device.startswith(b"sk-") else b"ssh:"
        return "" if made_for.startswith(b"ssh:") else "a passkey gave it to a program and not on a page"
    numbers, rest = _string_and(rest)
    r, s = (int.from_bytes(number, "big") for number in _strings(numbers, 2))
    flags, (origin, client_data, extensions) = rest[0], _strings(rest[5:], 3)
    key_type, curve, point, rp_id = _strings(blob, 4)
    if (key_type, curve, namespace, reserved, hashed) != (PASSKEY, b"nistp256", NAMESPACE.encode(), b"", b"sha256"):
        return "it is no passkey's signature for what people sign here"
    if origin.decode() not in origins:
        return f"it was given on a page of {shown(origin.decode())}, and its key is not listed for that"
    if flags & 0x45 != 0x05 or bool(flags & 0x80) != bool(extensions):
        return "its device did not verify the person, or its authenticator data is not that of a signature"
    wrapped = [NAMESPACE.encode(), b"", b"sha256", hashlib.sha256(signed).digest()]
    challenge = b"SSHSIG" + b"".join(len(part).to_bytes(4, "big") + part for part in wrapped)
    asked = base64.urlsafe_b64encode(challenge).rstrip(b"=")
    begins = b'{"type":"webauthn.get","challenge":"%b","origin":"%b","crossOrigin":false' % (asked, origin)
    if not client_data.startswith((begins + b"}", begins + b",")):
        return "its passkey signed something else"
    over = hashlib.sha256(rp_id).digest() + rest[:5] + extensions + hashlib.sha256(client_data).digest()
    return "" if p256_holds(point, hashlib.sha256(over).digest(), r, s) else "its passkey's signature does not hold"


def p256_holds(point: bytes, hashed: bytes, r: int, s: int) -> bool:
    """ECDSA over P-256 (FIPS 186-5): whether a signature over a digest is that of an uncompressed public key's owner."""
    key = int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")
    off = (key[1] ** 2 - key[0] ** 3 + 3 * key[0] - CURVE_B) % CURVE_P
    if len(point) != 65 or point[0] != 4 or max(key) >= CURVE_P or off or not (0 < r < CURVE_N and 0 < s < CURVE_N):
        return False
    number, inverse = int.from_bytes(hashed[:32], "big"), pow(s, -1, CURVE_N)
    first, second, found = number * inverse % CURVE_N, r * inverse % CURVE_N, (0, 1, 0)
    for place in range(255, -1, -1):
        found = _doubled(*found)
        for factor, other in ((first, CURVE_G), (second, key)):
            found = _added(*found, *other) if factor >> place & 1 else found
    x, _, z = found
    return z != 0 and x * pow(z, -2, CURVE_P) % CURVE_P % CURVE_N == r


def _doubled(x: int, y: int, z: int) -> tuple[int, int, int]:
    """Twice a point (x / z^2, y / z^3); z = 0 is the point at infinity."""
    squared = y * y % CURVE_P
    slope, step = 3 * (x - z * z) * (x + z * z) % CURVE_P, 4 * x * squared % CURVE_P
    new = (slope * slope - 2 * step) % CURVE_P
    return new, (slope * (step - new) - 8 * squared * squared) % CURVE_P, 2 * y * z % CURVE_P


def _added(x: int, y: int, z: int, u: int, v: int) -> tuple[int, int, int]:
    """The sum with a point (u, v)."""
    if z == 0:
        return u, v, 1
    square = z * z % CURVE_P
    across, up = (u * square - x) % CURVE_P, (v * square * z - y) % CURVE_P
    if across == 0:
        return _doubled(x, y, z) if up == 0 else (0, 1, 0)
    second = across * across % CURVE_P
    third, base = second * across % CURVE_P, x * second % CURVE_P
    new = (up * up - third - 2 * base) % CURVE_P
    return new, (up * (base - new) - y * third) % CURVE_P, z * across % CURVE_P


def _string_and(content: bytes) -> tuple[bytes, bytes]:
    """The first string as SSH writes one, and what follows it."""
    end = 4 + int.from_bytes(content[:4], "big")
    if len(content) < end:
        raise ValueError("a signature ends too early")
    return content[4:end], content[end:]


def _strings(content: bytes, count: int) -> list[bytes]:
    """Exactly so many strings."""
    found = []
    for _ in range(count):
        one, content = _string_and(content)
        found.append(one)
    if content:
        raise ValueError("a signature has something after its end")
    return found


# --- what it was trained on -----------------------------------------------------------------------


def check_shares(e: Evidence) -> Iterator[Check]:
    """Tokens, rows and shards added up from the rows are those of mix.json, and every limit holds in whole numbers."""
    if missing := e.lacks("rows.csv", "mix", "cycle", "lineage"):
        yield Check("shares", OPEN, f"not checked: {missing} was not kept")
        return
    rows, mix, rules = _rows(e), e.documents["mix"], e.documents["cycle"]["policy"]["mixing"]
    cap, least = rules["synthetic_cap_percent"], rules["anchor_percent"]
    found = {
        "tokens": {role: rows.tokens[role] for role in ROLES},
        "rows": {role: rows.rows[role] for role in ROLES},
        "counted_tokens": rows.counted,
        "shards": [{"shard": n, **{key: part[key] for key in (*ROLES, "counted")}} for n, part in sorted(rows.shards.items())],
        "synthetic_cap_percent": cap,
        "anchor_percent": least,
    }
    wrong = [f"mix.json says another {name} than the rows" for name, value in found.items() if mix[name] != value]
    parts = [("the mix", rows.tokens, rows.counted), *((f"shard {n}", part, part["counted"]) for n, part in sorted(rows.shards.items()))]
    for name, tokens, counted in parts:
        if counted * 100 > cap * (tokens[HUMAN] + counted):
            wrong.append(f"{name} holds {counted} counted synthetic tokens beside {tokens[HUMAN]} human ones, more than {cap} %")
        if tokens[ANCHOR] * 100 < least * sum(tokens[role] for role in ROLES):
            wrong.append(f"{name} holds {tokens[ANCHOR]} anchor tokens, less than {least} %")
    share = 100 * rows.counted / max(rows.tokens[HUMAN] + rows.counted, 1)
    yield answer("shares", wrong, f"{share:.1f} % model text recomputed from {rows.count:,} rows (limit {cap} %, and in every shard)")
    yield answer("roles", rows.odd, f"the role of each of {rows.count:,} rows follows from its origin")
    root = (
        []
        if rows.root == mix["root"] == e.documents["lineage"]["mix_root"]
        else [f"the rows give {rows.root[:12]}, mix.json {shown(mix['root'])[:12]}"]
    )
    yield answer("mix root", root, f"mix root {rows.root[:8]} recomputed, the one that training names")


def _rows(e: Evidence) -> Rows:
    if e.rows is None:
        e.rows = Rows.of(e.bundle.lines("rows.csv"))
    return e.rows


def check_batches(e: Evidence) -> Iterator[Check]:
    """The log of batches is one chain up to the head that the ledger knows, and every batch kept the limits."""
    if missing := e.lacks("batches.jsonl", "lineage", "cycle"):
        yield Check("batch log", OPEN, f"not checked: {missing} was not kept")
        return
    lineage, rules = e.documents["lineage"], e.documents["cycle"]["policy"]["mixing"]
    recorded = lineage["batch_log"]
    log = [parsed(line, "batches.jsonl") for line in e.bundle.lines("batches.jsonl")]
    previous, wrong = recorded["rows_sha256"], []
    for place, batch in enumerate(log):
        content = {key: value for key, value in batch.items() if key != "sha256"} | {"previous": previous}
        if batch["step"] != place or digest(content) != batch["sha256"]:
            wrong.append(f"batch {place} does not follow from its content and the batch before")
        previous = batch["sha256"]
    head = e.registered["body"].get("batches_head")
    wrong += (
        []
        if previous == recorded["head"] == head and len(log) == recorded["batches"]
        else [f"the last batch is {shown(previous)[:12]}, ledger {e.registered['seq']} knows {shown(head)[:12]}"]
    )
    yield answer("batch log", wrong, f"{len(log):,} batches are one chain to the head {shown(head)[:8]} that the ledger knows")
    yield answer(
        "batch shares",
        _batch_shares(log, lineage, e.documents["cycle"], rules),
        f"every batch, every shard and the run kept {rules['synthetic_cap_percent']} % synthetic and {rules['anchor_percent']} % anchors",
    )
    if "texts/mix.parquet" in e.bundle.names:
        other = (
            [] if _digest_of(e, "texts/mix.parquet") == recorded["rows_sha256"] else ["texts/mix.parquet is not what the log begins with"]
        )
        yield answer("texts", other, "texts/mix.parquet is the file of rows that the log of batches begins with")
    if "rows.csv" in e.bundle.names:
        size = e.documents["cycle"]["policy"]["training"]["recipe"]["block_tokens"]
        yield answer(
            "batch rows",
            list(itertools.islice(_other_rows(log, _rows(e), size), 100)),
            f"the rows and tokens of {len(log):,} batches recomputed from the rows",
        )


def _batch_shares(log: Sequence[Document], lineage: Document, cycle: Document, rules: Document) -> list[str]:
    cap, least = rules["synthetic_cap_percent"], rules["anchor_percent"]
    parts: dict[str, Counter[str]] = {}
    for batch in log:
        for name in (f"batch {batch['step']}", f"shard {batch['shard']}", "the run"):
            part = parts.setdefault(name, Counter())
            part.update({role: batch[f"{role}_tokens"] for role in ROLES})
    wrong = [
        f"{name} has more than {cap} % synthetic tokens"
        for name, part in parts.items()
        if part[SYNTHETIC] * 100 > cap * (part[HUMAN] + part[SYNTHETIC])
    ]
    wrong += [
        f"{name} has less than {least} % anchor tokens"
        for name, part in parts.items()
        if part[ANCHOR] * 100 < least * sum(part[role] for role in ROLES)
    ]
    run = parts.get("the run", Counter())
    start = cycle["start"]
    said = (lineage["trained_tokens"], lineage["synthetic_tokens"], lineage["total_tokens"])
    found = (
        {role: run[role] for role in ROLES},
        start["synthetic_tokens"] + run[SYNTHETIC],
        start["total_tokens"] + sum(run[role] for role in ROLES),
    )
    return wrong if said == found else [*wrong, "lineage.json says other token counts than the batches add up to"]


def _other_rows(log: Sequence[Document], rows: Rows, size: int) -> Iterator[str]:
    """Batches whose rows or tokens are not those of their blocks: rows of one shard and role stand behind each other, cut into blocks."""
    starts, streams = [0], []
    for shard, role in sorted(rows.streams, key=lambda key: (key[0], ROLES.index(key[1]))):
        ends, ids = rows.streams[shard, role]
        streams.append((shard, role, ends, ids))
        starts.append(starts[-1] + (ends[-1] // size if role == SYNTHETIC else -(-ends[-1] // size)))
    for batch in log:
        held: dict[str, None] = {}
        tokens = Counter[str]()
        for block in batch["blocks"]:
            if not 0 <= block < starts[-1]:
                yield f"batch {batch['step']} names block {shown(block)}, which no row fills"
                break
            place = bisect.bisect_right(starts, block) - 1
            shard, role, ends, ids = streams[place]
            tokens[role] += size
            held.update(dict.fromkeys(_ids_of(block - starts[place], size, ends, ids)))
            if shard != batch["shard"]:
                yield f"batch {batch['step']} is of shard {batch['shard']}, its block {block} of {shard}"
        if list(held) != batch["row_ids"] or any(tokens[role] != batch[f"{role}_tokens"] for role in ROLES):
            yield f"batch {batch['step']} does not hold the rows or tokens of its blocks"


def _ids_of(block: int, size: int, ends: array[int], ids: Sequence[str]) -> Iterator[str]:
    """Ids of the rows in the k-th run of so many tokens; a stream that is not long enough begins again."""
    whole, at, end = ends[-1], block * size, (block + 1) * size
    while at < end:
        row = bisect.bisect_right(ends, at % whole)
        yield ids[row]
        at += ends[row] - at % whole


# --- the stream of random numbers and the intervals made of it ------------------------------------


def drawn(seed: int, purpose: str, units: int, count: int) -> Iterator[int]:
    """`count` places below `units`: Philox4x64-10 (Salmon et al. 2011) keyed by sha256 of SEED/PURPOSE; 32 bits each, Lemire's way."""
    words = _philox(int.from_bytes(hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:16], "big"))
    least = (0x100000000 - units) % units
    for _ in range(count):
        product = next(words) * units
        while product & 0xFFFFFFFF < least:
            product = next(words) * units
        yield product >> 32


def _philox(key: int) -> Iterator[int]:
    """Words of 32 bits, the lower half of each 64 first; the counter begins at one."""
    mask = 0xFFFFFFFFFFFFFFFF
    first, second = key & mask, key >> 64
    keys = [((first + n * 0x9E3779B97F4A7C15) & mask, (second + n * 0xBB67AE8584CAA73B) & mask) for n in range(10)]
    for counter in itertools.count(1):
        a, b, c, d = counter & mask, counter >> 64, 0, 0
        for one, other in keys:
            low, high = a * 0xD2E7470EE14C6C93, c * 0xCA5A826395121157
            a, b, c, d = (high >> 64) ^ b ^ one, high & mask, (low >> 64) ^ d ^ other, low & mask
        for word in (a, b, c, d):
            yield word & 0xFFFFFFFF
            yield word >> 32


def bootstrap_se(above: Sequence[float], below: Sequence[float], places: array[int]) -> float:
    """The standard error of sum(above) / sum(below) when the units are drawn with replacement, both together."""
    units = len(above)
    ratios = []
    for start in range(0, len(places), units):
        chosen = places[start : start + units]
        ratios.append(math.fsum([above[n] for n in chosen]) / math.fsum([below[n] for n in chosen]))
    return statistics.stdev(ratios)


def t_quantile(probability: float, degrees: int) -> float:
    """Student's t by the Cornish-Fisher expansion to order 4 (Abramowitz & Stegun 26.7.5)."""
    z: float = statistics.NormalDist().inv_cdf(probability)
    z2 = z * z
    terms = (
        z * (z2 + 1) / 4,
        z * ((5 * z2 + 16) * z2 + 3) / 96,
        z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
        z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160,
    )
    return float(z + sum(term / degrees**power for power, term in enumerate(terms, start=1)))


def comparison(log_change: float, sampling_se: float, noise: Document, units: int) -> Document:
    """A relative change with its two-sided 90 % interval; what two retrains differ by is part of the error."""
    sd, degrees = noise["sd"], units - 1
    se = math.hypot(sampling_se, sd)
    if noise["degrees"] is not None and se > 0:
        own = min((sd / se) ** 2, 1.0)
        degrees = int(1 / ((1 - own) ** 2 / degrees + own**2 / noise["degrees"]) + 1e-9)
    half = t_quantile(0.95, degrees) * se
    ends = (log_change, log_change - half, log_change + half)
    change, low, high = (math.expm1(min(max(log, -30.0), 30.0)) for log in ends)
    return {"change": change, "low": low, "high": high, "se": se, "noise": sd, "n": units}


@dataclass(frozen=True)
class Documents:
    """One model's scores of one shard in order of document."""

    ids: Sequence[str]
    sources: Sequence[str]
    bits: Sequence[float]
    size: Sequence[float]
    tokens: float

    @property
    def bytes_per_token(self) -> float:
        return sum(self.size) / self.tokens


def _scored(e: Evidence) -> dict[tuple[str, str], Documents]:
    """(shard, model) -> its scores."""
    found: dict[tuple[str, str], list[tuple[str, str, float, float, int]]] = {}
    for cells in _records(e.bundle.lines("scores.csv"), SCORE_COLUMNS, "scores.csv"):
        bits, size = float(cells["bits"]), float(_whole(cells["bytes"]))
        if not (math.isfinite(bits) and bits > 0 and size > 0):
            raise ValueError(f"document {shown(cells['doc_id'])} has no finite positive score")
        line = (cells["doc_id"], cells["source_id"] or cells["doc_id"], bits, size, _whole(cells["tokens"]))
        found.setdefault((cells["shard"], cells["model"]), []).append(line)
    return {key: _columns(sorted(lines)) for key, lines in found.items()}


def _columns(lines: Sequence[tuple[str, str, float, float, int]]) -> Documents:
    ids, sources, bits, size, tokens = zip(*lines, strict=True)
    if len(set(ids)) < len(ids):
        raise ValueError("a document was scored twice")
    return Documents(ids=ids, sources=sources, bits=bits, size=size, tokens=float(sum(tokens)))


# --- gates and the decision -----------------------------------------------------------------------


def check_perplexities(e: Evidence) -> Iterator[Check]:
    """Every comparison that the perplexity gates read follows from the raw scores by the specified stream, to 1e-9."""
    if missing := e.lacks("scores.csv", "measures", "cycle"):
        yield Check("perplexity", OPEN, f"not checked: {missing} was not kept")
        return
    scored, entries = _scored(e), _entries(e)
    wrong: list[str] = []
    done = levels = 0
    for name, shard in PERPLEXITIES.items():
        against = entries.get(name, {}).get("against", {})
        taken = {reference: found for reference, found in against.items() if found.get("change") is not None}
        for reference, found in _recomputed(e, shard, scored, name, taken):
            done += 1
            apart = [key for key in ("change", "low", "high", "se", "noise", "n") if not close(found[key], taken[reference][key])]
            wrong += (
                [f"{name} against {shown(reference)} reads {_short(taken[reference][apart[0]])}, its scores give {found[apart[0]]:.6g}"]
                if apart
                else []
            )
        levels += sum(value is not None for value in entries.get(name, {}).get("values", {}).values())
        wrong += _levels(shard, scored, entries.get(name, {}))
    scores = sum(len(one.ids) for one in scored.values())
    says = f"{done} perplexity comparisons and {levels} readings recomputed from {scores:,} raw scores: all same to 1e-9"
    yield answer("perplexity", wrong, says) if scored else Check("perplexity", FAIL, "scores.csv holds no score")


def _entries(e: Evidence) -> dict[str, Document]:
    return {entry["name"]: entry for entry in e.documents["measures"]["metrics"]}


def _recomputed(
    e: Evidence, shard: str, scored: Mapping[tuple[str, str], Documents], name: str, taken: Mapping[str, Document]
) -> Iterator[tuple[str, Document]]:
    cycle = e.documents["cycle"]
    probe = cycle["policy"]["probe"]
    noise = cycle["retrain_noise"].get(name) or {"sd": probe["retrain_noise_percent"] / 100, "degrees": None}
    candidate = scored[shard, "candidate"] if taken else None
    places: array[int] | None = None
    for reference in taken:
        other = scored[shard, reference]
        if candidate is None or (candidate.ids, candidate.sources, candidate.size) != (other.ids, other.sources, other.size):
            raise ValueError(f"candidate and {shown(reference)} were not scored on the same documents of {shard}")
        above, below = _by_source(candidate, other)
        if places is None:
            places = array("i", drawn(cycle["seed"], f"{shard}/all", len(below), probe["bootstrap_draws"] * len(below)))
        nats = math.log(2) * scored.get((shard, "baseline"), other).bytes_per_token
        change = nats * math.fsum(above) / math.fsum(below)
        yield reference, comparison(change, nats * bootstrap_se(above, below, places), noise, len(below))


def _by_source(candidate: Documents, other: Documents) -> tuple[Sequence[float], Sequence[float]]:
    """Bits more than the reference's and bytes, added up by source document in order of its name."""
    above, below = dict.fromkeys(sorted(set(candidate.sources)), 0.0), dict.fromkeys(sorted(set(candidate.sources)), 0.0)
    for source, bits, less, size in zip(candidate.sources, candidate.bits, other.bits, candidate.size, strict=True):
        above[source] += bits - less
        below[source] += size
    return list(above.values()), list(below.values())


def _levels(shard: str, scored: Mapping[tuple[str, str], Documents], entry: Document) -> Iterator[str]:
    """Readings in bits per byte that are not those of the scores."""
    for model, value in entry.get("values", {}).items():
        if value is not None and not close(value, sum(scored[shard, model].bits) / sum(scored[shard, model].size)):
            yield f"{entry['name']} of the {shown(model)} reads {value:.6g} bits per byte, not as its scores do"


def close(one: float, other: float) -> bool:
    """The same to 1e-9."""
    return abs(one - other) <= CLOSE * max(1.0, abs(one), abs(other))


def check_gates(e: Evidence) -> Iterator[Check]:
    """Every verdict follows from its interval and the policy's limit, no enabled gate is left out, and the decision follows from them."""
    if missing := e.lacks("decision", "measures", "mix", "lineage", "cycle"):
        yield Check("gates", OPEN, f"not checked: {missing} was not kept")
        return
    decision, cycle = e.documents["decision"], e.documents["cycle"]
    judge = Judge(cycle, _entries(e), e.documents["mix"], e.documents["lineage"])
    wrong = [trouble for gate in decision["gates"] if (trouble := judge.trouble(gate))]
    asked = {(name, against) for name in cycle["policy"]["gates"]["enabled"] for against in judge.references(name)}
    there = Counter((gate["gate"], gate["against"]) for gate in decision["gates"])
    wrong += [f"{shown(name)} against {shown(against)} was not judged once" for name, against in sorted(asked) if there[name, against] != 1]
    judged = sum(1 for gate in decision["gates"] if (gate["gate"], gate["against"]) in asked)
    yield answer("gates", wrong, f"{judged} gates judged anew from their intervals and the policy's limits: the same verdicts")
    verdict = overall(decision["gates"])
    off = [] if decision["verdict"] == verdict else [f"the gates come to {verdict}, the decision says {shown(decision['verdict'])}"]
    yield answer("decision", off, f"the decision follows from its {len(decision['gates'])} results: {verdict}")


def overall(gates: Sequence[Document]) -> str:
    """A pass needs every gate, one block is enough, and where a control was judged wrongly nothing counts."""
    verdicts = {gate["verdict"] for gate in gates}
    if any(gate["gate"] == "controls" and gate["verdict"] != "pass" for gate in gates):
        return "inconclusive"
    return "block" if "block" in verdicts else "pass" if verdicts == {"pass"} else "inconclusive"


@dataclass(frozen=True)
class Judge:
    """The gates that are judged anew; of any other only the verdict is taken."""

    cycle: Document
    metrics: Mapping[str, Document]
    mix: Document
    lineage: Document

    def references(self, gate: str) -> tuple[str, ...]:
        """What a gate is held against in this cycle."""
        if gate not in MARGINS or self.cycle["kind"] == "founding":
            return ("-",)
        best, baseline = self.cycle.get("best_ever"), self.cycle["baseline"]
        apart = best is not None and (baseline is None or best["digest"] != baseline["digest"])
        return ("baseline", *(["champion"] if self.cycle["champion"] else []), *(["best-ever"] if apart else []))

    def trouble(self, gate: Document) -> str:
        """How a result does not follow; empty where it does."""
        name, against = gate["gate"], gate["against"]
        if name == "synthetic_share":
            found = self._share()
        elif name == "founding":
            found = "pass" if self.lineage["synthetic_tokens"] == 0 else "block"
        elif name not in MARGINS:
            return ""
        elif against == "-":
            found = self._founded(name)
        else:
            return self._compared(gate)
        return "" if found == gate["verdict"] else f"{name} comes to {found}, the decision says {shown(gate['verdict'])}"

    def _compared(self, gate: Document) -> str:
        name, against = gate["gate"], gate["against"]
        margin, step, least, two_sided = self._margin(name)
        found = self._reading(name, against)
        if found is None:
            return (
                "" if gate["verdict"] == "inconclusive" else f"{name} against {against} was not measured and says {shown(gate['verdict'])}"
            )
        limit = (step if against == "champion" else margin) / 100
        apart = [key for key in ("change", "low", "high", "n") if gate[key] is None or not close(gate[key], found[key])]
        if apart or gate["limit"] is None or not close(gate["limit"], limit):
            what = apart[0] if apart else "limit"
            return f"{name} against {against} says the {what} {_short(gate[what])}, which is {found[what] if apart else limit:.6g}"
        verdict = verdict_of(found, limit, least, two_sided=two_sided)
        return (
            "" if verdict == gate["verdict"] else f"{name} against {against} comes to {verdict}, the decision says {shown(gate['verdict'])}"
        )

    def _margin(self, name: str) -> tuple[float, float, int, bool]:
        margin, step, least, two_sided = MARGINS[name]
        own = self.cycle["policy"]["gates"]["margins"].get(name, {})
        return own.get("margin_percent", margin), own.get("champion_step_percent", step), own.get("minimum_units", least), two_sided

    def _reading(self, name: str, against: str) -> Document | None:
        """The comparison that a gate reads: its own, or that of the reference which is the same checkpoint; None where none was taken."""
        entry = self.metrics.get(name, {})
        found, cycle = entry.get("against", {}), self.cycle
        stand_ins = {"champion": ("baseline", cycle["baseline"]), "best-ever": ("champion", cycle["champion"])}
        own = {"champion": cycle["champion"], "best-ever": cycle.get("best_ever")}
        used = against
        if (found.get(against) or {}).get("change") is None and against in stand_ins:
            other, model = stand_ins[against]
            used = other if model and own[against] and model["digest"] == own[against]["digest"] else against
        taken = found.get(used) or {}
        readings = [entry.get("values", {}).get(model) for model in ("candidate", used)]
        if taken.get("change") is None or not all(isinstance(one, int | float) and one > 0 for one in readings):
            return None
        return self._at_look(taken)

    def _at_look(self, found: Document) -> Document:
        """As wide as the policy's share of the error for this look asks for."""
        rules = self.cycle["policy"]["gates"]["extension"]
        if not rules["allowed"]:
            return found
        first = rules["first_look_alpha_percent"]
        alpha = (5.0 - first if self.cycle.get("extension") is not None else first) / 100
        degrees = max(int(found["n"]) - 1, 5)
        ratio = t_quantile(1 - alpha, degrees) / t_quantile(0.95, degrees)
        change, low, high = (math.log1p(found[key]) for key in ("change", "low", "high"))
        return {**found, "low": math.expm1(change + ratio * (low - change)), "high": math.expm1(change + ratio * (high - change))}

    def _founded(self, name: str) -> str:
        entry, least = self.metrics.get(name, {}), min(self._margin(name)[2], FEWEST_TO_FOUND)
        value, units = entry.get("values", {}).get("candidate"), entry.get("units")
        return "pass" if isinstance(value, int | float) and value > 0 and isinstance(units, int) and units >= least else "inconclusive"

    def _share(self) -> str:
        cap, worst = self.mix["synthetic_cap_percent"], self.lineage["worst_shard_synthetic"]
        parts = [self.mix["tokens"], *self.mix["shards"], self.lineage["trained_tokens"]]
        pairs = [(part[SYNTHETIC], part[HUMAN] + part[SYNTHETIC]) for part in parts] + [(worst["synthetic"], worst["total"])]
        if any(synthetic * 100 > cap * total for synthetic, total in pairs):
            return "block"
        return "pass" if any(sum(part[role] for role in ROLES) for part in parts) or worst["total"] else "inconclusive"


def verdict_of(found: Document, limit: float, least: int, *, two_sided: bool) -> str:
    """Pass only where the whole interval is inside of the margin, block where it is beyond; too few units never pass."""
    if found["low"] > limit or (two_sided and found["high"] < -limit):
        return "block"
    inside = found["high"] < limit and (not two_sided or found["low"] > -limit)
    return "pass" if inside and found["n"] >= least else "inconclusive"


# --- what nothing here can show -------------------------------------------------------------------


def check_open(e: Evidence) -> Iterator[Check]:
    """What a reader might take for proven, and is not."""
    yield Check("labels", OPEN, f"not checked: that the labels themselves are true. {_estimated(e.documents.get('laundering'))}")
    others = [name for name in MARGINS if name not in PERPLEXITIES]
    yield Check(
        "samples",
        OPEN,
        f"not checked: readings of samples ({', '.join(others)}) are taken from measures.json; the samples are not recomputed from",
    )
    yield Check("scores", OPEN, "not checked: that the models gave these scores and texts; whoever has the weights can score again")
    yield Check("weights", OPEN, "not checked: the weights are not in the bundle, only the digest of the manifest of their files")
    if any(name.startswith("cards/") for name in e.bundle.names):
        yield Check("cards", OPEN, "not checked: cards/ tells other tools what the documents say, and nothing rests on it")
    if e.signers is not None and not e.own_signers:
        yield Check("signers", OPEN, "not checked: that allowed_signers lists the real people's keys: give your own file with --signers")


def _estimated(laundering: Document | None) -> str:
    """`Declared 33.8 % model text, estimated 35.1 % [32.6, 37.9]`."""
    if laundering is None:
        return "Nobody estimated them, or laundering.json was not kept"
    whole = next(group for group in laundering["groups"] if group["by"] == "batch")
    declared = f"Declared {100 * whole['declared_synthetic'] / max(whole['rows'], 1):.1f} % of the batch's rows synthetic"
    if whole.get("synthetic"):
        low, share, high = (100 * whole["synthetic"][key] for key in ("low", "share", "high"))
        return f"{declared}, estimated {share:.1f} % [{low:.1f}, {high:.1f}]"
    why = whole.get("not_identifiable") or {}
    return f"{declared}, no estimate: {shown(why.get('reason', 'unknown'))}"


# --- the program ----------------------------------------------------------------------------------

CHECKS: tuple[tuple[str, Callable[[Evidence], Iterator[Check]]], ...] = (
    ("files", check_files),
    ("ledger", check_ledger),
    ("checkpoints", check_checkpoints),
    ("registration", check_registration),
    ("pre-registration", check_preregistration),
    ("documents", check_documents),
    ("attestations", check_attestations),
    ("approvals", check_approvals),
    ("shares", check_shares),
    ("batch log", check_batches),
    ("perplexity", check_perplexities),
    ("gates", check_gates),
    ("labels", check_open),
)


def verify(path: Path, given: Given | None = None) -> list[Check]:
    """Every answer about a bundle; one that cannot be read at all is a single FAIL."""
    try:
        evidence = Evidence.of(Bundle(path), given or Given())
    except (ValueError, OSError) as error:
        return [Check("bundle", FAIL, f"this bundle is refused: {error}")]
    return [check for name, look in CHECKS for check in _looked(name, look, evidence)]


def _looked(name: str, look: Callable[[Evidence], Iterator[Check]], evidence: Evidence) -> list[Check]:
    found: list[Check] = []
    try:
        found.extend(look(evidence))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError, StopIteration) as error:
        found.append(Check(name, FAIL, f"cannot be recomputed: {type(error).__name__} {shown(error, 200)}"))
    return found


def report(checks: Sequence[Check], *, as_json: bool) -> str:
    """The answers for people, or one JSON document."""
    made, failed = sum(check.outcome != OPEN for check in checks), sum(check.outcome == FAIL for check in checks)
    if as_json:
        said = [{"name": check.name, "outcome": check.outcome, "says": check.says} for check in checks]
        return json.dumps({"schema": "heirloom/verification/1", "checks": said, "checks_made": made, "failed": failed}, ensure_ascii=True)
    return "\n".join([*(f" {check.outcome:<4} {check.says}" for check in checks), f" {made} checks, {failed} failed."])


def main(words: Sequence[str]) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="verify.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    for option in ("--signers", "--key", "--witness"):
        parser.add_argument(option, type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(words)
    for option in ("signers", "key"):
        if (place := getattr(asked, option)) and not place.is_file():
            parser.error(f"{place} is no file")
    if asked.witness and not asked.witness.is_dir():
        parser.error(f"{asked.witness} is no folder")
    checks = verify(asked.bundle, Given(signers=asked.signers, key=asked.key, witness=asked.witness))
    sys.stdout.write(report(checks, as_json=asked.json) + "\n")
    return 4 if any(check.outcome == FAIL for check in checks) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
