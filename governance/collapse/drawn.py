"""What every probed model wrote for the same prompts and draws, as it was written: nothing is cut, and refusals are among it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from governance.collapse.evidence import CANDIDATE, MODELS, PLAIN, Evidence, Floats, Unmeasured, Whole
from governance.errors import shown

LEAST_GROUPS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """Texts by model, the candidate first, in order of prompt and draw: `prompts` numbers the prompt of each draw."""

    texts: Mapping[str, tuple[str, ...]]
    prompts: Whole
    temperature: float
    wording: str
    bits: Mapping[str, Floats]
    """Surprise of each text to its writer; NaN where it was not scored."""


def draws_of(evidence: Evidence, temperature: float, wording: str = PLAIN) -> Drawn | Unmeasured:
    """The samples of one temperature and wording.

    Unmeasured where a model lacks a prompt or a draw that another has, where a text is missing, or fewer than six prompts were used.
    """
    if fault := evidence.faults.get("prompts"):
        return Unmeasured(reason=f"the prompts: {fault}")
    of_these = (pl.col("temperature") == temperature) & (pl.col("wording") == wording)
    frame = evidence.samples.filter(of_these).sort("prompt_id", "draw")
    models = [model for model in MODELS if model in frame["model"].unique()]
    if CANDIDATE not in models:
        asked = "" if wording == PLAIN else f", worded {wording!r}"
        return Unmeasured(reason=f"the candidate has no samples at temperature {temperature:g}{asked}")
    if reason := _unequal(frame, models):
        return Unmeasured(reason=reason)
    own = {model: frame.filter(pl.col("model") == model) for model in models}
    return Drawn(
        texts=MappingProxyType({model: tuple(rows["text"]) for model, rows in own.items()}),
        prompts=own[CANDIDATE]["prompt_id"].rank("dense").cast(pl.Int64).to_numpy() - 1,
        temperature=temperature,
        wording=wording,
        bits=MappingProxyType({model: rows["bits"].fill_null(float("nan")).to_numpy() for model, rows in own.items()}),
    )


def _unequal(frame: pl.DataFrame, models: Sequence[str]) -> str:
    if frame["text"].null_count() or frame["prompt_id"].null_count() or frame["draw"].null_count():
        return "a sample has no text, no prompt or no draw"
    drawn = frame.group_by("prompt_id", "draw").agg(pl.col("model").n_unique().alias("models"), pl.len().alias("rows"))
    odd = drawn.filter((pl.col("models") != len(models)) | (pl.col("rows") != len(models)))
    if odd.height:
        return f"{odd.height} prompts and draws were not sampled exactly once with each model: {shown(sorted(set(odd['prompt_id'])))}"
    if (prompts := frame["prompt_id"].n_unique()) < LEAST_GROUPS:
        return f"{prompts} prompts were sampled, an interval needs {LEAST_GROUPS}"
    return ""
