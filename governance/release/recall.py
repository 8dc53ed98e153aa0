"""What a recall forbids: a candidate whose cycle did not bar the recalled words, or that descends from what was recalled."""

from governance.errors import RefusedError
from governance.release.kinship import way_to
from governance.release.state import Release, State


def missed(state: State, release: Release) -> tuple[Release, ...]:
    """The recalled releases whose words the cycle of a candidate did not bar: they were recalled after it was frozen."""
    barred = release.kinship.recalled if release.kinship else ()
    return tuple(r for r in state.recalled if r.version not in barred)


def way_to_recalled(state: State, version: int) -> tuple[int, ...]:
    """From a version to the nearest recalled one that it descends from, both in it; empty where it descends from none."""
    return way_to(state.parents, version, [r.version for r in state.recalled])


def _seq(state: State, way: tuple[int, ...]) -> int | None:
    return state.releases[way[-1]].quarantined_seq


def refuse_recalled(state: State, release: Release) -> None:
    """Raises: RefusedError where a candidate descends from a recalled release, or was made before one was recalled."""
    if way := way_to_recalled(state, release.version):
        raise RefusedError(
            f"version {release.version} descends from release {way[-1]}, which was recalled in ledger {_seq(state, way)}",
            expected=f"a candidate that does not come from it: {' <- '.join(map(str, way))}",
            fix="heirloom rollback --to a release that does not descend from it, then heirloom retrain",
        )
    if late := missed(state, release):
        names = ", ".join(f"{r.version} (ledger {r.quarantined_seq})" for r in late)
        raise RefusedError(
            f"version {release.version} was made before release {names} was recalled",
            expected="a candidate whose cycle barred every recalled release's words",
            fix="heirloom retrain mixes again without them",
        )
