"""The evidence of a release: gathered from the ledger and the archive into one file that an auditor verifies alone. No Prefect."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

from flows.finish import archive_of
from governance.actions.attest import ATTESTATIONS
from governance.adapters.evidence.bundle import PROGRAM, Contents, Pieces, Written, measured, of_bytes, of_file, program, write_bundle
from governance.adapters.evidence.cards import cards
from governance.adapters.evidence.story import PRODUCER, WANTED, Story
from governance.adapters.evidence.tables import BATCHES, PACKED, ROWS, SCORES, table_pieces
from governance.adapters.report.documents import read_cycle
from governance.adapters.report.page import render
from governance.digest import canonical_bytes, digest_document, read_document
from governance.errors import PolicyError, RefusedError
from governance.release import kinds
from governance.release.checkpoint import Testimony
from governance.release.fold import fold
from governance.release.ledger import Event
from governance.release.state import Release, State
from governance.wiring import Shop

DOCUMENTS = ("cycle", "audit", "laundering", "mix", "lineage", "training", "measures", "decision", "matched", "tasks")
BY_CHOICE = ("tasks",)
"""What a line need not have."""
REPORT, SAMPLES, MIX = "report.html", "samples.parquet", "mix.parquet"
WHAT = {ROWS: "the rows of the mix", SCORES: "the scores document by document", BATCHES: "the log of batches"}
NO_TEXT = "no text of a row, no sample and no weights; --with-text adds rows and samples"
CUT_REPORT = "report.html was made again without the samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A bundle that was written, and what of the release is in it."""

    written: Written
    release: Release
    rows: int | None
    """None where no mix was kept."""
    approvals: int
    events: int


def write_evidence(shop: Shop, version: int, path: Path, *, with_text: bool = False) -> Gathered:
    """Write the evidence of a version to a new file; the same state gives the same bytes.

    Raises: RefusedError for a version that is not registered; IntegrityError where the ledger's chain is broken or a kept document cannot
    be read; UsageError where the file cannot be written.
    """
    events = shop.ledger.events()
    state = fold(events)
    release = state.releases.get(version)
    if release is None:
        raise RefusedError(f"version {version} is not registered", expected=f"one of {', '.join(map(str, state.releases)) or 'none'}")
    folder = archive_of(shop, release.cycle_digest)
    kept = {name: read_document(folder / f"{name}.json") for name in DOCUMENTS if (folder / f"{name}.json").is_file()}
    tables = [name for name in WHAT if (folder / f"{name}{PACKED}").is_file()]
    members = _members(shop, events, folder, kept, tables)
    told = [one.testimony() for one in shop.notary.witnesses]
    members |= _checkpoints(shop, told)
    members |= _cards(state, events, version, kept, members)
    members |= _texts(shop, release, folder) if with_text else {}
    lacking = [
        *_lacking(kept, tables),
        *(f"checkpoints of {one.witness}: {one.silent}" for one in told if one.silent),
        *([] if with_text else [NO_TEXT, *([CUT_REPORT] if REPORT in members else [])]),
    ]
    members |= {REPORT: of_file(folder / REPORT)} if with_text and (folder / REPORT).is_file() else {}
    contents = Contents(
        model=state.model or "",
        version=version,
        seq=state.seq,
        head=state.head,
        with_text=with_text,
        members=members,
        lacking=lacking,
    )
    rows = sum(kept["mix"]["rows"].values()) if "mix" in kept else None
    return Gathered(written=write_bundle(path, contents), release=release, rows=rows, approvals=len(release.approvals), events=len(events))


