"""Reconciliation: the views are made to show what the ledger says, never the reverse, and what they showed is reported."""

import hashlib
from collections.abc import Container, Mapping, Sequence

from governance.actions.assurance import mend_copy, problems
from governance.actions.outcomes import NOTHING, WAITING, Mended, ReconcileOutcome, RecoveryOutcome
from governance.actions.pages import drifted_pages, only_late, write_pages
from governance.actions.recover import recover
from governance.actions.release_desk import ReleaseDesk, move_aliases, now, point, shown_pointer, wanted_pointer
from governance.errors import ConflictError, DependencyError, IntegrityError
from governance.ports.registry import PageView
from governance.release import kinds
from governance.release.state import PROMOTION, State
from governance.release.views import DESCRIPTION, OURS, PageDrift, drift


def reconcile(desk: ReleaseDesk, *, dry_run: bool = False, copies: bool = True) -> ReconcileOutcome:
    """Put right every alias, page, serving pointer and registry copy that differs from the ledger; an open intent is recovered first.

    Without `copies` no bytes of models are read: hashing 20 GB is nothing for every five minutes.

    Raises: IntegrityError where a view knows a version that the ledger does not: then the ledger may be an old backup (F19) and nothing is
    touched. DependencyError where the registry is down.
    """
    recovered = RecoveryOutcome(result=NOTHING) if dry_run else recover(desk)
    if recovered.result == WAITING:
        raise DependencyError(f"the open {recovered.act} cannot be finished: {recovered.reason}", fix="try again when it is back")
    state = now(desk, desk.ledger.state())
    shown = desk.registry.aliases(desk.model)
    _check_not_ahead(desk, state, shown)
    pages, gone = drifted_pages(desk, state)
    found = drift(state, shown, gone)
    mended = tuple(Mended(view=f"alias {a.alias}", found=_text(a.found), wanted=_text(a.wanted)) for a in found)
    mended += _pages(desk, pages)
    pointer, replaced = (_pointer_wrong(desk, state), ()) if dry_run else _mend(desk, state, pages, gone, copies=copies)
    seq = 0 if dry_run else _write_down(desk, state, mended, pointer=pointer, copies=replaced)
    return ReconcileOutcome(
        changed=bool(seq),
        recovered=recovered,
        mended=mended,
        pointer=pointer,
        copies=replaced,
        gone=gone,
        tags_checked=isinstance(desk.registry, PageView),
        seq=seq,
        dry_run=dry_run,
    )


def _check_not_ahead(desk: ReleaseDesk, state: State, shown: Mapping[str, int]) -> None:
    unknown = [f"alias {alias} = {shown[alias]}" for alias in OURS if alias in shown and shown[alias] not in state.releases]
    pointer = shown_pointer(desk)
    if pointer is not None and pointer.version not in state.releases:
        unknown.append(f"serving pointer = {pointer.version}")
    if unknown:
        raise IntegrityError(
            f"the views are ahead of the ledger: {'; '.join(unknown)}",
            expected=f"versions that the ledger knows (its last event is {state.seq})",
            examples=unknown,
            fix="restore the newest backup of the ledger; or, where the version was made by hand, delete the alias in the registry",
        )
    if state.intent is not None and state.intent.act == PROMOTION:
        raise ConflictError("a promotion is open", fix="heirloom recover")


def _pages(desk: ReleaseDesk, found: Sequence[PageDrift]) -> tuple[Mended, ...]:
    """What differs on pages, in words; a description is named by its digest, because it fills a page itself."""
    late = only_late(desk.ledger.events(), found)
    return tuple(Mended(view=one.view, found=_said(one, one.found), wanted=_said(one, one.wanted), late=one in late) for one in found)


def _said(drift: PageDrift, text: str | None) -> str | None:
    return text if text is None or drift.key != DESCRIPTION else f"sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _mend(
    desk: ReleaseDesk, state: State, pages: Sequence[PageDrift], gone: Container[int], *, copies: bool
) -> tuple[bool, tuple[int, ...]]:
    """Whether the pointer had to be written, and the versions whose copy had to be replaced."""
    pointer = point(desk, state)
    move_aliases(desk, state, gone)
    write_pages(desk, pages)
    return pointer, _mend_copies(desk, state, gone) if copies else ()


def _mend_copies(desk: ReleaseDesk, state: State, gone: Container[int]) -> tuple[int, ...]:
    """The registry's copies of what is kept are true again: champion, previous, pre-synthetic, baseline, best-ever. Those replaced."""
    true = [v for v in state.kept if v not in gone and not problems(desk, state.releases[v])]
    return tuple(v for v in true if mend_copy(desk, state.releases[v]))


def _pointer_wrong(desk: ReleaseDesk, state: State) -> bool:
    return shown_pointer(desk) != wanted_pointer(desk, state)


def _write_down(desk: ReleaseDesk, state: State, mended: tuple[Mended, ...], *, pointer: bool, copies: tuple[int, ...]) -> int:
    if not (mended or pointer or copies or state.views_behind):
        return 0
    aliases = {m.view: {"found": m.found, "wanted": m.wanted} for m in mended}
    return desk.ledger.record(kinds.VIEWS_REPAIRED, {"aliases": aliases, "pointer": pointer, "copies": list(copies)}).seq


def _text(version: int | None) -> str | None:
    return None if version is None else str(version)
