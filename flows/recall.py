"""What a cycle has to know of recalls: whose words it bars, what it may not start from, and what of its own line went into it."""

from collections.abc import Mapping
from typing import Any

from governance.errors import RefusedError
from governance.provenance.passed import names_checkpoint
from governance.provenance.recalled import Recalled, names_of
from governance.release.kinship import Kinship
from governance.release.recall import way_to_recalled
from governance.release.state import Release, State
from governance.wiring import Shop

_UNKNOWN = "unknown"


def recalled_of(shop: Shop, state: State) -> tuple[Recalled, ...]:
    """Every release that was left by a rollback, with the names that the policy's reviewed table knows it by."""
    return tuple(
        Recalled(version=r.version, digest=r.checkpoint, seq=r.quarantined_seq or 0, names=_names(shop, r)) for r in state.recalled
    )


def refuse_start(state: State, version: int) -> None:
    """Raises: RefusedError where a cycle would start from weights that descend from a recalled release: no candidate of it could serve."""
    if way := way_to_recalled(state, version):
        raise RefusedError(
            f"release {version} descends from release {way[-1]}, which was recalled (ledger {state.releases[way[-1]].quarantined_seq})",
            where="the start of the cycle",
            expected=f"weights that do not come from it: {' <- '.join(map(str, way))}",
            fix='heirloom rollback --to a release that does not descend from it, or training.start = "base"',
        )


def kinship_of(shop: Shop, cycle: Mapping[str, Any], mix: Mapping[str, Any]) -> Kinship:
    """The start of a cycle, the releases that wrote rows of its mix, and the recalls that it barred."""
    releases = shop.ledger.state().releases.values()
    wrote = {r.version for r in releases for author in mix["authors"] if _is(shop, r, author)}
    if f"{shop.policy.line.model}/{_UNKNOWN}" in mix["authors"]:
        wrote |= {r.version for r in releases if r.promoted}  # text of the line without a version may be any release's
    barred = tuple(sorted(one["version"] for one in cycle.get("recalled", ())))
    return Kinship(start=cycle["start"]["version"], authors=tuple(sorted(wrote)), recalled=barred)


def _is(shop: Shop, release: Release, author: str) -> bool:
    """True where an author of mix.json, `name/version`, is a release."""
    known = {f"{name}/{version or _UNKNOWN}" for name, version in _names(shop, release)}
    return author in known or names_checkpoint(author.rpartition("/")[2].lower(), release.checkpoint)


def _names(shop: Shop, release: Release) -> tuple[tuple[str, str | None], ...]:
    rules = shop.policy.provenance
    return names_of(shop.policy.line.model, release.version, release.checkpoint, rules.aliases, rules.alias_versions)
