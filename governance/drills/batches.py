"""Planted-fault batches: what a drill puts into the inbox to see whether the shipped gate catches it. Every row id says `flood-`."""

from dataclasses import replace

import numpy as np
import polars as pl

from governance.ports.generator import Author
from governance.ports.language_model import Decoding
from governance.ports.rows import rows_frame
from governance.provenance.row import ROW_SCHEMA, Origin

SHARPENED = Decoding(temperature=0.7, top_p=0.9, max_new_tokens=96)
"""The planted fault's decoding: at 0.8 and 0.9 tail perplexity doubled in one generation (SCIENCE section 3)."""
OPENING_WORDS = 3


def flood(
    author: Author,
    human: pl.DataFrame,
    *,
    rows: int,
    share_self: float = 0.5,
    share_mislabelled: float = 0.3,
    decoding: Decoding = SHARPENED,
    seed: int,
) -> pl.DataFrame:
    """A batch of `rows` rows that is mostly the author's own sharpened text; the rest are rows of `human`, each at most once.

    `share_self` of them are declared as the author's, `share_mislabelled` are LABELLED HUMAN although the author wrote them: this plants
    the lie that provenance checks cannot see and the gate must. Shares are rounded down to rows. Row ids name the plant (`flood-self-1`,
    `flood-mislabelled-1`), so that a drill can say what became of it.
    """
    own, lies = int(rows * share_self), int(rows * share_mislabelled)
    if min(own, lies) < 0 or own + lies > rows:
        raise ValueError(f"share_self {share_self} and share_mislabelled {share_mislabelled} are no shares of {rows} rows")
    if rows - own - lies > human.height or human.is_empty():
        raise ValueError(f"{human.height} human rows are fewer than the {rows - own - lies} that the batch needs")
    stream = np.random.Generator(np.random.Philox(seed))
    order = stream.permutation(human.height)
    openings = human[stream.integers(0, human.height, own + lies)]
    texts = _texts(author, openings, replace(decoding, seed=int(stream.integers(2**31))))
    planted = [_row(author, place, own, row, text) for place, (row, text) in enumerate(zip(openings.to_dicts(), texts, strict=True))]
    honest = human[np.sort(order[: rows - own - lies])].select(ROW_SCHEMA.names())
    return pl.concat([rows_frame(planted, "flood"), honest])


def _texts(author: Author, openings: pl.DataFrame, decoding: Decoding) -> list[str]:
    prompts = [" ".join(text.split()[:OPENING_WORDS]) for text in openings["text"]]
    return [f"{prompt}{text}".strip() for prompt, text in zip(prompts, author.model.sample(prompts, decoding), strict=True)]


def _row(author: Author, place: int, own: int, like: dict[str, object], text: str) -> dict[str, object]:
    declared = place < own
    number = place + 1 if declared else place - own + 1
    return {
        "row_id": f"flood-{'self' if declared else 'mislabelled'}-{number}",
        "text": text,
        "origin": (Origin.MODEL if declared else Origin.HUMAN).value,
        "generator": author.name if declared else None,
        "generator_version": author.version if declared else None,
        "source_tier": "generator" if declared else like["source_tier"],
        "slice": like["slice"],
        "task": like["task"],
    }
