"""Which human rows a teacher may open like, and how many rows it may be asked for: what the mix would refuse is not written at all."""

import polars as pl

from governance.errors import RefusedError
from governance.mixing.rules import MixRules
from governance.provenance.row import Origin
from governance.provenance.synthesis import PromptRules


def askable(rows: pl.DataFrame, prompts: PromptRules, mixing: MixRules) -> pl.DataFrame:
    """The human rows whose slice and task may have synthetic text by `[synthesis.prompts]` and by `[mixing]`, in the order given."""
    kept_human = {
        "slice": [name for name, cap in mixing.slice_caps.items() if cap == 0],
        "task": [name for name, cap in mixing.task_caps.items() if cap == 0],
    }
    permitted = {"slice": [prompts.slices], "task": [prompts.tasks, mixing.synthetic_tasks]}
    found = rows.filter(pl.col("origin") == Origin.HUMAN.value)
    for column, lists in permitted.items():
        for names in filter(None, lists):
            found = found.filter(pl.col(column).is_in(list(names)))
        found = found.filter(~pl.col(column).is_in(kept_human[column]))
    return found.filter(~_human_by_default(mixing)) if mixing.slice_cap_percent == 0 else found


def refuse_too_many(percent: int, prompts: PromptRules) -> None:
    """Raises: RefusedError where more rows are wanted than the policy permits."""
    if percent > prompts.most_rows_percent:
        raise RefusedError(
            f"{percent} rows are wanted for 100 human ones",
            where="heirloom.toml teacher.model_rows_percent, teacher.hybrid_rows_percent",
            expected=f"at most {prompts.most_rows_percent} together (policy.toml synthesis.prompts.most_rows_percent)",
        )


def _human_by_default(mixing: MixRules) -> pl.Expr:
    """Slices without a cap of their own, where the cap of every other slice is 0."""
    return ~pl.col("slice").is_in(list(mixing.slice_caps))
