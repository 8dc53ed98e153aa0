"""Rows that a model writes from human ones: what is asked, and how an answer becomes a row that names its author and its parent."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from governance.errors import IntegrityError, RefusedError
from governance.ports.generator import Author, Request
from governance.ports.rows import rows_frame
from governance.provenance.row import Origin

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n{2,}")


def requests_for(
    rows: pl.DataFrame, *, prefix: str, count: int, hybrids: int, human_percent: int = 35, opening_words: int = 4, seed: int
) -> list[Request]:
    """What to ask, opening like human rows chosen by seeded hash: `hybrids` of them with `human_percent` of the human sentences mixed in.

    Row ids are `prefix-1` and so on. The human rows are the parents that each row names. Give rows that the student may see: a parent
    from a pinned shard would leak it.

    Raises: RefusedError where a parent is not human; IntegrityError where there are no parents.
    """
    refuse_others(rows)
    if rows.is_empty():
        raise IntegrityError("no human rows to take openings from", where="synthetic requests")
    parents = sorted(rows.iter_rows(named=True), key=lambda row: _number(str(seed), row["row_id"]))
    return [
        Request(
            row_id=f"{prefix}-{number + 1}",
            opening=_opening(parent["text"], opening_words),
            slice=parent["slice"],
            task=parent["task"],
            parent_id=parent["row_id"],
            parent_text=parent["text"],
            human_percent=human_percent if number < hybrids else 0,
        )
        for number, parent in ((n, parents[n % len(parents)]) for n in range(count))
    ]


def rows_of(author: Author, requests: Sequence[Request], drafts: Sequence[str], seed: int) -> pl.DataFrame:
    """One row per request and its draft, in order. Text = opening + draft; a hybrid then gets its share of the parent's sentences.

    Never human: the origin is model or hybrid, and every row carries its author's name and version.
    """
    written = [_row(author, request, f"{request.opening}{draft}", seed) for request, draft in zip(requests, drafts, strict=True)]
    return rows_frame(written, f"{author.name}-{author.version}")


def hybrid_text(draft: str, parent: str, human_percent: int, seed: int) -> str:
    """A draft in which a share of the sentences, at least one and never the first, is replaced by sentences of the human parent.

    The places are drawn from a seeded Philox stream; a draft of one sentence gets a human sentence behind it.
    """
    drafted, human = _sentences(draft), _sentences(parent)
    if len(drafted) < 2:
        return f"{draft.strip()} {human[-1]}"
    replaced = min(max(1, round(len(drafted) * human_percent / 100)), len(drafted) - 1)
    generator = np.random.Generator(np.random.Philox(seed))
    for place in sorted(generator.permutation(np.arange(1, len(drafted)))[:replaced].tolist()):
        drafted[place] = human[place % len(human)]
    return " ".join(drafted)


def seed_of(*parts: str) -> int:
    """A number below 2^31 from words: a stream of its own for whatever the words name."""
    return _number(*parts) % 2**31


def _row(author: Author, request: Request, draft: str, seed: int) -> dict[str, object]:
    hybrid = request.human_percent > 0
    place = _number(str(seed), request.row_id)
    text = hybrid_text(draft, request.parent_text, request.human_percent, place) if hybrid else draft
    return {
        "row_id": request.row_id,
        "text": text.strip(),
        "origin": (Origin.HYBRID if hybrid else Origin.MODEL).value,
        "generator": author.name,
        "generator_version": author.version,
        "parent_ids": [request.parent_id] if request.parent_id else [],
        "source_tier": "generator",
        "slice": request.slice,
        "task": request.task,
    }


def refuse_others(rows: pl.DataFrame) -> None:
    """Raises: RefusedError naming rows that are not human."""
    others = rows.filter(pl.col("origin") != Origin.HUMAN.value)["row_id"]
    if len(others):
        raise RefusedError(
            f"{len(others)} rows are not human", where="teacher's text", expected="human rows only", examples=others.to_list()
        )


def _opening(text: str, words: int) -> str:
    return " ".join(text.split()[:words])


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in SENTENCE_END.split(text.strip()) if sentence.strip()] or [text.strip()]


def _number(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")
