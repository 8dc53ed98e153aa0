"""Where a release comes from, from the ledger and the documents that were kept of its cycle. Plain functions, no Prefect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.finish import archive_of
from flows.recall import authors_of
from governance.digest import digest_document, read_document
from governance.errors import IntegrityError, UsageError
from governance.provenance.descent import Bounds
from governance.provenance.passed import FEWEST_VERSION_DIGITS, names_checkpoint
from governance.provenance.recalled import Named
from governance.release import kinds
from governance.release.fold import fold
from governance.release.kinship import way_to
from governance.release.ledger import Event
from governance.release.state import ADOPTED, Release, State
from governance.release.views import REFUSED, status_of
from governance.wiring import Shop

NAMED = ("champion", "previous", "pre-synthetic", "baseline", "best-ever")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A teacher as the ledger pinned it: since when, and by which event."""

    digest: str
    at: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote synthetic rows of a mix. `rows` is None where an older version counted tokens alone; `release` is a version of the line."""

    name: str
    rows: int | None
    tokens: int
    release: int | None
    teacher: Pinned | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """The mix of a cycle. `origins` is None where an older version did not count them; anchors and tokens are of the whole mix."""

    root: str
    tokens: Mapping[str, int]
    origins: Mapping[str, int] | None
    authors: Sequence[Author]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """The pinned anchors that a release was trained beside, and over how many registered cycles up to it they had not changed."""

    digest: str
    cycles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """One release on the way. `start_recorded` is False where an older version did not write down what it started from.

    `mix` is None where the documents of its cycle were not kept, or where it was adopted.
    """

    version: int
    kind: str
    cycle: int
    checkpoint: str
    status: str
    pre_synthetic: bool
    depth: int
    share: Bounds
    start: int | None
    start_recorded: bool
    authors: Sequence[int]
    quarantined_seq: int | None
    descends_from: Sequence[int]
    anchors: Anchors | None
    mix: Mixed | None


def version_of(state: State, model: str, named: str) -> int:
    """The version that a number, `model/number`, the model's name, an alias or 12 digits of a digest mean.

    Raises: UsageError saying what there is.
    """
    name = named.removeprefix(f"{model}/")
    aliases = (state.champion, state.previous, state.pre_synthetic, state.baseline, state.best_ever)
    known = dict(zip(NAMED, aliases, strict=True)) | {model: state.champion}
    found = known.get(name)
    if found is None and name.isascii() and name.isdigit() and int(name) in state.releases:
        found = int(name)
    if found is None and len(name) >= FEWEST_VERSION_DIGITS:
        found = next((v for v, r in state.releases.items() if names_checkpoint(name.lower(), r.checkpoint)), None)
    if found is None:
        versions = ", ".join(map(str, state.releases)) or "none yet"
        raise UsageError(f"{named[:80]!r} is no release", expected=f"a version ({versions}), {', '.join(NAMED)}, or 12 digits of a digest")
    return found


def trace(shop: Shop, version: int) -> tuple[Ancestor, ...]:
    """A release and everything of its line that it comes from, nearest first; of each, what was kept of its cycle.

    Raises: IntegrityError where a kept document is not the one that the ledger names.
    """
    events = shop.ledger.events()
    state = fold(events)
    line = _Line(shop=shop, state=state, events=events, named=authors_of(shop, state), pins=teachers_pinned(events))
    order = [version]
    for one in order:
        order += [parent for parent in state.releases[one].parents if parent not in order]
    return tuple(_ancestor(line, state.releases[one]) for one in order)


def teachers_pinned(events: Sequence[Event]) -> Mapping[str, Pinned]:
    """Name -> the pin that counts: the last one of it."""
    pins = (event for event in events if event.kind == kinds.TEACHER_PINNED)
    return {event.body["name"]: Pinned(digest=event.body["digest"], at=event.at, seq=event.seq) for event in pins}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """What is read once for all ancestors."""

    shop: Shop
    state: State
    events: Sequence[Event]
    named: Sequence[Named]
    pins: Mapping[str, Pinned]


def _ancestor(line: _Line, release: Release) -> Ancestor:
    state = line.state
    kin = release.kinship
    return Ancestor(
        version=release.version,
        kind=release.kind,
        cycle=release.cycle,
        checkpoint=release.checkpoint,
        status=_status(state, release),
        pre_synthetic=release.human_only,
        depth=release.descent.least_depth,
        share=release.descent.share,
        start=kin.start if kin else release.judged_against,
        start_recorded=kin is not None or release.kind == ADOPTED,
        authors=kin.authors if kin else (),
        quarantined_seq=release.quarantined_seq,
        descends_from=way_to(state.parents, release.version, [r.version for r in state.recalled]),
        anchors=None if release.kind == ADOPTED else _anchors(state, line.events, release),
        mix=_mixed(line, release),
    )


def _status(state: State, release: Release) -> str:
    """As every view says it; what no person refused is called by its verdict."""
    found = status_of(state, release.version)
    return release.verdict if found == REFUSED and not release.refused_by else found


def _anchors(state: State, events: Sequence[Event], release: Release) -> Anchors | None:
    """The pin in force when the release was registered, as far back as it names the same bytes."""
    pins = [event for event in events if event.kind == kinds.SHARDS_PINNED and event.seq < release.registered_seq]
    if not pins:
        return None
    digest, since = pins[-1].body["anchors"], pins[-1].seq
    for event in reversed(pins):
        if event.body["anchors"] != digest:
            break
        since = event.seq
    registered = [r.registered_seq for r in state.releases.values() if r.kind != ADOPTED]
    return Anchors(digest=digest, cycles=sum(since < seq <= release.registered_seq for seq in registered))


def _mixed(line: _Line, release: Release) -> Mixed | None:
    kept = archive_of(line.shop, release.cycle_digest)
    if release.kind == ADOPTED or not all((kept / name).is_file() for name in ("cycle.json", "mix.json", "lineage.json")):
        return None
    cycle, mix, lineage = (read_document(kept / name) for name in ("cycle.json", "mix.json", "lineage.json"))
    _prove(release, cycle, mix, lineage, str(kept))
    rows = mix.get("author_rows", {})
    origins = {origin: found["tokens"] for origin, found in mix["origins"].items()} if "origins" in mix else None
    authors = [_author(line, cycle["teachers"], name, rows.get(name), tokens) for name, tokens in mix["authors"].items()]
    return Mixed(root=mix["root"], tokens=mix["tokens"], origins=origins, authors=sorted(authors, key=lambda one: (-one.tokens, one.name)))


def _prove(release: Release, cycle: Mapping[str, Any], mix: Mapping[str, Any], lineage: Mapping[str, Any], where: str) -> None:
    """The kept documents are those of the release. Raises: IntegrityError naming the first that is not."""
    counts = (release.checkpoint, release.synthetic_tokens, release.total_tokens)
    found = {
        "cycle.json": digest_document(cycle) == release.cycle_digest,
        "lineage.json": (lineage["checkpoint"], lineage["synthetic_tokens"], lineage["total_tokens"]) == counts,
        "mix.json": mix["root"] == lineage["mix_root"],
    }
    for name, true in found.items():
        if not true:
            raise IntegrityError(
                "was changed after it was kept",
                where=f"{where}/{name}",
                expected=f"what the ledger recorded of version {release.version}",
                fix="bring it back from a backup",
            )


def _author(line: _Line, teachers: Mapping[str, str], name: str, rows: int | None, tokens: int) -> Author:
    generator, _, version = name.rpartition("/")
    release = next((one.version for one in line.named if one.wrote(generator, version)), None)
    pin = line.pins.get(generator)
    ours = pin is not None and teachers.get(generator) == pin.digest and names_checkpoint(version, pin.digest)
    return Author(name=name, rows=rows, tokens=tokens, release=release, teacher=pin if ours else None)
