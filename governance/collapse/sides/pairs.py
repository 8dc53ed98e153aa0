"""Pairs for a blind comparison: the same prompt, several texts of each model, which side is whose drawn by lot and kept apart."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from governance.collapse.evidence import CANDIDATE
from governance.collapse.intervals import generator

_TEXTS = pl.List(pl.String())
PAIR_SCHEMA = pl.Schema(
    {"pair_id": pl.String(), "prompt_id": pl.String(), "slice": pl.String(), "left": _TEXTS, "right": _TEXTS},
)
"""What people see; no column says which model stands where."""
KEY_SCHEMA = pl.Schema({"pair_id": pl.String, "candidate_left": pl.Boolean})
PER_SIDE = 3
"""Texts a side: one text cannot show variety, and more than three are not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Pairs (`PAIR_SCHEMA`) in the order in which they are shown, their key (`KEY_SCHEMA`), and how many prompts could have been drawn.

    `alike` prompts got word for word the same texts from both models: nothing can be voted on there.
    """

    pairs: pl.DataFrame
    key: pl.DataFrame
    prompts: int
    alike: int


def draw_pairs(samples: pl.DataFrame, *, against: str, temperature: float, pairs: int, per_side: int, seed: int) -> Drawn:
    """So many prompts (all, where there are fewer), each slice in proportion, the candidate on the left in half of them.

    `samples` has the columns of `SAMPLE_SCHEMA`. A prompt counts where both models answered it `per_side` times at this temperature.
    """
    said = samples.filter(pl.col("temperature") == temperature).sort("prompt_id", "draw")
    sides = {model: _texts(said.filter(pl.col("model") == model), per_side) for model in (CANDIDATE, against)}
    slices = dict(said.select("prompt_id", pl.col("slice").fill_null("none")).unique("prompt_id").iter_rows())
    both = sorted(sides[CANDIDATE].keys() & sides[against].keys())
    apart = [prompt for prompt in both if sorted(sides[CANDIDATE][prompt]) != sorted(sides[against][prompt])]
    stream = generator(seed, f"side by side against {against}")
    chosen = _stratified(apart, slices, pairs, stream)
    lefts = stream.permutation(np.arange(len(chosen)) % 2 == 0)
    rows, key = [], []
    for place, (prompt, candidate_left) in enumerate(zip(chosen, lefts.tolist(), strict=True)):
        pair_id = f"{place + 1:04d}-{hashlib.sha256(f'{seed}/{against}/{prompt}'.encode()).hexdigest()[:8]}"
        left, right = (CANDIDATE, against) if candidate_left else (against, CANDIDATE)
        rows.append((pair_id, prompt, slices[prompt], sides[left][prompt], sides[right][prompt]))
        key.append((pair_id, candidate_left))
    return Drawn(
        pairs=pl.DataFrame(rows, schema=PAIR_SCHEMA, orient="row"),
        key=pl.DataFrame(key, schema=KEY_SCHEMA, orient="row"),
        prompts=len(both),
        alike=len(both) - len(apart),
    )


def _texts(said: pl.DataFrame, per_side: int) -> Mapping[str, Sequence[str]]:
    """Prompt -> its first texts, where it has so many."""
    grouped = said.group_by("prompt_id", maintain_order=True).agg(pl.col("text").head(per_side))
    return {prompt: texts for prompt, texts in grouped.iter_rows() if len(texts) == per_side}


def _stratified(prompts: Sequence[str], slices: Mapping[str, str], wanted: int, stream: np.random.Generator) -> list[str]:
    """Prompts in random order, of every slice its share by largest remainders."""
    by_slice: dict[str, list[str]] = {}
    for prompt in prompts:
        by_slice.setdefault(slices[prompt], []).append(prompt)
    wanted = min(wanted, len(prompts))
    exact = {name: wanted * len(held) / len(prompts) for name, held in by_slice.items()}
    quota = {name: int(share) for name, share in exact.items()}
    for name in sorted(exact, key=lambda name: (quota[name] - exact[name], name))[: wanted - sum(quota.values())]:
        quota[name] += 1
    taken = [by_slice[name][place] for name in sorted(by_slice) for place in stream.permutation(len(by_slice[name]))[: quota[name]]]
    return [taken[place] for place in stream.permutation(len(taken))]
