"""The trainer `ngram`: a trigram model of words that trains in a blink, for tests and drills. No torch."""

from governance.adapters.ngram_lm.model import open_ngram
from governance.adapters.ngram_lm.training import found, train
from governance.ports.trainer import Trainer

TRAINER = Trainer(name="ngram", found=found, train=train, open=open_ngram)
