"""What the readings say together, in plain words: no change, overfitting, collapse of the tails, or a narrowed voice."""

from collections.abc import Mapping
from typing import Any

from governance.collapse.intervals import Comparison
from governance.gates.alarms import against_baseline
from governance.gates.margins import GateRules

DIVERSITY = ("distinct_2", "distinct_3", "ngram_entropy")


def diagnose(metrics: Mapping[str, Mapping[str, Any]], rules: GateRules) -> str:
    """One or two sentences. It explains a verdict and never changes one: a flat loss or a larger model excuses nothing."""
    tail, human, training = (against_baseline(metrics, f"{shard}_perplexity") for shard in ("tail", "human", "training"))
    if tail is None and human is None:
        return "Nothing to compare with was measured, so nothing can be said about collapse."
    voice = _voice([found for name in DIVERSITY if (found := against_baseline(metrics, name))])
    return " ".join(part for part in (_text(tail, human, training, rules.flat_percent / 100), voice) if part)


def _text(tail: Comparison | None, human: Comparison | None, training: Comparison | None, flat: float) -> str:
    lost_tail, lost_human = _rose(tail), _rose(human)
    if lost_human and training and training.change < flat:
        return (
            "Overfitting: perplexity rose on human text that was not trained on, and not on the training rows; the train/human gap widened."
        )
    if lost_human and training:
        return "Collapse or shift: perplexity rose on human text, trained on or not, so the train/human gap does not explain it."
    if lost_human:
        return (
            "Human text became more surprising to the model; without scores of training rows overfitting and collapse cannot be told apart."
        )
    if lost_tail:
        return "Early collapse: the tail documents became more surprising while human text as a whole did not."
    return "No loss of human text is visible beyond what chance explains."


def _voice(found: list[Comparison]) -> str:
    if any(one.high < 0 for one in found):
        return "The model's own text became less varied."
    if any(one.low > 0 for one in found):
        return "The model's own text became more varied, which garbage is as well."
    return ""


def _rose(found: Comparison | None) -> bool:
    return found is not None and found.low > 0
