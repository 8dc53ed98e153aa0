"""What `advise`, `trend` and `retrain` say about tails and proposals."""

from cli.outcome import Outcome
from cli.tails import proposal_lines, trend_lines
from governance.advice.controller import Change, Proposal, Refresh
from governance.advice.course import FinishedCycle
from governance.collapse.intervals import Comparison

FALLEN = Comparison(change=0.03, low=0.02, high=0.04, se=0.01, noise=0.0, n=200)


def finished(number: int, found: Comparison | None) -> FinishedCycle:
    return FinishedCycle(
        number=number,
        kind="retraining",
        verdict="pass",
        version=number,
        cap_percent=35,
        anchor_percent=15,
        human_rows=10,
        human_tokens=650,
        synthetic_tokens=350,
        held_back=0,
        worst_slice=None,
        readings={"tail_perplexity": {"baseline": found}} if found else {},
    )


def test_a_trend_has_a_line_a_cycle_with_share_cap_interval_and_what_declined():
    lines = trend_lines([finished(1, None), finished(2, FALLEN)])
    assert "nothing to compare with" in lines[1]
    assert "35 %  35 %   +3.0 % \\[+2.0, +4.0]" in lines[2]
    assert lines[2].endswith("tail perplexity")


def test_a_long_trend_shows_the_last_cycles_and_says_so():
    lines = trend_lines([finished(number, None) for number in range(1, 12)])
    assert lines[-1] == " The last 8 of 11 cycles."
    assert len(lines) == 10


def test_a_proposal_is_words_then_toml_then_reasons():
    change = Change(setting="synthetic_cap_percent", now=35, proposed=40)
    proposal = Proposal(changes=(change,), refresh=Refresh(tokens=1_000, rows=16, slice="[red]"), reasons=("four cycles passed",))
    assert proposal_lines(proposal) == [
        " Proposed: loosens mixing.synthetic_cap_percent 35 -> 40 (needs approval).",
        " Proposed: about 16 fresh human rows (1,000 tokens) of slice \\[red] first, so that the next cycle is as large.",
        "   \\[mixing]",
        "   synthetic_cap_percent = 40  # now 35: loosens",
        "   because four cycles passed",
    ]


def test_a_command_without_a_workspace_says_so(tmp_path, monkeypatch, capsys):
    from cli.main import main

    monkeypatch.chdir(tmp_path)
    for command in (["advise"], ["trend"], ["trend", "what-if"]):
        assert main(command) == 2
        assert "policy.toml" in capsys.readouterr().err
    assert Outcome(command="advise", lines=[]).code == 0