def _members(
    shop: Shop, events: Sequence[Event], folder: Path, kept: Mapping[str, Mapping[str, Any]], tables: Iterable[str]
) -> dict[str, Pieces]:
    """Everything that holds no text of a row."""
    found: dict[str, Pieces] = {"ledger.jsonl": partial(_ledger, events), PROGRAM: of_bytes(program())}
    found |= {f"documents/{name}.json": of_bytes(canonical_bytes(document) + b"\n") for name, document in kept.items()}
    found |= {name: partial(table_pieces, folder, name) for name in tables}
    signed = (Path(name).name for name in ATTESTATIONS)
    found |= {f"attestations/{name}": of_file(folder / name) for name in signed if (folder / name).is_file()}
    signers = shop.workspace.root / shop.settings.signing.allowed_signers
    found |= {"allowed_signers": of_file(signers)} if signers.is_file() else {}
    if "cycle" in kept:
        found["policy.json"] = of_bytes(canonical_bytes(kept["cycle"]["policy"]) + b"\n")
        found |= {"policy.toml": of_file(shop.workspace.policy)} if _in_force(shop) == kept["cycle"]["policy_sha256"] else {}
    if "cycle" in kept and "decision" in kept:
        found[REPORT] = of_bytes(render(read_cycle(folder, samples=False)).encode())
    return found


def _cards(
    state: State, events: Sequence[Event], version: int, kept: Mapping[str, Mapping[str, Any]], members: Mapping[str, Pieces]
) -> dict[str, Pieces]:
    """The cards, where everything that they tell was kept."""
    registered = [e for e in events if e.kind == kinds.CANDIDATE_REGISTERED and e.body["version"] == version]
    frozen = [e for e in events if e.kind in (kinds.CYCLE_FROZEN, kinds.CYCLE_EXTENDED) and registered and _same_cycle(e, registered[0])]
    if not registered or not frozen or any(name not in kept for name in WANTED):
        return {}
    decided = [e for e in events if e.kind in (kinds.APPROVAL_GIVEN, kinds.PROMOTION_COMMITTED) and e.body["version"] == version]
    story = Story(
        model=state.model or "",
        version=version,
        release=f"{PRODUCER} {installed(PRODUCER)}",
        frozen=frozen[0],
        registered=registered[0],
        decided=decided,
        rows=measured(members[ROWS]()) if ROWS in members else None,
        **{name: kept[name] for name in WANTED},
    )
    return {name: of_bytes(content) for name, content in cards(story).items()}


def _same_cycle(event: Event, other: Event) -> bool:
    return bool(event.body["cycle_digest"] == other.body["cycle_digest"])


def _checkpoints(shop: Shop, told: Sequence[Testimony]) -> dict[str, Pieces]:
    """What the witnesses hold, each checkpoint once, and whose key the platform's is."""
    held = {digest_document(one.document()): one for testimony in told for one in testimony.checkpoints}
    lines = [canonical_bytes(one.document()) + b"\n" for _, one in sorted(held.items(), key=lambda pair: (pair[1].name, pair[0]))]
    signers = shop.workspace.platform_signers
    found: dict[str, Pieces] = {"platform_signers": of_file(signers)} if signers.is_file() else {}
    return found | ({"checkpoints.jsonl": of_bytes(b"".join(lines))} if lines else {})


def _ledger(events: Sequence[Event]) -> Iterator[bytes]:
    return (canonical_bytes(event.document()) + b"\n" for event in events)


def _in_force(shop: Shop) -> str:
    """The digest of the policy of today; none where it cannot be read."""
    try:
        return shop.policy.digest
    except PolicyError:
        return ""


def _texts(shop: Shop, release: Release, folder: Path) -> dict[str, Pieces]:
    """The samples, and the rows with their texts where the cycle is the one at hand, or its rows were kept."""
    found = {f"texts/{SAMPLES}": of_file(folder / SAMPLES)} if (folder / SAMPLES).is_file() else {}
    at_hand, rows = shop.workspace.cycle_document, shop.workspace.cycle / MIX
    if rows.is_file() and at_hand.is_file() and digest_document(read_document(at_hand)) == release.cycle_digest:
        found[f"texts/{MIX}"] = of_file(rows)
    return found


def _lacking(kept: Mapping[str, Any], tables: Sequence[str]) -> list[str]:
    """What was not kept when the cycle ended, a sentence each."""
    said = [f"documents/{name}.json was not kept" for name in DOCUMENTS if name not in kept and name not in BY_CHOICE]
    said += ["the policy that it was judged under was not kept"] if "cycle" not in kept else []
    return said + [f"{name}, {what}: not kept when the cycle ended" for name, what in WHAT.items() if name not in tables]
