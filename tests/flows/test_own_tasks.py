"""Scores of a team's own benchmarks come in by one file: checked before training, read at registration, or brought later."""

import json
import re
from pathlib import Path

import pytest

from cli.commands.tasks import scored_lines
from flows.tasks import refuse_bad_scores, score, tasks_of, write_cycle_tasks
from governance.digest import digest_document, read_document, write_document
from governance.errors import DependencyError, IntegrityError, RefusedError, UsageError
from governance.release import kinds
from tests.flows.test_monitor import shop_of
from tests.report.cycle_on_disk import SHA, write_cycle
from tests.world import World

SETTINGS = '[tasks]\nscores = "scores.json"\n'


@pytest.fixture
def line(tmp_path: Path) -> World:
    """Version 1 is registered, and what its cycle left is in the archive and in the cycle's folder."""
    world = World(tmp_path)
    world.add("one")
    (tmp_path / "heirloom.toml").write_text(SETTINGS)
    release = world.state().releases[1]
    shop = shop_of(world)
    write_cycle(shop.workspace.archive(release.cycle_digest), "block")
    write_cycle(shop.workspace.cycle, "block")
    return world


def write(world: World, *scores: tuple[str, str, float]) -> Path:
    told = [{"checkpoint": checkpoint, "task": task, "score": value, "questions": 200} for checkpoint, task, value in scores]
    path = world.root / "scores.json"
    path.write_text(json.dumps({"schema": "heirloom/task-scores/1", "scores": told}))
    return path


def ours(world: World) -> str:
    return str(world.state().releases[1].checkpoint)


def text_of(path: Path) -> str:
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", path.read_text(), flags=re.DOTALL).split())


def test_what_is_brought_later_is_in_ledger_report_registry_and_review_and_moves_no_verdict(line: World) -> None:
    write(line, (ours(line), "arc", 0.3), (SHA["start"], "arc", 0.6))
    shop = shop_of(line)
    before = (line.state().releases[1].verdict, line.state().waiting, line.state().champion, dict(line.registry.shown))
    found = score(shop, 1)
    event = line.ledger.kept[-1]
    assert (event.kind, event.body["tasks"], event.body["checkpoint"]) == (kinds.TASKS_SCORED, 1, ours(line))
    assert event.body["document_sha256"] == digest_document(found.document)
    assert line.registry.later == {1: {"task.arc": 0.3, "task.arc.minus_champion": -0.3, "task.arc.minus_baseline": -0.3}}
    archive = shop.workspace.archive(line.state().releases[1].cycle_digest)
    assert "Surely worse arc against the champion, arc against the baseline" in text_of(archive / "report.html")
    assert "Block: 1 of 6 gates is beyond the limit" in text_of(archive / "report.html")
    assert tasks_of(shop, line.state().releases[1]).document == found.document
    assert scored_lines(1, found)[-1] == f"Ledger {event.seq}; the verdict is the one of then."
    assert before == (line.state().releases[1].verdict, line.state().waiting, line.state().champion, line.registry.shown)


def test_the_same_scores_again_are_not_recorded_again_and_others_are(line: World) -> None:
    write(line, (ours(line), "arc", 0.3))
    first, again = score(shop_of(line), 1), score(shop_of(line), 1)
    assert (first.changed, again.changed, again.seq) == (True, False, first.seq)
    write(line, (ours(line), "arc", 0.4))
    assert score(shop_of(line), 1).seq > first.seq
    assert tasks_of(shop_of(line), line.state().releases[1]).document["tasks"][0]["scores"]["candidate"] == 0.4


def test_a_registry_that_is_down_is_filled_by_the_same_again(line: World) -> None:
    write(line, (ours(line), "arc", 0.3))
    line.registry.fails_on.add("append")
    with pytest.raises(DependencyError):
        score(shop_of(line), 1)
    line.registry.fails_on.clear()
    assert not score(shop_of(line), 1).changed
    assert line.registry.later == {1: {"task.arc": 0.3}}


def test_scores_of_other_models_and_of_versions_that_nobody_judged_are_refused(line: World) -> None:
    write(line, ("e" * 64, "arc", 0.9))
    before = len(line.ledger.kept)
    with pytest.raises(RefusedError, match="has no score of checkpoint"):
        score(shop_of(line), 1)
    with pytest.raises(RefusedError, match="version 7 was judged by no gate"):
        score(shop_of(line), 7)
    (line.root / "heirloom.toml").write_text("")
    with pytest.raises(UsageError, match="names no file of task scores"):
        score(shop_of(line), 1)
    assert len(line.ledger.kept) == before


def test_a_kept_document_that_was_altered_is_not_shown(line: World) -> None:
    write(line, (ours(line), "arc", 0.3))
    found = score(shop_of(line), 1)
    place = line.root / ".heirloom" / "tasks" / f"{digest_document(found.document)}.json"
    place.write_text(place.read_text().replace("0.3", "0.9"))
    with pytest.raises(IntegrityError, match="is not the document that the ledger names"):
        tasks_of(shop_of(line), line.state().releases[1])


def test_a_bad_file_is_refused_before_training_and_one_that_is_not_there_yet_is_not(line: World) -> None:
    refuse_bad_scores(shop_of(line))
    (line.root / "scores.json").write_text("{")
    with pytest.raises(UsageError, match=r"scores\.json: is no JSON"):
        refuse_bad_scores(shop_of(line))


def test_at_registration_scores_are_read_and_what_cannot_be_read_is_the_reason_and_stops_nothing(line: World) -> None:
    shop, folder = shop_of(line), shop_of(line).workspace.cycle
    checkpoint = read_document(folder / "lineage.json")["checkpoint"]
    (line.root / "scores.json").write_text("{")
    write_cycle_tasks(shop)
    found = read_document(folder / "tasks.json")
    assert (found["given"], found["reason"][:24]) == (False, "scores.json: is no JSON:")

    write(line, (checkpoint, "arc", 0.3))
    write_cycle_tasks(shop)
    assert read_document(folder / "tasks.json") == found  # registering again after a kill: the ledger may name it by now
    cycle = read_document(folder / "cycle.json")
    write_document(folder / "cycle.json", {**cycle, "extension": {"of": "d" * 64}})
    write_cycle_tasks(shop)
    assert read_document(folder / "tasks.json")["tasks"][0]["scores"] == {"candidate": 0.3, "champion": None, "baseline": None}


def test_a_line_that_names_no_file_has_no_document_and_says_so(line: World) -> None:
    (line.root / "heirloom.toml").write_text("")
    shop = shop_of(line)
    write_cycle_tasks(shop)
    assert not (shop.workspace.cycle / "tasks.json").exists()
    assert tasks_of(shop, line.state().releases[1]).document["reason"] == "heirloom.toml names no file of task scores"
