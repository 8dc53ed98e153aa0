"""Training an n-gram model: the planned batches are counted, each block as often as it is planned."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from governance.adapters.ngram_lm.counts import Counts, count_blocks, no_counts
from governance.adapters.ngram_lm.model import Ngram, open_ngram, save_ngram
from governance.adapters.ngram_lm.words import END_ID, learn_words
from governance.digest import digest_file
from governance.ports.trainer import TrainingCurve, TrainingJob
from governance.training.batch_log import batch_log
from governance.training.batches import Caps, PlannedBatch, plan_training
from governance.training.blocks import Blocks, pack
from governance.training.recipe import Recipe

KEEP = 0.5
"""What a run leaves of the counts it starts from: so a fine-tuned model is moved by its rows and still knows its start."""


def found(texts: Sequence[str], recipe: Recipe, seed: int, folder: Path) -> None:  # noqa: ARG001  # a model without counts has no random part
    """The words of the texts and no counts at all."""
    words = learn_words(texts, recipe.vocabulary)
    save_ngram(words, no_counts(words.size), folder)


def train(job: TrainingJob) -> TrainingCurve:
    """Count the planned batches on top of the start's faded counts. An epoch weighs as much as one pass, however many there are.

    Raises: IntegrityError for a start that is no n-gram model, or rows that fill no batch.
    """
    start = open_ngram(job.start)
    rows = pl.read_parquet(job.rows, columns=["row_id", "text", "role", "shard"])
    documents = [start.words.encode(text) for text in rows["text"].to_list()]
    blocks = pack(rows, documents, block_tokens=job.recipe.block_tokens, end=END_ID)
    caps = Caps(anchor_percent=job.anchor_percent, synthetic_cap_percent=job.synthetic_cap_percent)
    planned = plan_training(blocks, batch_blocks=job.recipe.batch_blocks, epochs=job.recipe.epochs, caps=caps, seed=job.seed)
    trained = Ngram(words=start.words, counts=start.counts.plus(_counted(blocks, planned, job, start.words.size), KEEP))
    batch_log(blocks, planned, rows_sha256=digest_file(job.rows)).write_parquet(job.batch_log)
    save_ngram(trained.words, trained.counts, job.checkpoint)
    return _curve(job, trained, rows["text"].to_list(), len(planned))


def _counted(blocks: Blocks, planned: Sequence[PlannedBatch], job: TrainingJob, vocabulary: int) -> Counts:
    uses = Counter(number for batch in planned for number in batch.blocks)
    numbers = sorted(uses)
    weights = np.array([uses[number] / job.recipe.epochs for number in numbers])
    return count_blocks(blocks.tokens[numbers], weights, vocabulary)


def _curve(job: TrainingJob, trained: Ngram, texts: Sequence[str], steps: int) -> TrainingCurve:
    """One point: there is no optimisation to look at, only what the rows cost in the end, in nats per token."""
    scores = trained.score(texts)
    loss = sum(s.bits for s in scores) * float(np.log(2)) / max(1, sum(s.tokens for s in scores))
    job.progress(steps, steps, loss)
    return TrainingCurve(steps=(steps,), losses=(loss,), learning_rates=(0.0,), gradient_norms=(0.0,))
