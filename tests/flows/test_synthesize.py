"""The synthesis flow under Prefect: skipped, refused or done, and what its page and its command say."""

from pathlib import Path

import pytest

from cli.commands.synthesize import written_outcome
from flows.begin import NothingToDo
from flows.writing import Synthesis, written_for
from governance.errors import RefusedError
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.wiring import open_shop
from tests.flows.serve_workspace import made
from tests.flows.synthesis_shop import batch_of, make_checkpoint, make_shop
from tests.flows.test_monitor import held_elsewhere


def frozen_shop(root: Path) -> Path:
    shop = open_shop(root, actor="ann")
    shop.ledger.record(kinds.WORKSPACE_CREATED, {"model": "tiny", "environment": "demo"})
    shop.ledger.record(kinds.SCHEDULE_FROZEN, {"reason": "somebody looks"})
    return root


@pytest.mark.slow
def test_a_scheduled_synthesis_of_a_frozen_or_held_workspace_is_skipped_and_says_why(prefect, deployed, tmp_path):
    from flows.synthesize import synthesize

    state = synthesize(str(frozen_shop(made(tmp_path / "frozen"))), "tiny", return_state=True)
    assert (state.name, state.type.value, "somebody looks" in state.message) == ("Skipped", "COMPLETED", True)
    root = made(tmp_path / "held")
    with held_elsewhere(Workspace(root=root)):
        state = synthesize(str(root), "tiny", return_state=True)
    assert (state.name, state.type.value, "is held by process" in state.message) == ("Skipped", "COMPLETED", True)


def written(root: Path) -> Synthesis:
    sharp = "[synthesis.decoding]\ntemperature = 0.7\n"
    shop = make_shop(root / "shop", make_checkpoint(root / "teacher"), policy=sharp)
    return written_for(shop, batch_of(shop.workspace.root), None)


def test_the_command_says_who_wrote_how_much_how_and_what_to_mind(tmp_path):
    outcome = written_outcome(written(tmp_path))
    said = "\n".join(outcome.lines)
    for words in (
        "wrote 10 model rows and 2 hybrid rows",
        "temperature 0.7, top-p 1, seed 7",
        "Not watermarked",
        "Warning: decoding is sharpened",
    ):
        assert words in said
    assert (outcome.code, outcome.document["changed"], outcome.document["document"]["rows"]) == (0, True, {"model": 10, "hybrid": 2})
    assert len(outcome.document["warnings"]) == 1


def test_the_command_says_why_there_was_nothing_to_do():
    outcome = written_outcome(NothingToDo(reason="no batch waits in the inbox"))
    assert (outcome.code, outcome.document, outcome.lines) == (
        0,
        {"changed": False, "reason": "no batch waits in the inbox"},
        ["Nothing to do: no batch waits in the inbox."],
    )


def test_the_page_shows_settings_and_warnings_and_no_text(tmp_path):
    import polars as pl

    from flows.artifacts import synthesis_words

    done = written(tmp_path)
    said = synthesis_words(done)
    for words in ("12 rows for cycle-1", "**decoding is sharpened", "'temperature': 0.7", done.document["prompts_sha256"]):
        assert words in said
    assert not any(text[:20] in said for text in pl.read_parquet(done.file)["text"])


def test_an_error_ends_a_run_as_failed_by_its_kind():
    from flows.ending import ended

    state = ended(RefusedError("no"))
    assert (state.name, state.type.value, state.message) == ("Refused", "FAILED", "no")


def test_synthesis_is_deployed_where_it_is_scheduled_and_only_there(tmp_path):
    from flows.serve import deployments

    shop = open_shop(made(tmp_path / "shop"), actor="ann")
    crons = {"retrain": "0 2 * * 1", "monitor": "0 6 * * *"}
    assert [d.entrypoint for d in deployments(shop, crons)] == ["flows.retrain.retrain", "flows.monitor.monitor"]
    *_, synthesis = deployments(shop, {**crons, "synthesize": "0 1 * * 1"})
    assert synthesis.entrypoint == "flows.synthesize.synthesize"
    assert synthesis.parameters == {"workspace": str(tmp_path / "shop"), "model": "tiny"}
    assert [s.schedule.cron for s in synthesis.schedules] == ["0 1 * * 1"]
