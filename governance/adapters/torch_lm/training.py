"""Fine-tuning with the `transformers` Trainer on exactly the planned batches, resumed after a kill from the last whole save."""

import math
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.torch_lm.checkpoint import load_decoder, save_checkpoint
from governance.adapters.torch_lm.heads import read_states
from governance.adapters.torch_lm.saves import Save, last_save, mark_save, open_scratch
from governance.adapters.torch_lm.tokenizer import encode
from governance.digest import digest_file
from governance.errors import IntegrityError
from governance.ports.trainer import TrainingCurve, TrainingJob
from governance.training.batch_log import batch_log
from governance.training.batches import Caps, PlannedBatch, plan_training
from governance.training.blocks import Blocks, pack

MAX_GRADIENT_NORM = 1.0
ADAM_BETAS = (0.9, 0.99)
"""A shorter second moment than the default 0.999: a run here has hundreds of steps, not hundreds of thousands."""


def train(job: TrainingJob) -> TrainingCurve:
    """Train on the rows of the job and write checkpoint and batch log; the same job gives the same bytes on the same number of threads.

    Killed at any point, the same call goes on from the last whole save in `job.scratch` and ends with the bytes it would have ended with.

    Raises: IntegrityError for a start that is no checkpoint, rows that fill no batch, a loss that is no number (with its step).
    """
    model, tokenizer = load_decoder(job.start)
    blocks, planned = plan_job(job, tokenizer, model.config)
    scratch = open_scratch(job)
    resumed = last_save(scratch)
    trainer = _planned_trainer(job, model, blocks=blocks, planned=planned, scratch=scratch, resumed=resumed)
    trainer.train(resume_from_checkpoint=str(resumed.folder) if resumed else None)
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


def _planned_trainer(
    job: TrainingJob, model: Any, *, blocks: Blocks, planned: Sequence[PlannedBatch], scratch: Path, resumed: Save | None
) -> Any:
    """A Trainer whose data loader yields the planned batches in order, each once; `trained` lists those that a step was taken on."""
    import torch
    from transformers import PrinterCallback, Trainer

    class PlannedTrainer(Trainer):  # type: ignore[misc]  # transformers is imported here and untyped
        trained: list[int]

        def get_train_dataloader(self) -> Any:
            """One epoch of everything, in order: item n is batch n as a whole, so that no sampler and no collator can undo the plan."""
            return torch.utils.data.DataLoader(_batch_tensors(blocks, planned), batch_size=1, shuffle=False, collate_fn=itemgetter(0))

        def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> Any:
            self.trained.append(int(inputs.pop("number")))
            return super().training_step(model, inputs, num_items_in_batch)

        def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any) -> Any:  # noqa: FBT001, FBT002
            """Mean nats per predicted token; the first token of a block is predicted by none."""
            states, head = read_states(model, inputs["input_ids"])
            logits = head(states[:, :-1].flatten(0, 1))
            loss = torch.nn.functional.cross_entropy(logits, inputs["input_ids"][:, 1:].flatten())
            return (loss, {"logits": logits}) if return_outputs else loss

    trainer = PlannedTrainer(model=model, args=_arguments(job, len(planned), scratch), train_dataset=planned)
    trainer.trained = list(resumed.trained) if resumed else []
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_watch(job, trainer.trained))
    return trainer


def _batch_tensors(blocks: Blocks, planned: Sequence[PlannedBatch]) -> Any:
    import torch

    class BatchTensors(torch.utils.data.Dataset):  # type: ignore[misc]  # torch is imported here and untyped
        """Item n is batch n: its number, and its tokens as blocks x block tokens."""

        def __len__(self) -> int:
            return len(planned)

        def __getitem__(self, number: int) -> dict[str, Any]:
            tokens = torch.from_numpy(blocks.tokens[list(planned[number].blocks)]).long()
            return {"input_ids": tokens, "number": torch.tensor(number)}

    return BatchTensors()


def _arguments(job: TrainingJob, steps: int, scratch: Path) -> Any:
    from transformers import TrainingArguments

    recipe = job.recipe
    return TrainingArguments(
        output_dir=str(scratch),
        max_steps=steps,
        learning_rate=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        adam_beta1=ADAM_BETAS[0],
        adam_beta2=ADAM_BETAS[1],
        max_grad_norm=MAX_GRADIENT_NORM,
        lr_scheduler_type="cosine",
        warmup_steps=max(1, steps * recipe.warmup_percent // 100),
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=recipe.save_every_steps,
        save_total_limit=2,
        seed=job.seed,
        data_seed=job.seed,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        report_to=[],
        disable_tqdm=True,
        log_level="error",
    )


def _watch(job: TrainingJob, trained: Sequence[int]) -> Any:
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]  # transformers is imported here and untyped
        """Tells progress, stops at a loss that is no number, marks each save as whole once it is."""

        def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
            if logs is None or "loss" not in logs:
                return
            check_finite(logs, state.global_step)
            job.progress(state.global_step, state.max_steps, float(logs["loss"]))

        def on_save(self, args: Any, state: Any, _control: Any, **_: Any) -> None:
            mark_save(Path(args.output_dir), state.global_step, trained)

    return Watch()


def check_finite(logs: dict[str, float], step: int) -> None:
    """Raises: IntegrityError where loss or gradient norm of a step is no finite number: nothing that comes after it can be trusted."""
    for name in ("loss", "grad_norm"):
        if not math.isfinite(float(logs.get(name, 0.0))):
            raise IntegrityError(
                f"{name} is {logs[name]} at step {step}",
                where="train",
                expected="a finite number",
                fix="lower policy.training.recipe.learning_rate; the checkpoint was not written",
            )


def _curve(history: Sequence[dict[str, float]], resumed: int) -> TrainingCurve:
    points = [entry for entry in history if "loss" in entry]
    return TrainingCurve(
        steps=tuple(int(p["step"]) for p in points),
        losses=tuple(float(p["loss"]) for p in points),
        learning_rates=tuple(float(p["learning_rate"]) for p in points),
        gradient_norms=tuple(float(p["grad_norm"]) for p in points),
        resumed_from_step=resumed,
    )
