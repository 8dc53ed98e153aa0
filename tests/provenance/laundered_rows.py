"""Batches with a planted lie: people write with many words, models with few, and every model with some of its own."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from governance.ports.rows import rows_frame
from governance.provenance.laundering.rules import LaunderingRules

RULES = LaunderingRules(min_references=60)
SLICES = ("news", "sport")
WORDS = np.array([f"{first}{middle}{last}" for first in "bdfgklmn" for middle in "aeiou" for last in ("st", "rn", "l", "m")])


def stream(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def human_text(draws: np.random.Generator) -> str:
    return " ".join(draws.choice(WORDS, 60))


def model_text(draws: np.random.Generator, number: int) -> str:
    """A model prefers a third of the words, its own tenth most of all."""
    favoured = np.concatenate([np.full(len(WORDS) // 3, 3.0), np.full(len(WORDS) - len(WORDS) // 3, 0.5)])
    favoured[number * 7 % len(WORDS) :: 23] *= 2
    return " ".join(draws.choice(WORDS, 60, p=favoured / favoured.sum()))


def references(rows: int = 240, seed: int = 1) -> pl.DataFrame:
    """Pinned human rows, half of them learnt."""
    draws = stream(seed)
    texts = [human_text(draws) for _ in range(rows)]
    ids = [f"pinned-{n}" for n in range(rows)]
    return pl.DataFrame(
        {"row_id": ids, "text": texts, "slice": [SLICES[n % 2] for n in range(rows)], "learnt": [n % 4 > 1 for n in range(rows)]}
    )


def batch(*, laundered: int, human: int, declared: int = 40, generators: int = 6, seed: int = 2) -> pl.DataFrame:
    """Rows of the row schema: `laundered` of those that claim to be human are by a model that is not among the declared ones."""
    draws = stream(seed)
    return rows_frame(list(_rows(draws, laundered, human, declared, generators)), "batch.jsonl")


def _rows(draws: np.random.Generator, laundered: int, human: int, declared: int, generators: int) -> Iterator[dict[str, object]]:
    for place in range(human):
        text = model_text(draws, 90) if place < laundered else human_text(draws)
        year = date(2020 + place % 3, 1, 1)
        tier = "wire" if place % 5 else None
        row = {
            "row_id": f"claimed-{place}",
            "text": text,
            "origin": "human",
            "slice": SLICES[place % 2],
            "source_tier": tier,
            "vintage": year,
        }
        yield row
    for number in range(generators):
        for place in range(declared):
            row_id = f"model-{number}-{place}"
            yield {
                "row_id": row_id,
                "text": model_text(draws, number),
                "origin": "model",
                "generator": f"g{number}",
                "slice": SLICES[place % 2],
            }
