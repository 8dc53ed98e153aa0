"""Fine-tuning with the `transformers` Trainer on exactly the planned batches, resumed after a kill from the last whole save."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from governance.adapters.torch_lm.checkpoint import load_decoder, save_checkpoint
from governance.adapters.torch_lm.planned_trainer import planned_trainer, refuse_strayed
from governance.adapters.torch_lm.processes import train_in_processes
from governance.adapters.torch_lm.saves import last_save, open_scratch
from governance.adapters.torch_lm.tokenizer import encode
from governance.digest import digest_file
from governance.errors import IntegrityError
from governance.ports.trainer import TrainingCurve, TrainingJob
from governance.training.batch_log import batch_log
from governance.training.batches import Caps, PlannedBatch, plan_training
from governance.training.blocks import Blocks, pack


def train(job: TrainingJob) -> TrainingCurve:
    """Train on the rows of the job and write checkpoint and batch log; the same job gives the same bytes on the same number of threads.

    Killed at any point, the same call goes on from the last whole save in `job.scratch` and ends with the bytes it would have ended with.

    Raises: IntegrityError for a start that is no checkpoint, rows that fill no batch, a loss that is no number (with its step), ranks
    that did not train together; DependencyError where a process of several died.
    """
    return train_here(job) if job.recipe.processes == 1 else train_in_processes(job)


def train_here(job: TrainingJob) -> TrainingCurve:
    """Train in this process: alone, or as the rank that torchrun made it. Rank 0 writes checkpoint and log, from what all ranks did."""
    model, tokenizer = load_decoder(job.start)
    blocks, planned = plan_job(job, tokenizer, model.config)
    scratch = open_scratch(job)
    resumed = last_save(scratch)
    trainer = planned_trainer(job, model, blocks=blocks, planned=planned, scratch=scratch, resumed=resumed)
    trainer.train(resume_from_checkpoint=str(resumed.folder) if resumed else None)
    trainer.settle()
    refuse_strayed(trainer.model)
    if trainer.is_world_process_zero():
        batch_log(blocks, [planned[n] for n in trainer.trained], rows_sha256=digest_file(job.rows)).write_parquet(job.batch_log)
        save_checkpoint(trainer.model.to("cpu"), tokenizer, job.checkpoint)
    return _curve(trainer.state.log_history, resumed.step if resumed else 0)


def plan_job(job: TrainingJob, tokenizer: Any, settings: Any) -> tuple[Blocks, tuple[PlannedBatch, ...]]:
    """The blocks of a job's rows and its batches in order. Raises: IntegrityError where blocks are longer than the model's context."""
    size = job.recipe.block_tokens
    if size > settings.max_position_embeddings:
        raise IntegrityError(
            f"its context is {settings.max_position_embeddings} tokens",
            where=str(job.start / "config.json"),
            expected=f"at least policy.training.recipe.block_tokens = {size}",
        )
    rows = pl.read_parquet(job.rows, columns=["row_id", "text", "role", "shard"])
    documents = list(encode(tokenizer, rows["text"].to_list()))
    blocks = pack(rows, documents, block_tokens=size, end=settings.eos_token_id)
    caps = Caps(anchor_percent=job.anchor_percent, synthetic_cap_percent=job.synthetic_cap_percent)
    planned = plan_training(blocks, batch_blocks=job.recipe.batch_blocks, epochs=job.recipe.epochs, caps=caps, seed=job.seed)
    return blocks, planned


def _curve(history: Sequence[dict[str, float]], resumed: int) -> TrainingCurve:
    points = [entry for entry in history if "loss" in entry]
    return TrainingCurve(
        steps=tuple(int(p["step"]) for p in points),
        losses=tuple(float(p["loss"]) for p in points),
        learning_rates=tuple(float(p["learning_rate"]) for p in points),
        gradient_norms=tuple(float(p["grad_norm"]) for p in points),
        resumed_from_step=resumed,
    )
