"""With a sentence encoder the embedding metrics read its vectors, and no other metric moves."""

from collections.abc import Sequence

import numpy as np
import pytest
from planted_probe import HUMAN, MODELS, PLAN, SLICES, probe, texts

from governance.collapse.metric import Case
from governance.collapse.report import measure_evidence, shipped_metrics
from governance.collapse.samples import equal_samples
from governance.errors import PolicyError
from governance.section import read_section

EMBEDDED = {"embedding_spread", "vendi_score", "frechet_distance", "embedding_precision", "embedding_recall", "topic_breadth"}


class Directions:
    """The first letter of a text is its direction: two texts are equal or strangers."""

    digest = "c" * 64

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def encode(self, said: Sequence[str]) -> np.ndarray:
        self.seen |= set(said)
        vectors = np.zeros((len(said), 128))
        vectors[np.arange(len(said)), [ord(text[0]) % 128 for text in said]] = 3.0
        return vectors


def said_by(first: str, other: str) -> list[str]:
    return [f"{first if i % 2 else other} word word" for i in range(240)]


def test_values_are_those_of_the_encoders_vectors_by_hand():
    evidence = probe(said=dict.fromkeys(MODELS, said_by("a", "b")) | {"candidate": said_by("a", "a")})
    both = equal_samples(evidence, HUMAN, 1.0, SLICES, encoder=Directions())
    read = {
        name: shipped_metrics()[name].measure(Case(evidence=evidence, samples=both, plan=PLAN, seed=1)).values
        for name in ("embedding_spread", "vendi_score")
    }
    assert read["vendi_score"]["baseline"] == pytest.approx(2.0)
    assert read["vendi_score"]["candidate"] == pytest.approx(1.0)
    assert read["embedding_spread"]["baseline"] == pytest.approx(120 * 120 / (240 * 239 / 2))


def test_only_metrics_of_vectors_move_and_the_document_names_the_encoder():
    evidence, encoder = probe(said={model: texts(number, 240) for number, model in enumerate(MODELS)}), Directions()
    plain = measure_evidence(evidence, HUMAN, PLAN, 7, human_slices=SLICES)
    other = measure_evidence(evidence, HUMAN, PLAN, 7, human_slices=SLICES, encoder=encoder)
    assert other["conditions"]["embedding"] == encoder.digest != plain["conditions"]["embedding"]
    moved = {one["name"] for one, two in zip(plain["metrics"], other["metrics"], strict=True) if one["values"] != two["values"]}
    assert moved <= EMBEDDED
    assert {"vendi_score", "embedding_spread"} <= moved
    assert any(text[:20] == human[:20] for text in encoder.seen for human in HUMAN[:3])


def test_an_encoder_is_named_by_its_digest():
    with pytest.raises(PolicyError, match=r"policy\.probe: encoder"):
        read_section(type(PLAN), {"encoder": "some-model"}, "policy.probe")
