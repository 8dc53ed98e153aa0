"""`heirloom audit corpus`: what it says, what it writes, what it exits with, and what the ledger hears of it."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cli.main import main
from governance.digest import digest_file
from governance.provenance.emissions import emitted
from governance.release import kinds
from governance.wiring import open_shop

SECRET = "Ada Lovelace lives at 12 Saint James Square and her number is unlisted"


def prose(seed: int, count: int = 60) -> str:
    return " ".join(f"w{n}" for n in np.random.Generator(np.random.Philox(seed)).integers(0, 50_000, count))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    rows = [{"id": f"h{n}", "body": prose(n), "who": "human", "made": f"{2015 + n % 8}-02-01"} for n in range(400)]
    rows += [{"id": f"m{n}", "body": f"Here is a {prose(1000 + n)}", "who": "AI", "made": "2022-05-05"} for n in range(60)]
    rows += [{"id": "secret", "body": SECRET, "who": "human", "made": None}] * 1
    pl.DataFrame(rows).write_parquet(tmp_path / "store.parquet")
    return tmp_path / "store.parquet"


MAP = ("--map", "row_id=id", "--map", "text=body", "--map", "origin=who", "--map", "vintage=made", "--map", "origin.AI=model")


@pytest.fixture
def outside(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "away").mkdir()
    monkeypatch.chdir(tmp_path / "away")
    return tmp_path / "away"


def workspace(folder: Path, corpus: str = "") -> Path:
    folder.mkdir()
    (folder / "policy.toml").write_text(f'[line]\nmodel = "tiny"\n[corpus]\n{corpus}\n')
    return folder


def test_outside_a_workspace_it_reports_and_records_nothing(store: Path, outside: Path, capsys):
    assert main(["audit", "corpus", str(store), *MAP]) == 0
    said = capsys.readouterr().out
    assert "461 rows" in said
    assert "Vintage: 2015 to 2022. Rows of unknown vintage, never taken for old: 1." in said
    assert "not identifiable" in said
    assert "here is a (60)" in said
    assert "Nothing was recorded" in said
    assert sorted(path.name for path in outside.rglob("*") if path.is_file()) == ["corpus.html", "corpus.json"]


def test_no_text_is_in_what_it_says_or_writes(store: Path, outside: Path, capsys):
    main(["audit", "corpus", str(store), *MAP, "--json"])
    said = capsys.readouterr().out + "".join((outside / "corpus-audit" / f"corpus.{kind}").read_text() for kind in ("json", "html"))
    assert not any(word in said for word in ("Lovelace", "lovelace", "Saint", "unlisted", prose(3)[:20]))


def test_the_document_is_the_same_for_the_same_corpus(store: Path, outside: Path, capsys):
    for name in ("one", "two"):
        main(["audit", "corpus", str(store), *MAP, "--out", name])
    assert digest_file(outside / "one" / "corpus.json") == digest_file(outside / "two" / "corpus.json")
    assert json.loads((outside / "one" / "corpus.json").read_text())["schema"] == "heirloom/corpus/1"


def test_a_limit_that_is_exceeded_is_a_refusal_with_its_number(store: Path, outside: Path, tmp_path: Path, capsys):
    place = workspace(tmp_path / "shop", "max_synthetic_percent = 50\nsince = 2022")
    assert main(["audit", "corpus", str(store), *MAP, "--workspace", str(place)]) == 3
    assert "EXCEEDED  corpus.max_synthetic_percent = 50 %" in capsys.readouterr().out
    assert main(["audit", "corpus", str(store), *MAP, "--workspace", str(workspace(tmp_path / "lax"))]) == 0


@pytest.mark.parametrize("tokens", [["nowhere"], ["{store}", "--map", "text"], ["{store}", "--map", "text=nothing"], []])
def test_what_cannot_be_asked_is_a_usage_error(store: Path, outside: Path, capsys, tokens):
    assert main(["audit", "corpus", *(token.format(store=store) for token in tokens)]) == 2
    assert not list(outside.rglob("corpus.json"))


def test_the_ledger_of_a_workspace_is_told_a_digest_and_counts_and_its_emissions_are_found_again(store: Path, outside, tmp_path, capsys):
    place = workspace(tmp_path / "shop", "max_own_emissions_percent = 0")
    shop = open_shop(place, actor="ann")
    shop.ledger.record(kinds.WORKSPACE_CREATED, {"model": "tiny", "environment": "demo"})
    said = emitted("teacher/1", [prose(n) for n in range(40)], [""] * 40, shop.policy.synthesis.emissions)

    def record(sha256: str) -> None:
        body = {"generator": "teacher", "version": "1", "rows": 40, "emissions_sha256": sha256}
        shop.ledger.record(kinds.EMISSIONS_ENTERED, body)

    shop.emissions.enter(said, shop.policy.synthesis.emissions, lambda: shop.ledger.state().emissions, record)
    assert main(["audit", "corpus", str(store), *MAP, "--workspace", str(place), "--json"]) == 3
    answer = json.loads(capsys.readouterr().out)
    own = answer["corpus"]["own_emissions"]
    assert (own["hits"], own["rows"], own["by_origin"]["human"]["hits"], own["claimed_human"][0]) == (40, 461, 40, "h0")
    event = shop.ledger.events()[-1]
    assert (event.kind, event.body["rows"], event.body["synthetic_rows"]) == (kinds.CORPUS_AUDITED, 461, 60)
    assert event.body["corpus_sha256"] == answer["corpus_sha256"] == digest_file(outside / "corpus-audit" / "corpus.json")
    assert event.body["exceeded"] == ["max_own_emissions_percent"]
