"""The `transformers` Trainer on exactly the planned batches, whole or divided over micro-batches and ranks."""

import hashlib
import math
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

from governance.adapters.torch_lm.heads import logits_as_states, mean_nats, read_states
from governance.adapters.torch_lm.saves import Save, mark_save
from governance.errors import IntegrityError
from governance.ports.trainer import TrainingJob
from governance.training.batches import PlannedBatch
from governance.training.blocks import Blocks
from governance.training.micro_batches import Taken, micro_batches, whole_batches

T = TypeVar("T")

MAX_GRADIENT_NORM = 1.0
ADAM_BETAS = (0.9, 0.99)
"""A shorter second moment than the default 0.999: a run here has hundreds of steps, not hundreds of thousands."""


def planned_trainer(
    job: TrainingJob, model: Any, *, blocks: Blocks, planned: Sequence[PlannedBatch], scratch: Path, resumed: Save | None
) -> Any:
    """A Trainer whose optimizer step n is taken on planned batch n, over all ranks and micro-batches together.

    `trained` lists the batches of which all ranks together took exactly the planned blocks; `settle()`, which every rank has to call,
    adds those of the steps since it was called last.
    """
    import torch
    from transformers import PrinterCallback, Trainer

    class PlannedTrainer(Trainer):  # type: ignore[misc]  # transformers is imported here and untyped
        trained: list[int]
        taken: list[Taken]

        def get_train_dataloader(self) -> Any:
            """One epoch of everything, in order: item n is micro-batch n of this rank. No sampler and no collator can undo the plan."""
            items = _micro_batch_tensors(blocks, planned, self.args)
            return torch.utils.data.DataLoader(items, batch_size=1, shuffle=False, collate_fn=itemgetter(0))

        def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> Any:
            self.taken.append(inputs.pop("taken"))
            return super().training_step(model, inputs, num_items_in_batch)

        def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, **_: Any) -> Any:  # noqa: FBT001, FBT002
            """Mean nats per predicted token, weighed by the micro-batch's share of the batch; no token predicts the first of a block.

            With several ranks the model is asked as a whole: only the wrapper's own forward pass averages gradients over ranks.
            """
            tokens = inputs["input_ids"]
            states, head = read_states(model, tokens) if model is self.model else logits_as_states(model, tokens)
            before = states[:, :-1].flatten(0, 1)
            loss = mean_nats(head, before, tokens[:, 1:].flatten()) * inputs["share"]
            return (loss, {"logits": head(before)}) if return_outputs else loss

        def settle(self) -> None:
            found = [taken for rank in of_all_ranks(self.taken) for taken in rank]
            self.trained += whole_batches(found, planned, self.args.gradient_accumulation_steps * self.args.world_size)
            self.taken.clear()

    trainer: Any = PlannedTrainer(model=model, args=_arguments(job, len(planned), scratch), train_dataset=planned)
    trainer.trained, trainer.taken = list(resumed.trained) if resumed else [], []
    refuse_strangers(trainer.args.world_size, trainer.args.parallel_mode.value, job.recipe.processes)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_watch(job, trainer))
    return trainer


def of_all_ranks(mine: T) -> list[T]:
    """What every rank has, on every rank; every rank has to ask."""
    from torch import distributed

    if not (distributed.is_available() and distributed.is_initialized()):
        return [mine]
    found: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(found, mine)
    return found


def refuse_strangers(ranks: int, mode: str, processes: int) -> None:
    """Raises: IntegrityError where there are other ranks than the recipe's, or where each would train on its own."""
    if ranks != processes or (ranks > 1 and mode != "distributed"):
        raise IntegrityError(
            f"{ranks} ranks, {mode.replace('_', ' ')}",
            where="train",
            expected=f"{processes} that average their gradients (policy.training.recipe.processes)",
            fix="set processes and let heirloom start torchrun; it is not started by hand",
        )


def refuse_strayed(model: Any) -> None:
    """Raises: IntegrityError where ranks do not hold the same weights to the last bit: then they did not train together."""
    seen = hashlib.sha256()
    for name, values in sorted(model.state_dict().items()):
        seen.update(f"{name}\n".encode() + values.detach().cpu().contiguous().numpy().tobytes())
    if len(found := set(of_all_ranks(seen.hexdigest()))) > 1:
        raise IntegrityError(f"ranks ended with {len(found)} different models", where="train", fix="report it: gradients were not averaged")


def _micro_batch_tensors(blocks: Blocks, planned: Sequence[PlannedBatch], arguments: Any) -> Any:
    import torch

    turns, ranks, rank = int(arguments.gradient_accumulation_steps), int(arguments.world_size), int(arguments.process_index)
    parts = turns * ranks

    class MicroBatchTensors(torch.utils.data.Dataset):  # type: ignore[misc]  # torch is imported here and untyped
        """Item n is micro-batch n of this rank: what it takes, its tokens as blocks x block tokens, and its share of the batch.

        The Trainer takes the mean over micro-batches and ranks, so the share is relative to an even one. Where there is no block left for
        a micro-batch, it computes on one with share 0: ranks have to keep step, and nothing is learnt.
        """

        def __len__(self) -> int:
            return len(planned) * turns

        def __getitem__(self, item: int) -> dict[str, Any]:
            number, turn = divmod(item, turns)
            whole, part = planned[number].blocks, turn * ranks + rank
            mine = micro_batches(whole, parts)[part]
            tokens = torch.from_numpy(blocks.tokens[list(mine or whole[:1])]).long()
            taken = Taken(batch=number, part=part, blocks=mine)
            return {"input_ids": tokens, "share": torch.tensor(len(mine) * parts / len(whole)), "taken": taken}

    return MicroBatchTensors()


def _arguments(job: TrainingJob, steps: int, scratch: Path) -> Any:
    import torch
    from transformers import TrainingArguments

    recipe = job.recipe
    on_cpu = recipe.processes > 1 and not torch.cuda.is_available()
    return TrainingArguments(
        output_dir=str(scratch),
        max_steps=steps,
        gradient_accumulation_steps=recipe.accumulation_steps,
        use_cpu=on_cpu,  # a backend alone does not do: the Trainer would then train each rank on its own and say so in a log line only
        ddp_backend="gloo" if on_cpu else None,
        ddp_find_unused_parameters=False,
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


def _watch(job: TrainingJob, trainer: Any) -> Any:
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]  # transformers is imported here and untyped
        """Tells progress, stops at a loss that is no number, marks each save as whole once it is; one rank tells and marks for all."""

        def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
            if logs is None or "loss" not in logs:
                return
            check_finite(logs, state.global_step)
            if state.is_world_process_zero:
                job.progress(state.global_step, state.max_steps, float(logs["loss"]))

        def on_save(self, args: Any, state: Any, _control: Any, **_: Any) -> None:
            trainer.settle()
            if state.is_world_process_zero:
                mark_save(Path(args.output_dir), state.global_step, trainer.trained)

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
