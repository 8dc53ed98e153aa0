"""What the ledger adds up to: `fold(events)` is the only way to know who is champion, what may be promoted and what is open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from governance.provenance.descent import Bounds, Descent, descent_of
from governance.provenance.pin import Pin
from governance.release.approval import Approval
from governance.release.baseline_proposal import BaselineProposal
from governance.release.canary import Canaries
from governance.release.controls import Control
from governance.release.judged import GateDrill, Judgement, OpenCycle, Rehearsal, Withdrawal, Written
from governance.release.kinship import Kinship, Parents, descended
from governance.release.ledger import GENESIS
from governance.release.levels import LEVELLED, RANKED, Levels
from governance.release.page import Page
from governance.release.reading import Sample
from governance.release.relabelling import Relabelling

PASS, BLOCK, INCONCLUSIVE = "pass", "block", "inconclusive"
PROMOTION, ROLLBACK = "promotion", "rollback"
ADOPTED = "adopted"
"""The kind of a release that was trained elsewhere and brought in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One registered version, promoted or not. Token counts flow through the initial weights; shares are derived from them."""

    version: int
    cycle: int
    cycle_digest: str
    checkpoint: str
    verdict: str
    decision_sha256: str
    policy_sha256: str
    kind: str
    synthetic_tokens: int
    total_tokens: int
    depth: int
    worst_shard_synthetic: int
    worst_shard_total: int
    run_url: str
    registered_by: str
    registered_seq: int
    passages: int | None = None
    """Thousandths of tokens times the models that they went through; None where an older version kept none."""
    unknown_tokens: int = 0
    """Tokens learnt before anybody here looked; in none of the other counts."""
    past_share: Bounds | None = None
    """The synthetic share, in thousandths, of what was learnt before anybody here counted."""
    batches_head: str | None = None
    """The digest of the last batch that it was trained on (see `governance.training.batch_log`); None where no chain was kept."""
    levels: Levels | None = None
    """Where it stood on the pinned shards when it was judged; None where it was never measured, or an older version kept nothing."""
    labellers: Mapping[str, int] | None = None
    """Person -> rows of its cycle whose origin is that person's label; None where an older version kept nothing."""
    judged_against: int | None
    """The champion when its cycle was frozen: the one whose evidence it was compared with."""
    requested_by: str | None = None
    approvals: tuple[Approval, ...] = ()
    refused_by: str | None = None
    promoted_seq: int | None = None
    """The seq of its last promotion; None = never champion by promotion."""
    served_seq: int | None = None
    """The seq that first made it champion: releases are ordered by it."""
    quarantined: bool = False
    quarantined_seq: int | None = None
    """The rollback that left it: since then its words are barred."""
    kinship: Kinship | None = None
    page: Page | None = None
    """What of its own line went into it, and its page as registered; None where an older version wrote nothing down."""

    @property
    def parents(self) -> tuple[int, ...]:
        """Versions that it comes from. Where nobody wrote them down, it counts as started from the champion of then: the safe side."""
        start = self.kinship.start if self.kinship else self.judged_against
        authors = self.kinship.authors if self.kinship else ()
        return tuple(dict.fromkeys((*(() if start is None else (start,)), *authors)))

    @property
    def promoted(self) -> bool:
        return self.promoted_seq is not None

    @property
    def usable(self) -> bool:
        """True where a rollback may go to it, if a person names it."""
        return self.promoted and not self.quarantined

    @property
    def human_only(self) -> bool:
        """No synthetic ancestor, neither in its data nor through its initial weights, and no part of its past unknown."""
        return self.synthetic_tokens == 0 and not self.descent.open

    @property
    def descent(self) -> Descent:
        """What it has learnt from, start included."""
        return descent_of(
            synthetic=self.synthetic_tokens,
            known=self.total_tokens,
            depth=self.depth,
            passages=self.passages,
            unknown=self.unknown_tokens,
            past=self.past_share,
        )

    @property
    def waiting(self) -> bool:
        """True where it could still be promoted."""
        return self.verdict == PASS and not self.promoted and not self.quarantined and self.refused_by is None

    def shard_exceeds(self, percent: int) -> bool:
        """True where its worst shard held more than `percent` synthetic tokens, compared as integers."""
        return self.worst_shard_synthetic * 100 > percent * self.worst_shard_total


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An act that was begun and neither committed nor abandoned. `seq` names it; `left` is the version it moves away from."""

    act: str
    seq: int
    version: int
    left: int | None
    actor: str
    reason: str = ""
    approved_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that follows from the events so far, and nothing that does not."""

    seq: int = 0
    head: str = GENESIS
    latest: str = ""
    """The latest time that an event since the last approval gives, that approval included."""
    model: str | None = None
    environment: str | None = None
    champion: int | None = None
    served: tuple[int, ...] = ()
    """The way back: the champion last, before it what served before it."""
    releases: Mapping[int, Release] = field(default_factory=lambda: MappingProxyType({}))
    intent: Intent | None = None
    shards: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    teachers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    benchmarks: Mapping[str, Pin] = field(default_factory=lambda: MappingProxyType({}))
    sentinels: str | None = None
    """The sha256 of the sentinels; None where none were ever planted."""
    memory: str | None = None
    """The sha256 of the file of remembered rows."""
    remembered: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Digest of a cycle whose rows are remembered -> the sha256 of the memory after it."""
    kept_rows: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Digest of a cycle that passed -> the sha256 of the file of rows that it was the first to train on."""
    pruned_rows: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Digest of a cycle whose rows were kept and are no longer -> the sha256 that their file had."""
    withdrawn: Mapping[str, Withdrawal] = field(default_factory=lambda: MappingProxyType({}))
    """The sha256 of a file of withdrawn rows -> what was said when they were."""
    replaced_rows: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The sha256 of a file of kept rows that lost withdrawn ones -> the seq of the event; the file is to be deleted."""
    relabellings: Mapping[str, Relabelling] = field(default_factory=lambda: MappingProxyType({}))
    """The sha256 of a file of labels -> the event that recorded it, the first one: labels are said once, a replay says nothing."""
    emissions: str | None = None
    """The sha256 of the file of emissions after the last entry."""
    own_rows: Mapping[str, Mapping[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    """Digest of a cycle whose rows were kept -> version of the line -> rows among them that it wrote."""
    synthesized: Mapping[str, Written] = field(default_factory=lambda: MappingProxyType({}))
    """The sha256 of the document of synthetic rows that a model wrote -> its first record."""
    drills: Mapping[tuple[str, bool], GateDrill] = field(default_factory=lambda: MappingProxyType({}))
    """(version of the gate, on the line's own kind of model) -> its last drill."""
    samples: Mapping[str, Sample] = field(default_factory=lambda: MappingProxyType({}))
    """Digest of a cycle -> the model text of it that a person has to read."""
    rehearsals: Mapping[int, Rehearsal] = field(default_factory=lambda: MappingProxyType({}))
    """Version -> the way back from it, as it was last walked."""
    cycle: OpenCycle | None = None
    cycles: int = 0
    """The highest number of a cycle so far."""
    frozen_against: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))
    """Cycle digest -> champion when the cycle was frozen."""
    extended: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Digest of a cycle that was inconclusive -> digest of its one extension."""
    judged: Mapping[tuple[str, str], Judgement] = field(default_factory=lambda: MappingProxyType({}))
    """(batch digest, policy sha256) -> the last judgement."""
    attempts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Batch digest -> how often it was judged, under any policy: the third attempt on the same rows is shown as the third."""
    controls: Mapping[str, Control] = field(default_factory=lambda: MappingProxyType({}))
    """Name -> human-only control of a cycle: retrained with another seed, read, and never a candidate."""
    frozen: str | None = None
    """Why scheduled retraining is frozen; None = it is not."""
    sealed: str | None = None
    """The sha256 of the second shard, which is read for another baseline alone."""
    proposal: BaselineProposal | None = None
    """Another baseline that waits for people."""
    moved_baseline: BaselineProposal | None = None
    """The last proposal that two people approved."""
    canaries: Canaries = field(default_factory=Canaries)
    views_behind: bool = False
    """True after a rollback that could not reach the registry, until the views were repaired."""

    @property
    def parents(self) -> Parents:
        """Version -> the versions that it comes from."""
        return {version: release.parents for version, release in self.releases.items()}

    @property
    def recalled(self) -> tuple[Release, ...]:
        """What was left by a rollback: nothing goes back to it, and its words are barred."""
        return tuple(r for r in self.releases.values() if r.quarantined)

    @property
    def tainted(self) -> frozenset[int]:
        """Versions that descend from a recalled one, through weights or rows, and are not recalled themselves."""
        return descended(self.parents, [r.version for r in self.recalled])

    @property
    def sound(self) -> tuple[Release, ...]:
        """Usable releases that descend from no recalled one, in order: what may be fallen back on without a person naming it."""
        tainted = self.tainted
        return tuple(r for r in self.in_order if r.usable and r.version not in tainted)

    @property
    def previous(self) -> int | None:
        """What served before the champion and is still sound."""
        sound = {r.version for r in self.sound}
        return next((v for v in reversed(self.served[:-1]) if v in sound), None)

    @property
    def pre_synthetic(self) -> int | None:
        """The newest sound release with no synthetic ancestor."""
        return next((r.version for r in reversed(self.sound) if r.human_only), None)

    @property
    def baseline(self) -> int | None:
        """What candidates are measured against: the original baseline, until two people move it (`governance.release.rebaseline`)."""
        moved = self.moved_baseline
        if moved is not None and self.releases[moved.version].usable:
            return moved.version
        return self.original_baseline

    @property
    def original_baseline(self) -> int | None:
        """The first sound release with no synthetic ancestor, or in a line without one the release that was adopted: a leak through later
        human-only retrains would move the yardstick with itself.
        """
        human = next((r.version for r in self.sound if r.human_only), None)
        return human if human is not None else next((r.version for r in self.sound if r.kind == ADOPTED), None)

    @property
    def base(self) -> int | None:
        """What a policy that starts from the base starts from: the newest pre-synthetic release, or the one that was adopted."""
        return self.pre_synthetic if self.pre_synthetic is not None else self.original_baseline

    @property
    def best_ever(self) -> int | None:
        """The sound release with the lowest tail perplexity on the tail shard that is pinned now, the older one of two equals; readings of
        another shard are no readings of this one.
        """
        read = [(bits, r.served_seq or 0, r.version) for r in self.sound if (bits := self.tail_bits(r.version)) is not None]
        return min(read)[2] if read else None

    def tail_bits(self, version: int) -> float | None:
        """Bits per byte of a release on the tail shard that is pinned now; None where that is not known."""
        levels = self.releases[version].levels
        level = levels.readings.get(RANKED) if levels else None
        return level.bits_per_byte if level and level.shard == self.read_of(RANKED) else None

    def read_of(self, metric: str) -> str | None:
        """The name of the documents that readings of today are of: the pinned shard, or what the newest first look read of it."""
        pinned = self.shards.get(LEVELLED[metric])
        newest = sorted((r for r in self.releases.values() if r.levels), key=lambda r: -r.registered_seq)
        labels = (r.levels.readings[metric].shard for r in newest if r.levels and metric in r.levels.readings)
        return next((label for label in labels if label.partition(":")[0] == pinned), pinned)

    @property
    def kept(self) -> tuple[int, ...]:
        """Versions whose bytes stay here and true: what serves, where a rollback goes first, and what others are measured against."""
        found = (self.champion, self.previous, self.pre_synthetic, self.baseline, self.best_ever, self.canaries.version)
        return tuple(sorted({version for version in found if version is not None}))

    @property
    def last_drill(self) -> GateDrill | None:
        """The drill that was recorded last, of whatever gate."""
        return max(self.drills.values(), key=lambda found: found.seq, default=None)

    def calibrated(self, gate_version: str) -> bool:
        """Whether a drill of this very gate, on the line's own kind of model, kept every promise."""
        found = self.drills.get((gate_version, True))
        return found is not None and found.broken == 0

    @property
    def in_order(self) -> tuple[Release, ...]:
        """Releases that were promoted, in the order in which they first served."""
        return tuple(sorted((r for r in self.releases.values() if r.promoted), key=lambda r: r.served_seq or 0))

    @property
    def waiting(self) -> tuple[Release, ...]:
        """Candidates that could still be promoted, oldest first."""
        return tuple(r for r in self.releases.values() if r.waiting)
