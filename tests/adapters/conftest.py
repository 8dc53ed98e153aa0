"""What tests of trainers share: one thread, and a start that was founded once a module."""

from pathlib import Path

import pytest
from trainer_bench import SMALL, sentences

from governance.adapters.trainers.transformer import TRAINER


@pytest.fixture(scope="module")
def one_thread() -> None:
    """Two threads on a model this small wait for each other, and longer where other tests run beside."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def start(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tokenizer and random weights of a small decoder."""
    folder = tmp_path_factory.mktemp("founded") / "start"
    TRAINER.found(sentences(150, 2), SMALL, 7, folder)
    return folder
