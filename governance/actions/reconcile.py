"""Reconciliation: the views are made to show what the ledger says, never the reverse, and what they showed is reported."""

from collections.abc import Mapping

from governance.actions.assurance import mend_copy, problems
from governance.actions.outcomes import NOTHING, WAITING, Mended, ReconcileOutcome, RecoveryOutcome
from governance.actions.recover import recover
from governance.actions.release_desk import ReleaseDesk, move_aliases, now, point, shown_pointer, wanted_pointer
from governance.errors import ConflictError, DependencyError, IntegrityError
from governance.ports.registry import TagView
from governance.release import kinds
from governance.release.state import PROMOTION, State
from governance.release.views import OURS, drift, status_tags


def reconcile(desk: ReleaseDesk, *, dry_run: bool = False, copies: bool = True) -> ReconcileOutcome:
    """Put right every alias, tag, serving pointer and registry copy that differs from the ledger; an open intent is recovered first.

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
    found = drift(state, shown)
    mended = tuple(Mended(view=f"alias {a.alias}", found=_text(a.found), wanted=_text(a.wanted)) for a in found)
    tags = _tag_drift(desk, state)
    pointer, replaced = (_pointer_wrong(desk, state), ()) if dry_run else _mend(desk, state, tags, copies=copies)
    mended += tuple(said for _, _, said in tags)
    seq = 0 if dry_run else _write_down(desk, state, mended, pointer=pointer, copies=replaced)
    return ReconcileOutcome(
        changed=bool(seq),
        recovered=recovered,
        mended=mended,
        pointer=pointer,
        copies=replaced,
        tags_checked=isinstance(desk.registry, TagView),
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


def _tag_drift(desk: ReleaseDesk, state: State) -> list[tuple[int, dict[str, str], Mended]]:
    """(version, tags to set, what to report) for every version whose tags differ, where the registry shows tags at all."""
    if not isinstance(desk.registry, TagView):
        return []
    found = []
    for version in state.releases:
        shown = desk.registry.tags(desk.model, version)
        if not shown:
            continue  # the version was deleted in the registry: it has no page to mend
        for key, wanted in status_tags(state, version).items():
            if shown.get(key) != wanted:
                said = Mended(view=f"tag {key} of version {version}", found=shown.get(key), wanted=wanted)
                found.append((version, {key: wanted}, said))
    return found


def _mend(desk: ReleaseDesk, state: State, tags: list[tuple[int, dict[str, str], Mended]], *, copies: bool) -> tuple[bool, tuple[int, ...]]:
    """Whether the pointer had to be written, and the versions whose copy had to be replaced."""
    pointer = point(desk, state)
    move_aliases(desk, state)
    _set_tags(desk, tags)
    return pointer, _mend_copies(desk, state) if copies else ()


def _set_tags(desk: ReleaseDesk, tags: list[tuple[int, dict[str, str], Mended]]) -> None:
    for version, wanted, _ in tags:
        if isinstance(desk.registry, TagView):
            desk.registry.set_tags(desk.model, version, wanted)


def _mend_copies(desk: ReleaseDesk, state: State) -> tuple[int, ...]:
    """The registry's copies of what is kept are true again: champion, previous, pre-synthetic, baseline, best-ever. Those replaced."""
    true = [v for v in state.kept if not problems(desk, state.releases[v])]
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
