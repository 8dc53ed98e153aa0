"""The section [training]: what can be said, and what cannot."""

import pytest

from governance.errors import PolicyError
from governance.section import read_section, section_document
from governance.training.recipe import Recipe
from governance.training.rules import TrainingRules


def test_an_empty_section_is_the_default_and_comes_back_from_its_document() -> None:
    rules = read_section(TrainingRules, {}, "policy.training")
    assert rules == TrainingRules(start="champion", trainer="transformers", recipe=Recipe())
    assert read_section(TrainingRules, section_document(rules), "policy.training") == rules


def test_a_start_is_base_or_champion() -> None:
    assert read_section(TrainingRules, {"start": "base"}, "policy.training").start == "base"
    with pytest.raises(PolicyError, match="'latest' is neither 'base' nor 'champion'"):
        read_section(TrainingRules, {"start": "latest"}, "policy.training")
    with pytest.raises(PolicyError, match="names no trainer"):
        read_section(TrainingRules, {"trainer": ""}, "policy.training")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("founding_epochs", 0),
        ("batch_blocks", 0),
        ("accumulation_steps", 0),
        ("accumulation_steps", 25),
        ("processes", 0),
        ("processes", 25),
        ("block_tokens", 1),
        ("vocabulary", 256),
        ("heads", 5),
        ("learning_rate", 0.0),
        ("founding_learning_rate", 1.0),
        ("learning_rate", float("nan")),
        ("weight_decay", -0.1),
        ("warmup_percent", 51),
    ],
)
def test_an_impossible_recipe_names_its_setting(name: str, value: float) -> None:
    with pytest.raises(PolicyError, match="width" if name == "heads" else name):
        read_section(TrainingRules, {"recipe": {name: value}}, "policy.training")
