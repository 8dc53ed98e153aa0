"""An adopted model's page says whose word it rests on, and nothing on it can be more than text."""

import json
from pathlib import Path

import pytest

from governance.adapters.report.adopted import Adoption, build_adopted
from governance.provenance.descent import Bounds
from governance.training.adoption import StatedPast


def adoption(checkpoint: Path, past: StatedPast | None = None, reason: str = "ours since spring") -> Adoption:
    return Adoption(
        model="student",
        environment="demo",
        trainer="ngram",
        checkpoint=checkpoint,
        checkpoint_digest="ab" * 32,
        policy_sha256="cd" * 32,
        past=past or StatedPast(),
        by="engineer-a",
        reason=reason,
    )


def test_the_registry_shows_the_interval_the_word_and_that_no_gate_has_seen_it(tmp_path: Path):
    candidate = build_adopted(adoption(tmp_path / "ours"), tmp_path / "archive")
    assert candidate.tags["heirloom.synthetic_share_percent"] == "0.0 to 100.0"
    assert candidate.tags["heirloom.verdict"] == "inconclusive"
    for said in ("engineer-a", "ours since spring", "0.0 to 100.0 %", "nobody knows", "| Pre-synthetic | no |", "never judged here"):
        assert said in candidate.description
    assert json.loads((tmp_path / "archive" / "adoption.json").read_text())["share"] == {"low": 0, "high": 1000}
    assert all(path.is_file() for path in candidate.artifacts.values())


@pytest.mark.parametrize(("high", "said"), [(0, "yes, by that statement alone"), (1, "no")])
def test_only_a_stated_share_of_nothing_reads_as_pre_synthetic(tmp_path: Path, high: int, said: str):
    past = StatedPast(share=Bounds(low=0, high=high))
    assert f"| Pre-synthetic | {said} |" in build_adopted(adoption(tmp_path, past), tmp_path / "archive").description


def test_a_reason_is_text_on_the_page_and_in_the_registry(tmp_path: Path):
    candidate = build_adopted(adoption(tmp_path, reason="<script>alert(1)</script> **bold** | cell"), tmp_path / "archive")
    page = (tmp_path / "archive" / "report.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in candidate.description
    assert "**bold**" not in candidate.description


def test_the_digest_names_what_is_adopted_as_what_and_not_who_says_so(tmp_path: Path):
    one, other = adoption(tmp_path, reason="a"), adoption(tmp_path, reason="b")
    assert one.digest == other.digest
    assert adoption(tmp_path, StatedPast(tokens=5)).digest != one.digest
