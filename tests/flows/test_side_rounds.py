"""Side-by-side rounds in a workspace: drawn once, voted on by sheet, at the terminal and by a judge; told in the ledger, key last."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cli.commands.side_by_side import asking, tally_lines
from cli.main import main
from flows.sides import ask_judge, ask_person, at_hand, begin, export, import_sheet, outcome
from governance.collapse.evidence import SAMPLE_SCHEMA
from governance.digest import write_document
from governance.errors import ConflictError, IntegrityError, RefusedError, UsageError
from governance.release import kinds
from governance.wiring import Shop, open_shop
from tests.adapters.endpoint_server import Shown, served

POLICY = '[line]\nmodel = "student"\nenvironment = "demo"\n'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A cycle at hand with thirty prompts that candidate and champion answered three times each."""
    root = tmp_path / "line"
    for folder in ("cycle", "shards"):
        (root / folder).mkdir(parents=True)
    (root / "policy.toml").write_text(POLICY)
    rows = [
        (model, f"p{n:02d}", "news" if n % 3 else "sport", draw, 1.0, f"={model.upper()} said {draw} of {n}, and more of it.")
        for model in ("candidate", "champion")
        for n in range(30)
        for draw in range(3)
    ]
    pl.DataFrame(rows, schema=SAMPLE_SCHEMA, orient="row").write_parquet(root / "cycle" / "samples.parquet")
    prompts = [(f"p{n:02d}", "news", f"What of {n}?") for n in range(30)]
    pl.DataFrame(prompts, schema=["prompt_id", "slice", "text"], orient="row").write_parquet(root / "shards" / "prompts.parquet")
    write_document(root / "cycle" / "cycle.json", {"number": 3, "seed": 7, "policy": {"probe": {"gate_temperature": 1.0}}})
    opened = open_shop(root, actor="rater-a")
    opened.ledger.record(kinds.WORKSPACE_CREATED, {"model": "student", "environment": "demo"})
    return opened


def fill(path: Path, choose: Callable[[dict[str, str]], str]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(lines[0]))
        writer.writeheader()
        writer.writerows([{**line, **dict.fromkeys(("variety", "nuance", "novelty"), choose(line))} for line in lines])


def candidate_side(line: dict[str, str]) -> str:
    return "left" if "CANDIDATE" in line["left"] else "right"


def told(shop: Shop, kind: str) -> list[dict[str, Any]]:
    return [dict(event.body) for event in shop.ledger.events() if event.kind == kind]


def test_a_sheet_there_and_back_finds_the_side_that_its_raters_took(shop: Shop, tmp_path: Path):
    sheet = tmp_path / "pairs.csv"
    export(shop, sheet, against="champion", pairs=24, per_side=3)
    fill(sheet, candidate_side)
    assert "candidate" not in sheet.read_text(encoding="utf-8-sig").replace("CANDIDATE", "")
    given = import_sheet(shop, sheet, against=None)
    assert (given.new, given.open) == (72, 0)
    assert import_sheet(shop, sheet, against=None).new == 0
    rates = {rate.question: rate for rate in outcome(shop, against=None).people if rate.part == "all"}
    assert {rate.rate for rate in rates.values()} == {1.0}
    assert rates["variety"].low > 0.8
    (drawn,), (voted,) = told(shop, kinds.SIDES_DRAWN), told(shop, kinds.SIDES_VOTED)
    assert (drawn["pairs"], voted["votes"], voted["by"], voted["judge"]) == (24, 72, "rater-a", "")
    assert voted["key_sha256"] == drawn["key_sha256"]


