"""What a drill says to people: the lines, the picture and the page, and what status says of the gate."""

from types import SimpleNamespace
from typing import Any

import pytest

from cli.drilled import drill_lines, gate_document, gate_lines
from governance.adapters.report.drilled import drill_page, drill_picture
from governance.drills.run import shipped_faults
from governance.drills.table import Promise, line_of
from governance.drills.trial import Trial
from governance.gates.gate import Verdict
from governance.provenance.corpus.shares import Counted
from governance.release.judged import GateDrill
from governance.release.state import State


def document(*, broken: bool = False) -> dict[str, Any]:
    faults = shipped_faults()
    caught = [Trial(fault="replace_sharpened", seed=seed, cycle=1, verdict=Verdict.BLOCK, alarms=1, blocking=()) for seed in (1, 2)]
    passed = [Trial(fault="human_only", seed=seed, cycle=1, verdict=Verdict.PASS, alarms=0, blocking=()) for seed in (1, 2)]
    lines = [line_of(faults["human_only"], passed), line_of(faults["replace_sharpened"], caught), line_of(faults["tool_shape"], [], ("x",))]
    promises = [
        Promise(fault="human_only", what="pass", counted=Counted(hits=0 if broken else 2, rows=2), bound=0.8, at_least=True),
        Promise(fault="at_margin", what="tail_perplexity passes", counted=Counted(hits=20, rows=400), bound=0.08, at_least=False),
    ]
    return {
        "trainer": "ngram",
        "model": "small",
        "start": "afresh",
        "line_seed": 7,
        "gate_version": "ab" * 32,
        "seeds": [1, 2],
        "size": {"rows": 600},
        "documents": {"pool": 2000, "tail": 450, "human": 300, "prompts": 150},
        "faults": [line.document() for line in lines],
        "promises": [promise.document() for promise in promises],
    }


def test_the_lines_say_what_held_what_was_not_measured_and_what_needs_more_seeds() -> None:
    said = "\n".join(drill_lines(document(), None, None))
    assert said.startswith("No promise is broken: ngram, small model, 2 seeds")
    assert "2/2 \\[34, 100] %" in said
    assert "not measured  nothing reads x here" in said
    assert "20/400 [3, 8] %  at the margin" in said.replace("\\", "")
    assert "1 promises hold in these trials and need more seeds" in said
    assert "shown, not recorded" in said


def test_a_broken_promise_is_named_with_what_was_promised() -> None:
    said = drill_lines(document(broken=True), None, None)
    assert said[0].startswith("[bold]1 of 2 promises are broken[/bold]")
    assert any("BROKEN  human_only: pass 0/2" in line and "promised at least 80 %" in line for line in said)


def test_the_page_stands_alone_and_escapes_and_its_picture_has_a_row_a_fault() -> None:
    page = drill_page({**document(), "trainer": "<b>"}, "student")
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert "&lt;b&gt;" in page
    assert page.count("holds, not proven") == 1
    assert str(drill_picture(document())).count('text-anchor="end"') == 3


def drilled(version: str, *, own: bool) -> State:
    found = GateDrill(gate_version=version, trainer="ngram", own=own, seeds=3, broken=0, drill_sha256="e" * 64, seq=9)
    return State(drills={(version, own): found})


@pytest.mark.parametrize(
    ("state", "claimed", "said", "calibrated"),
    [
        (State(), False, "never drilled here", False),
        (State(), True, "no unbroken drill of gate abcd", False),
        (
            drilled("abcd" * 16, own=True),
            True,
            "(ledger 9): this gate, ngram, the line's own kind of model, 3 seeds, 0 promises broken",
            True,
        ),
        (drilled("ffff" * 16, own=False), False, "another gate, ffffffffffff, ngram, a stand-in", False),
    ],
)
def test_status_names_the_last_drill_and_a_claim_that_nothing_backs(state: State, claimed: bool, said: str, calibrated: bool) -> None:
    policy = SimpleNamespace(gates=SimpleNamespace(calibrated=claimed))
    shop = SimpleNamespace(ledger=SimpleNamespace(state=lambda: state), policy=policy, gate_version="abcd" * 16)
    lines = gate_lines(shop)
    assert said in "\n".join(lines)
    assert gate_document(shop)["calibrated"] is calibrated
    assert len(lines) == 1
