"""What comes of a release: later releases, through weights or rows, kept rows that it wrote, and batches that it wrote."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.release.kinship import descended
from governance.release.state import State

WEIGHTS, ROWS = "weights", "rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Descendant:
    """A version that comes from another, `parent`, by its `weights` or by `rows` that the other wrote. `recorded`: the ledger says so; else
    it was written by an older version, and is taken to have started from the champion of then.
    """

    version: int
    parent: int
    by: str
    recorded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptText:
    """Rows by a release among those that were kept of a cycle; `version` is the release that was first trained on them."""

    version: int | None
    rows: int
    rows_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBatch:
    """Rows that a model wrote for a batch, as the ledger recorded it."""

    batch: str
    rows: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Descendants:
    """Everything of this line that is known to come from a version, nearest releases first."""

    version: int
    releases: tuple[Descendant, ...]
    kept: tuple[KeptText, ...]
    batches: tuple[WrittenBatch, ...]

    def __bool__(self) -> bool:
        return bool(self.releases or self.kept or self.batches)


def descendants_of(state: State, version: int) -> Descendants:
    """What descends from a version, whatever became of it."""
    parents = state.parents
    below = sorted(descended(parents, [version]))
    by_cycle = {release.cycle_digest: release.version for release in state.releases.values()}
    digest = state.releases[version].checkpoint
    return Descendants(
        version=version,
        releases=tuple(_descendant(state, one, version, below) for one in below),
        kept=tuple(
            KeptText(version=by_cycle.get(cycle), rows=rows[version], rows_sha256=state.kept_rows[cycle])
            for cycle, rows in state.own_rows.items()
            if version in rows and cycle in state.kept_rows
        ),
        batches=tuple(
            WrittenBatch(batch=one.batch, rows=one.rows, seq=one.seq) for one in state.synthesized.values() if one.digest == digest
        ),
    )


def _descendant(state: State, version: int, ancestor: int, below: Sequence[int]) -> Descendant:
    """The parent through which a version comes from the ancestor; weights are named before rows."""
    release = state.releases[version]
    parent = next(one for one in release.parents if one == ancestor or one in below)
    start = release.kinship.start if release.kinship else release.judged_against
    return Descendant(version=version, parent=parent, by=WEIGHTS if parent == start else ROWS, recorded=release.kinship is not None)