def test_no_cell_of_a_sheet_is_a_formula(shop: Shop, tmp_path: Path):
    export(shop, tmp_path / "pairs.csv", against="champion", pairs=24, per_side=3)
    with (tmp_path / "pairs.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert all(line["left"].startswith("'=") for line in csv.DictReader(stream))


def test_a_vote_is_given_once_and_a_changed_one_is_refused_with_its_pair(shop: Shop, tmp_path: Path):
    sheet = tmp_path / "pairs.csv"
    export(shop, sheet, against="champion", pairs=24, per_side=3)
    fill(sheet, lambda line: "left")
    import_sheet(shop, sheet, against=None)
    fill(sheet, lambda line: "right" if line["pair_id"].removeprefix("'").startswith("0003") else "left")
    with pytest.raises(ConflictError, match="3 votes say something else"):
        import_sheet(shop, sheet, against=None)
    assert at_hand(shop).folder.votes().height == 72


@pytest.mark.parametrize("choice", ["middle", "=left"])
def test_a_cell_that_is_no_vote_is_named_and_nothing_of_the_sheet_counts(shop: Shop, tmp_path: Path, choice: str):
    sheet = tmp_path / "pairs.csv"
    export(shop, sheet, against="champion", pairs=24, per_side=3)
    fill(sheet, lambda line: choice if line["pair_id"].removeprefix("'").startswith("0005") else "left")
    with pytest.raises(UsageError, match=r"3 cells cannot be read(.|\n)*line \d+: variety is "):
        import_sheet(shop, sheet, against=None)
    assert at_hand(shop).folder.votes().is_empty()


def test_a_round_is_drawn_once_and_an_altered_key_is_refused_by_name(shop: Shop):
    first = begin(shop, against="champion", pairs=24)
    assert begin(shop, against="champion", pairs=10).pairs.equals(first.pairs)
    assert len(told(shop, kinds.SIDES_DRAWN)) == 1
    turned = first.key.with_columns(~pl.col("candidate_left"))
    turned.write_parquet(first.folder.folder / "key.parquet")
    with pytest.raises(IntegrityError, match=r"key\.parquet"):
        outcome(shop, against=None)


def test_at_the_terminal_each_pair_is_kept_at_once_and_the_rest_is_asked_next_time(shop: Shop):
    round_ = begin(shop, against="champion", pairs=24)
    screen = io.StringIO()
    given = ask_person(shop, round_, asking(io.StringIO("l\nx\nr\ns\nl\n\nq\n"), screen))
    assert (given.new, given.open) == (3, 1)
    assert screen.getvalue().count("=== ") == 2
    assert screen.getvalue().count("variety:") == 2
    kept = round_.folder.votes()
    assert kept["choice"].to_list() == ["left", "right", "same"]
    second = io.StringIO()
    ask_person(shop, round_, asking(io.StringIO(""), second))
    assert f"=== {round_.pairs['pair_id'][1]}" in second.getvalue()
    assert f"=== {round_.pairs['pair_id'][0]}" not in second.getvalue()


@pytest.fixture
def judged(shop: Shop) -> Callable[[Shown], Shop]:
    def made(server: Shown) -> Shop:
        root = shop.workspace.root
        (root / "policy.toml").write_text(f'{POLICY}[synthesis]\nendpoints = ["{server.address}"]\n')
        (root / "heirloom.toml").write_text(f'[judge]\nbase_url = "{server.address}"\nmodel = "critic"\nserver = "openai"\n')
        return open_shop(root, actor="rater-a")

    return made


def answer(server: Shown, choose: Callable[[str], str]) -> None:
    """A judge whose choice follows from what it is asked."""

    def before(body: dict[str, Any]) -> None:
        side = choose(body["messages"][0]["content"])
        said = f"variety: {side}\nnuance: {side}\nnovelty: {side}"
        content = {"model": "critic-1", "choices": [{"message": {"role": "assistant", "content": said}}]}
        server.answers.append((200, {}, json.dumps(content).encode()))

    server.before = before


def test_a_judge_who_takes_the_candidate_in_both_orders_is_heard_and_is_no_person(judged: Callable[[Shown], Shop]):
    with served() as server:
        shop = judged(server)
        begin(shop, against="champion", pairs=24)
        answer(server, lambda asked: "A" if asked.index("CANDIDATE") < asked.index("CHAMPION") else "B")
        given = ask_judge(shop, against=None)
        assert (given.new, given.open, len(server.bodies)) == (72, 0, 48)
        assert ask_judge(shop, against=None).new == 0
        assert len(server.bodies) == 48, "a pair is judged once"
    found = outcome(shop, against=None)
    assert found.people == ()
    assert {rate.rate for rate in found.judges["critic"] if rate.part == "all"} == {1.0}
    assert "A judge advises" in tally_lines(found)[-1]
    (voted,) = told(shop, kinds.SIDES_VOTED)
    assert voted["judge"] == "critic"


def test_a_judge_who_likes_the_first_place_has_no_preference(judged: Callable[[Shown], Shop]):
    with served() as server:
        shop = judged(server)
        begin(shop, against="champion", pairs=24)
        answer(server, lambda asked: "A")
        ask_judge(shop, against=None)
    assert {rate.rate for rate in outcome(shop, against=None).judges["critic"]} == {0.5}


def test_an_address_that_policy_does_not_list_is_not_asked(shop: Shop):
    root = shop.workspace.root
    begin(shop, against="champion", pairs=24)
    with pytest.raises(UsageError, match="names no judge"):
        ask_judge(shop, against=None)
    (root / "heirloom.toml").write_text('[judge]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "critic"\n')
    with pytest.raises(RefusedError, match="may not be asked"):
        ask_judge(open_shop(root, actor="rater-a"), against=None)


def test_models_that_cannot_be_compared_are_one_clear_error_each(shop: Shop):
    with pytest.raises(UsageError, match="the baseline said nothing"):
        begin(shop, against="baseline", pairs=24)
    with pytest.raises(UsageError, match="no pairs were drawn"):
        at_hand(shop)
    with pytest.raises(UsageError, match="30 prompts were answered 3 times by both models"):
        begin(shop, against="champion", pairs=5)
    shop.workspace.cycle_document.unlink()
    with pytest.raises(UsageError, match="no cycle is at hand"):
        begin(shop, against="champion", pairs=24)


def test_the_command_answers_in_words_and_in_one_document(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(shop.workspace.root)
    monkeypatch.setenv("HEIRLOOM_ACTOR", "rater-b")
    sheet = tmp_path / "pairs.csv"
    assert main(["side-by-side", "export", str(sheet), "--pairs", "24"]) == 0
    assert "24 pairs in" in capsys.readouterr().out
    fill(sheet, lambda line: "left")
    assert main(["side-by-side", "import", str(sheet)]) == 0
    assert "72 votes recorded, 0 were there already, 0 questions left open." in capsys.readouterr().out
    assert main(["side-by-side", "report"]) == 0
    said = capsys.readouterr().out
    assert "people       variety   50 % [31, 69]  24 pairs, 1 rater, agreement not known" in said
    assert "Look at: people, variety: the left side won 100 % of the time." in said
    assert main(["side-by-side", "report", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "heirloom/side-by-side-report/1"
    assert [rate["rate"] for rate in document["people"] if rate["part"] == "all"] == [0.5, 0.5, 0.5]
