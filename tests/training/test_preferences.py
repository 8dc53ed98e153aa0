"""Who says that a start was tuned on preferences: the policy, its card, its settings, or nobody."""

from pathlib import Path

import pytest

from governance.stages.preferences import READ_BYTES, preference_marker


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("README.md", "---\ntags:\n- trl\n- dpo\n---\nA chat model.", "dpo"),
        ("README.md", "Instruct models were aligned with RLHF.", "RLHF"),
        ("README.md", "Trained against a reward model of our own.", "reward model"),
        ("config.json", '{"training": "preference-tuned"}', "preference-tuned"),
    ],
)
def test_a_card_or_settings_that_name_it_are_named(tmp_path: Path, name: str, text: str, said: str):
    (tmp_path / name).write_text(text)
    assert preference_marker(tmp_path, said=False) == f"{name} of the start says {said}"


@pytest.mark.parametrize("text", ["A base model of documentation.", "The adopted word rewards modelling.", "dpoint and support", ""])
def test_other_words_say_nothing(tmp_path: Path, text: str):
    (tmp_path / "README.md").write_text(text)
    assert preference_marker(tmp_path, said=False) is None


def test_the_policy_is_believed_whatever_the_card_says(tmp_path: Path):
    assert preference_marker(tmp_path, said=True) == "the policy says so (training.preference_tuned)"


def test_a_card_is_read_to_a_limit_and_bytes_that_are_no_text_stop_nothing(tmp_path: Path):
    (tmp_path / "README.md").write_bytes(b"\xff\xfe" + b" " * READ_BYTES + b"RLHF")
    assert preference_marker(tmp_path, said=False) is None
