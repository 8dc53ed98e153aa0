"""The trainer `ngram`: a trigram model of words that trains in a blink, for tests and drills. No torch."""

from pathlib import Path

from governance.adapters.ngram_lm.model import open_ngram
from governance.adapters.ngram_lm.training import found, train
from governance.ports.trainer import Trainer
from governance.provenance.words import CountTokens


def counter(folder: Path) -> CountTokens:
    """The whole model is opened: its words lie with its counts."""
    return open_ngram(folder).count_tokens


TRAINER = Trainer(name="ngram", found=found, train=train, open=open_ngram, counter=counter)
