"""The trainer `transformers`: a small decoder, trained by the `transformers` Trainer. Needs the extra `train`."""

from collections.abc import Sequence
from pathlib import Path

from governance.adapters.checkpoint_folder import check_folder
from governance.errors import DependencyError
from governance.ports.language_model import LanguageModel
from governance.ports.trainer import Trainer, TrainingCurve, TrainingJob
from governance.provenance.words import CountTokens
from governance.training.recipe import Recipe


def found(texts: Sequence[str], recipe: Recipe, seed: int, folder: Path) -> None:
    """Tokenizer and random initial weights, a function of (texts, recipe, seed) alone."""
    _check_installed()
    from governance.adapters.torch_lm.checkpoint import found as found_decoder

    found_decoder(texts, recipe, seed, folder)


def train(job: TrainingJob) -> TrainingCurve:
    """Fine-tune the start on the planned batches; resumes after a kill."""
    _check_installed()
    from governance.adapters.torch_lm.training import train as train_decoder

    return train_decoder(job)


def open_checkpoint(folder: Path) -> LanguageModel:
    """Load a checkpoint; IntegrityError names the file that is not allowed."""
    _check_installed()
    from governance.adapters.torch_lm.model import open_decoder

    return open_decoder(folder)


def counter(folder: Path) -> CountTokens:
    """The tokenizer alone: neither weights nor torch are loaded. The folder is held to the same list of files."""
    _check_installed()
    from governance.adapters.torch_lm.tokenizer import TokenCounter, load_tokenizer

    check_folder(folder)
    return TokenCounter(load_tokenizer(folder))


def _check_installed() -> None:
    """Raises: DependencyError with the line that installs what is missing."""
    from importlib.util import find_spec

    missing = [name for name in ("torch", "transformers", "tokenizers", "safetensors", "accelerate") if find_spec(name) is None]
    if missing:
        raise DependencyError(
            f"{', '.join(missing)} not installed", where="trainer 'transformers'", fix="pip install -c constraints.txt -e '.[train]'"
        )


IMPORTS = ("torch", "transformers.models.auto.modeling_auto", "transformers.modeling_utils", "transformers.trainer")

TRAINER = Trainer(name="transformers", found=found, train=train, open=open_checkpoint, counter=counter, imports=IMPORTS)
