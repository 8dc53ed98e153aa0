"""What the acts answer: frozen values that the command line prints, and dumps as JSON with `dataclasses.asdict`."""

from dataclasses import dataclass

from governance.release.descendants import Descendants

FINISHED, ABANDONED, WAITING, NOTHING = "finished", "abandoned", "waiting", "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationOutcome:
    """The candidate is in the registry and in the ledger. `changed` is False where it was already (F14)."""

    version: int
    checkpoint: str
    verdict: str
    changed: bool
    seq: int
    review_requested: bool
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionOutcome:
    """An adopted model serves. `baseline` and `pre_synthetic` say whether candidates are measured against it, and what it may be called."""

    version: int
    checkpoint: str
    changed: bool
    by: str
    baseline: bool
    pre_synthetic: bool
    seq: int
    report: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionOutcome:
    """`missing` people have yet to approve (exit 7); else `version` is champion. `seq` is 0 where nothing was written."""

    version: int
    previous: int | None
    changed: bool
    missing: int = 0
    approved_by: tuple[str, ...] = ()
    electors: tuple[str, ...] = ()
    """Who may still approve, as far as that is known."""
    excluded: tuple[str, ...] = ()
    why_not: tuple[str, ...] = ()
    """Who may not approve and why, a phrase each: `engineer-a asked for version 3`."""
    doubts: tuple[str, ...] = ()
    """Approvals that were given and do not count, a phrase each."""
    verified_files: int = 0
    rehearsal: "RehearsalOutcome | None" = None
    """The way back from it, as it was walked just before; None where there is none yet, or where the promotion was only finished."""
    seq: int = 0
    unshown: str = ""
    """What the registry said where its pages could not be written; `heirloom reconcile` writes them later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryOutcome:
    """`version` is the canary, or was where it `ended`; None where none stood. `missing` people have yet to approve (exit 7).

    `unshown` is what the registry said where its alias could not be moved: serving is right all the same.
    """

    version: int | None
    changed: bool
    percent: int = 0
    until: str = ""
    missing: int = 0
    approved_by: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    ended: bool = False
    reason: str = ""
    seq: int = 0
    unshown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalOutcome:
    """The way back from `version`, once it serves, was walked: release `to` was rebuilt from the store and read back."""

    version: int
    to: int
    files: int
    size: int
    milliseconds: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalOutcome:
    """One more yes or no is in the ledger; `missing` is how many of `needed` approvals a promotion still lacks. No `key` = by name only."""

    version: int
    by: str
    approved: bool
    changed: bool
    missing: int
    seq: int
    degraded: bool = False
    needed: int = 0
    key: str = ""
    not_after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackOutcome:
    """`version` serves. `previous` is what was left; with `dry_run` nothing was changed and `problems` says what a restore would mend."""

    version: int
    previous: int | None
    changed: bool
    degraded: bool = False
    verified_files: int = 0
    restored_from: str = ""
    problems: tuple[str, ...] = ()
    copy_repaired: bool = False
    cancelled: int | None = None
    """The version whose open promotion was cancelled."""
    quarantined: int | None = None
    frozen: bool = False
    skipped: tuple[int, ...] = ()
    passed_over: tuple[int, ...] = ()
    """Skipped versions that could have served, and descend from a recalled one."""
    descends_from: tuple[int, ...] = ()
    """The way from the version to a recalled one that it descends from: somebody named it."""
    descendants: Descendants | None = None
    """What comes from the quarantined version."""
    notes: tuple[str, ...] = ()
    """What could not be done now, a phrase each."""
    seq: int = 0
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryOutcome:
    """What became of the open intent: finished, abandoned, still waiting for a foreign system, or there was nothing."""

    result: str
    act: str = ""
    version: int | None = None
    reason: str = ""
    seq: int = 0

    @property
    def changed(self) -> bool:
        return self.result in (FINISHED, ABANDONED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """An alias, a tag or a description that showed something else than the ledger says; None = it was not there.

    `late` where it showed what was so until a moment ago, or nothing yet: then an act was broken off, and nobody moved anything.
    """

    view: str
    found: str | None
    wanted: str | None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileOutcome:
    """What was mended; with `dry_run` what would be. `recovered` is what happened to an open intent before."""

    changed: bool
    recovered: RecoveryOutcome
    mended: tuple[Mended, ...]
    pointer: bool
    copies: tuple[int, ...]
    tags_checked: bool
    gone: tuple[int, ...] = ()
    """Versions that the registry has lost: a number is given once, so no page of them can be made again."""
    seq: int = 0
    dry_run: bool = False
