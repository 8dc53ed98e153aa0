"""How a student is made: a trainer founds a first checkpoint, trains on planned batches, and opens what it made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from governance.ports.language_model import LanguageModel
from governance.provenance.words import CountTokens
from governance.training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """Everything a trainer may read or write. It reads no clock, no registry and no policy.

    `start` is a checkpoint folder; `rows` is mix.parquet (columns: row_id, text, role in {anchor, human, synthetic}, shard, tokens and the
    row schema); `scratch` keeps resumable state and survives a kill; `checkpoint` is written whole at the end, safetensors only;
    `batch_log` is Parquet, a row per batch: epoch, step, shard, anchor_tokens, human_tokens, synthetic_tokens, row_ids.
    """

    start: Path
    rows: Path
    scratch: Path
    checkpoint: Path
    batch_log: Path
    recipe: Recipe
    seed: int
    anchor_percent: int
    synthetic_cap_percent: int
    progress: Callable[[int, int, float], None]
    """Called with (steps done, steps in all, last loss in nats per token)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCurve:
    """What optimisation looked like: a point per logged step. Loss in nats per token; gradient norm before clipping."""

    steps: tuple[int, ...]
    losses: tuple[float, ...]
    learning_rates: tuple[float, ...]
    gradient_norms: tuple[float, ...]
    resumed_from_step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trainer:
    """A plug-in: `TRAINER` in governance/adapters/trainers/NAME.py."""

    name: str
    found: Callable[[Sequence[str], Recipe, int, Path], None]
    """(human texts, recipe, seed, folder): tokenizer and random initial weights, learnt from those texts alone."""
    train: Callable[[TrainingJob], TrainingCurve]
    open: Callable[[Path], LanguageModel]
    """Load a checkpoint folder; refuses anything but safetensors and JSON with IntegrityError naming the file."""
    counter: Callable[[Path], CountTokens]
    """How a checkpoint counts tokens, the same as `open(folder).count_tokens`, without its weights where they are not needed for it."""
    imports: tuple[str, ...] = ()
    """What takes long to import before a model is trained or opened: a process that is to start quickly has it before it is asked."""
