"""How many bits a code made for the samples wastes on human text: Kullback-Leibler divergence of word frequencies.

Definition: KL(human || samples) over the words of the human shard and one class for all others, half a count added to every class.
Unit: bits
Direction: lower; collapse raises it, since words that are no longer said cost most.
Source: Kullback & Leibler 1951, Annals of Mathematical Statistics 22; half counts after Jeffreys (Krichevsky & Trofimov 1981).
Blind spots: a finite set diverges by size alone (models are cut equally; shards of other sizes are not comparable); a change of topic
reads like collapse; words without order or meaning.
"""

from governance.collapse.human import relative_entropy
from governance.collapse.metric import Better, Kind
from governance.collapse.sampled import sampled_metric

METRIC = sampled_metric(
    "kl_divergence", "KL divergence of human text", "bits", Better.LOWER, statistic=relative_entropy, kind=Kind.DISTRIBUTION
)
