"""How deep a mix is: its rows with what each has been through, and the two limits that a policy may set on that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.errors import SHOWN_EXAMPLES, RefusedError
from governance.mixing.document import HUMAN, SYNTHETIC
from governance.mixing.rules import MixRules
from governance.provenance.descent import THOUSAND, Descent
from governance.provenance.passed import PASSED_SCHEMA

_UNKNOWN = "unknown"
"""An author that a row does not name, or the version of one: an exposed, weak or unknown row need not say who wrote it."""
_AUTHOR = ["generator", "generator_version", "depth", "passages"]
_ADDED = pl.Schema(
    {
        "generator": pl.String(),
        "generator_version": pl.String(),
        "depth": pl.Int64(),
        "passages": pl.Int64(),
        "rows": pl.Int64(),
        "tokens": pl.Int64(),
        "counted": pl.Int64(),
        "row_ids": pl.List(pl.String()),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """The rows of a mix that are no anchors, added up: `human` are tokens, and `synthetic` has a line for each author, depth and passages,
    with the tokens of its rows, the `counted` ones, how many `rows` they are, and the first five `row_ids`.
    """

    human: int
    synthetic: pl.DataFrame

    @classmethod
    def of(cls, rows: pl.DataFrame, passed: pl.DataFrame) -> "Passages":
        """Of some rows of a mix. `passed` (descent.parquet) says what each synthetic row has been through; one that it does not name counts
        as the text of a human-only model.
        """
        human = int(rows.filter(pl.col("role") == HUMAN)["tokens"].sum())
        return cls(human=human, synthetic=_added(_with_passed(rows, passed)))

    @classmethod
    def joined(cls, parts: Iterable["Passages"]) -> "Passages":
        """Of some rows and of others."""
        found = list(parts)
        lines = _added(pl.concat([_ADDED.to_frame(), *(part.synthetic for part in found)]))
        return cls(human=sum(part.human for part in found), synthetic=lines.sort(_AUTHOR, nulls_last=True))

    @property
    def descent(self) -> Descent:
        """The descent of the rows: anchors are left out, as the caps leave them out.

        A row counts with its `counted` tokens: all of them, but for a hybrid that proved what its editor gave back, and exposed text. The
        rest of such a row is neither synthetic nor human, so that it makes no room for other synthetic text.
        """
        lines = self.synthetic
        return Descent(
            human=self.human * THOUSAND,
            synthetic=int(lines["counted"].sum()) * THOUSAND,
            passages=int((lines["counted"] * lines["passages"]).sum()),
            depth=int(lines.filter(pl.col("counted") > 0)["depth"].max() or 0),  # type: ignore[arg-type]
        )


def descent_document(found: Passages) -> Mapping[str, Any]:
    """What mix.json says of it: `depth`, the effective share, and who wrote how many synthetic tokens and rows.

    `passages`, in thousandths of a token, are of all tokens of synthetic rows: a lineage carries them on, and counts every row in full.
    """
    descent, synthetic = found.descent, found.synthetic
    name = pl.concat_str(pl.col("generator").fill_null(_UNKNOWN), pl.col("generator_version").fill_null(_UNKNOWN), separator="/")
    authors = synthetic.group_by(name.alias("author")).agg(pl.col("tokens", "rows").sum()).sort("author")
    return {
        "depth": descent.depth,
        "passages": int((synthetic["tokens"] * synthetic["passages"]).sum()),
        "effective_share": descent.effective_share.document(),
        "authors": dict(authors.select("author", "tokens").iter_rows()),
        "author_rows": dict(authors.select("author", "rows").iter_rows()),
    }


def refuse_beyond_depth(found: Passages, rules: MixRules) -> None:
    """Raises: RefusedError where a row has been through more models than `max_depth`, or the effective share is beyond its cap."""
    descent = found.descent
    if rules.max_depth is not None and descent.depth > rules.max_depth:
        deep = found.synthetic.filter(pl.col("depth") > rules.max_depth)
        ids = deep.explode("row_ids").sort("depth", "row_ids", descending=[True, False])["row_ids"].head(SHOWN_EXAMPLES)
        raise RefusedError(
            f"{int(deep['rows'].sum())} rows with {int(deep['tokens'].sum())} tokens have been through up to {descent.depth} models",
            where="mix",
            expected=f"at most {rules.max_depth} (policy.mixing.max_depth)",
            examples=ids.to_list(),
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
    found: list[str] = rows["generator"].fill_null(_UNKNOWN).unique().sort().head(5).to_list()
    return found


def _added(rows: pl.DataFrame) -> pl.DataFrame:
    ids = pl.col("row_ids").explode().sort().head(SHOWN_EXAMPLES)
    return rows.group_by(_AUTHOR).agg(pl.col("rows", "tokens", "counted").sum(), ids).select(_ADDED.names()).cast(_ADDED)


def _with_passed(selected: pl.DataFrame, passed: pl.DataFrame) -> pl.DataFrame:
    """The synthetic rows of a mix with `depth` and `passages`."""
    synthetic = selected.select("row_id", "role", "tokens", "counted", "generator", "generator_version").filter(pl.col("role") == SYNTHETIC)
    joined = synthetic.join(passed.select(PASSED_SCHEMA.names()), on="row_id", how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("depth").fill_null(1),
        pl.col("passages").fill_null(THOUSAND),
        pl.lit(1).alias("rows"),
        pl.concat_list("row_id").alias("row_ids"),
    )
