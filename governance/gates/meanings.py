"""What people mean by model collapse, and which of it a verdict speaks of.

Schaeffer et al. 2025 (arXiv 2503.03150) count eight meanings in use, some of them at odds with each other. Those that one cycle of a
language model can be asked about are here, and those that it cannot, so that no "pass" is read as more than it says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GATED, READ, NOT = "decided", "read, not decided", "not in the verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """One meaning, the metrics that see it, and where none does, why."""

    words: str
    metrics: tuple[str, ...] = ()
    beyond: str = ""


MEANINGS = (
    Meaning(words="Human text becomes more surprising to the model at all", metrics=("human_perplexity",)),
    Meaning(words="Rare human text does: the tails go first", metrics=("tail_perplexity", "rare_words", "rare_accuracy", "entity_cloze")),
    Meaning(
        words="What the model says varies less",
        metrics=(
            "distinct_2",
            "distinct_3",
            "ngram_entropy",
            "vendi_score",
            "embedding_spread",
            "self_bleu",
            "self_rouge",
            "type_token_ratio",
        ),
    ),
    Meaning(words="Its answers take fewer forms: calls of tools, JSON", metrics=("shape_entropy", "shape_validity")),
    Meaning(words="It refuses what it used to answer", metrics=("refusals",)),
    Meaning(words="It falls into templates", metrics=("template_openings", "transition_phrases", "list_scaffolds")),
    Meaning(words="Topics are no longer spoken of", metrics=("topic_breadth", "coverage_at_k", "embedding_recall")),
    Meaning(
        words="It says what nobody wrote",
        metrics=("hallucination", "fact_margin", "embedding_precision", "word_divergence", "frechet_distance"),
    ),
    Meaning(
        words="The loss grows without bound over the generations",
        beyond="one cycle is one step; the rule over cycles looks back at the releases",
    ),
    Meaning(words="More data helps less than it used to (scaling laws change)", beyond="it takes models of many sizes to see that"),
    Meaning(words="Tasks are done worse", beyond="your own benchmarks say that; they stand beside the gates and excuse nothing"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One meaning in one verdict: decided, read or not in it, and by what or why not."""

    words: str
    how: str
    by: str


def covered(decision: Mapping[str, Any], measures: Mapping[str, Any] | None) -> Sequence[Coverage]:
    """Every meaning, and how the verdict speaks of it. A gate that could not be measured decided nothing."""
    entries = {str(entry["name"]): entry for entry in (measures or {}).get("metrics", ())}
    read = {name for name, entry in entries.items() if entry.get("values", {}).get("candidate") is not None}
    gated = {str(gate.get("metric")) for gate in decision.get("gates", ()) if gate.get("change") is not None} & read
    return [_covered(meaning, entries, gated, read) for meaning in MEANINGS]


def _covered(meaning: Meaning, entries: Mapping[str, Mapping[str, Any]], gated: set[str], read: set[str]) -> Coverage:
    def titles(names: set[str]) -> str:
        return ", ".join(str(entries[name].get("title", name)) for name in meaning.metrics if name in names)

    if deciding := titles(gated):
        also = titles(read - gated)
        return Coverage(words=meaning.words, how=GATED, by=deciding + (f"; also read: {also}" if also else ""))
    if seen := titles(read):
        return Coverage(words=meaning.words, how=READ, by=seen)
    return Coverage(words=meaning.words, how=NOT, by=meaning.beyond or "nothing that sees it was measured in this cycle")
