"""How many rare words of the locked documents are the model's own first choice after the true text before them. Reported and not gated.

Definition: words in at most two documents of the tail and human shards (the first place of the first twelve of each document), of which
every token that has a part in the word is the likeliest one; the change is that of (hits + 1/2) / (words + 1), by source document.
Unit: share of rare words
Direction: higher; a collapsing model puts common words where people put rare ones.
Source: top-1 accuracy on rare tokens, as in Kandpal et al. 2023, arXiv 2211.08411 (long-tail knowledge), asked of whole words.
Blind spots: a small model hits few of them, so the interval is wide; a word that a second choice would write counts as lost.
"""

from governance.collapse.metric import Better, Kind, Metric
from governance.collapse.rare_accuracy import measure_rare_words

METRIC = Metric(
    name="rare_accuracy",
    title="rare-word accuracy",
    unit="share of rare words",
    better=Better.HIGHER,
    kind=Kind.QUESTIONS,
    measure=measure_rare_words,
)
