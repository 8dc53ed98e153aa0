"""Where a rollback may go: `previous`, `pre-synthetic`, `below:40` or a version that was champion before."""

from governance.errors import RefusedError, UsageError
from governance.release.state import PROMOTION, Release, State

PREVIOUS, PRE_SYNTHETIC, BELOW = "previous", "pre-synthetic", "below:"
EXPECTED = "previous, pre-synthetic, below:PERCENT or the number of a release"


def rollback_target(state: State, to: str) -> Release:
    """The release that `to` means now; it may be the champion itself, and then there is nothing to do.

    While a promotion is open, `previous` is the champion that the promotion wants to replace. Only a number leads to a release that
    descends from a recalled one: `previous`, `pre-synthetic` and `below:` pass such releases over (`passed_over`).

    Raises: RefusedError where nothing was promoted yet, where nothing fits, or where the version was never promoted or is quarantined;
    UsageError where `to` is none of the four forms.
    """
    if state.champion is None:
        raise RefusedError("no release was ever promoted, so there is none to go back to", fix="heirloom history shows what happened")
    if to == PREVIOUS:
        return _previous(state)
    if to == PRE_SYNTHETIC:
        return _baseline(state)
    if to.startswith(BELOW):
        return _below(state, _number(to.removeprefix(BELOW), to))
    return _version(state, _number(to, to))


def skipped(state: State, target: Release) -> tuple[int, ...]:
    """Versions on the way back that served after the target and before the champion, newest first."""
    if target.version not in state.served:
        return ()
    between = state.served[state.served.index(target.version) + 1 : -1]
    return tuple(reversed(between))


def passed_over(state: State, target: Release) -> tuple[int, ...]:
    """Usable versions that served after the target and before the champion, and descend from a recalled one; newest first."""
    return tuple(version for version in skipped(state, target) if version in state.tainted and state.releases[version].usable)


def others(state: State, target: Release) -> tuple[Release, ...]:
    """Usable releases other than the target and the champion, nearest to the target first, older ones before newer ones.

    Those that descend from a recalled release come last.
    """
    usable = [r for r in state.in_order if r.usable and r.version not in (target.version, state.champion)]
    older = [r for r in usable if (r.served_seq or 0) < (target.served_seq or 0)]
    newer = [r for r in usable if (r.served_seq or 0) > (target.served_seq or 0)]
    tainted = state.tainted
    return tuple(sorted((*reversed(older), *newer), key=lambda r: r.version in tainted))


def _previous(state: State) -> Release:
    if state.intent and state.intent.act == PROMOTION:
        return state.releases[state.champion or 0]
    if state.previous is None:
        raise RefusedError(f"nothing usable served before release {state.champion}", expected=_usable(state))
    return state.releases[state.previous]


def _baseline(state: State) -> Release:
    if state.pre_synthetic is None:
        raise RefusedError("no usable release is without synthetic ancestors", expected=_usable(state))
    return state.releases[state.pre_synthetic]


def _below(state: State, percent: int) -> Release:
    """The last sound release before the first one whose worst shard exceeded the percentage, quarantined ones counted."""
    if not 1 <= percent <= 100:
        raise UsageError(f"{percent} is not a percentage in 1..100", where="--to")
    found, sound = None, {r.version for r in state.sound}
    for release in state.in_order:
        if release.shard_exceeds(percent):
            break
        found = release if release.version in sound else found
    if found is None:
        raise RefusedError(f"no usable release came before a shard exceeded {percent} % synthetic tokens", expected=_usable(state))
    return found


def _version(state: State, version: int) -> Release:
    release = state.releases.get(version)
    if release is None or not release.promoted:
        what = "is not registered" if release is None else "was never promoted"
        raise RefusedError(f"version {version} {what}", expected=_usable(state))
    if release.quarantined:
        raise RefusedError(f"release {version} is quarantined: it was left by a rollback", expected=_usable(state))
    return release


def _number(digits: str, to: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise UsageError(f"{to!r} is no target of a rollback", expected=EXPECTED, where="--to")
    return int(digits)


def _usable(state: State) -> str:
    tainted = state.tainted
    versions = [f"{r.version}{' (descends from a recalled one)' if r.version in tainted else ''}" for r in state.in_order if r.usable]
    return f"one of the usable releases {', '.join(versions)}" if versions else "a usable release, and there is none"
