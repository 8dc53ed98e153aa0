"""How deep a mix is: its rows with what each has been through, and the two limits that a policy may set on that."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from governance.errors import RefusedError
from governance.mixing.document import HUMAN, SYNTHETIC
from governance.mixing.rules import MixRules
from governance.provenance.descent import THOUSAND, Descent
from governance.provenance.passed import PASSED_SCHEMA

_UNKNOWN_VERSION = "unknown"


def mix_descent(selected: pl.DataFrame, passed: pl.DataFrame) -> Descent:
    """The descent of the fresh rows of a mix: anchors are left out, as the caps leave them out.

    `passed` (descent.parquet) says what each synthetic row has been through; one that it does not name counts as the text of a
    human-only model. A row counts with its `counted` tokens: all of them, but for a hybrid that proved what its editor gave back, and
    exposed text. The rest of such a row is neither synthetic nor human, so that it makes no room for other synthetic text.
    """
    human = int(selected.filter(pl.col("role") == HUMAN)["tokens"].sum())
    synthetic = _with_passed(selected, passed)
    return Descent(
        human=human * THOUSAND,
        synthetic=int(synthetic["counted"].sum()) * THOUSAND,
        passages=int((synthetic["counted"] * synthetic["passages"]).sum()),
        depth=int(synthetic.filter(pl.col("counted") > 0)["depth"].max() or 0),  # type: ignore[arg-type]
    )


def descent_document(selected: pl.DataFrame, passed: pl.DataFrame) -> Mapping[str, Any]:
    """What mix.json says of it: `depth`, the effective share, and who wrote how many synthetic tokens.

    `passages`, in thousandths of a token, are of all tokens of synthetic rows: a lineage carries them on, and counts every row in full.
    """
    descent, synthetic = mix_descent(selected, passed), _with_passed(selected, passed)
    name = pl.concat_str("generator", pl.col("generator_version").fill_null(_UNKNOWN_VERSION), separator="/")
    authors = synthetic.group_by(name.alias("author")).agg(pl.col("tokens").sum()).sort("author")
    return {
        "depth": descent.depth,
        "passages": int((synthetic["tokens"] * synthetic["passages"]).sum()),
        "effective_share": descent.effective_share.document(),
        "authors": dict(authors.iter_rows()),
    }


def refuse_beyond_depth(selected: pl.DataFrame, passed: pl.DataFrame, rules: MixRules) -> None:
    """Raises: RefusedError where a row has been through more models than `max_depth`, or the effective share is beyond its cap."""
    descent = mix_descent(selected, passed)
    if rules.max_depth is not None and descent.depth > rules.max_depth:
        deep = _with_passed(selected, passed).filter(pl.col("depth") > rules.max_depth).sort("depth", "row_id", descending=[True, False])
        raise RefusedError(
            f"{deep.height} rows with {int(deep['tokens'].sum())} tokens have been through up to {descent.depth} models",
            where="mix",
            expected=f"at most {rules.max_depth} (policy.mixing.max_depth)",
            examples=deep["row_id"].to_list(),
            fix=f"leave out what these authors wrote: {', '.join(_authors(deep))}",
        )
    cap = rules.effective_cap_percent
    if cap is not None and descent.exceeds(cap):
        wanted = -(-descent.passages * (100 - cap) // cap)
        raise RefusedError(
            f"effective synthetic share {descent.effective_share.high / 10:.1f} %: {-(-descent.passages // THOUSAND)} passages"
            f" through models beside {descent.human // THOUSAND} human tokens",
            where="mix",
            expected=f"at most {cap} % (policy.mixing.effective_cap_percent)",
            fix=f"add {-(-(wanted - descent.human) // THOUSAND)} human tokens, or leave out the deepest rows",
        )


def _authors(rows: pl.DataFrame) -> list[str]:
    found: list[str] = rows["generator"].unique().sort().head(5).to_list()
    return found


def _with_passed(selected: pl.DataFrame, passed: pl.DataFrame) -> pl.DataFrame:
    """The synthetic rows of a mix with `depth` and `passages`."""
    synthetic = selected.select("row_id", "role", "tokens", "counted", "generator", "generator_version").filter(pl.col("role") == SYNTHETIC)
    joined = synthetic.join(passed.select(PASSED_SCHEMA.names()), on="row_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("depth").fill_null(1), pl.col("passages").fill_null(THOUSAND))
