"""What a cycle has to know of recalls: whose words it bars, what it may not start from, and what of its own line went into it."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from governance.adapters.withdrawal_folder import WithdrawalFolder
from governance.errors import RefusedError
from governance.provenance.recalled import Named, Recalled, names_of
from governance.provenance.withdrawn import WITHDRAWN_SCHEMA
from governance.release.kinship import Kinship
from governance.release.recall import way_to_recalled
from governance.release.state import State
from governance.wiring import Shop

_UNKNOWN = "unknown"


def recalled_of(shop: Shop, state: State) -> tuple[Recalled, ...]:
    """Every release that was left by a rollback, with the names that the policy's reviewed table knows it by."""
    seqs = {r.version: r.quarantined_seq or 0 for r in state.recalled}
    named = [one for one in authors_of(shop, state) if one.version in seqs]
    return tuple(Recalled(version=one.version, digest=one.digest, names=one.names, seq=seqs[one.version]) for one in named)


def authors_of(shop: Shop, state: State) -> tuple[Named, ...]:
    """Every release of the line, promoted or not, by the names under which rows may say that it wrote them."""
    model, rules = shop.policy.line.model, shop.policy.provenance
    return tuple(
        Named(version=r.version, digest=r.checkpoint, names=names_of(model, r.version, r.checkpoint, rules.aliases, rules.alias_versions))
        for r in state.releases.values()
    )


def withdrawn_rows(shop: Shop, state: State) -> pl.DataFrame:
    """Every row that somebody asked out (`WITHDRAWN_SCHEMA`). Raises: IntegrityError where a file of them is gone or altered."""
    return recorded_rows(shop, state).select(WITHDRAWN_SCHEMA.names())


def recorded_rows(shop: Shop, state: State) -> pl.DataFrame:
    """The same with who was trained on each of them (`RECORDED_SCHEMA`)."""
    return WithdrawalFolder(folder=shop.workspace.withdrawn).all({sha256: one.seq for sha256, one in state.withdrawn.items()})


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
    state = shop.ledger.state()
    wrote = {one.version for one in authors_of(shop, state) for author in mix["authors"] if _is(one, author)}
    if f"{shop.policy.line.model}/{_UNKNOWN}" in mix["authors"]:
        wrote |= {r.version for r in state.in_order}  # text of the line without a version may be any release's
    barred = tuple(sorted(one["version"] for one in cycle.get("recalled", ())))
    return Kinship(start=cycle["start"]["version"], authors=tuple(sorted(wrote)), recalled=barred)


def _is(one: Named, author: str) -> bool:
    """True where an author of mix.json, `name/version`, is a release."""
    name, _, version = author.rpartition("/")
    return one.wrote(name, version) or author in {f"{name}/{version or _UNKNOWN}" for name, version in one.names}
