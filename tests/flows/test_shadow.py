"""Shadow rounds with real n-gram models: paired by prompt, kept by digest, without a word of anybody, and what they say of the canary."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

from cli.commands.shadow import shadow_lines
from flows.shadow import Shadow, beyond_limits, canary_drift, prompts_of, shadow
from governance.actions.canary import begin_canary, watch_canary
from governance.actions.promote import promote
from governance.advice.shadow import metrics_of_text, shadow_prompts
from governance.digest import digest_document, digest_file
from governance.errors import BatchError, IntegrityError, RefusedError, UsageError
from governance.gates.margins import GateRules, Margin
from governance.release import kinds
from tests.flows.synthesis_shop import WORDS, make_checkpoint
from tests.flows.test_monitor import shop_of
from tests.world import World, terms

PROMPTS = [f"{WORDS[n % 15]} {WORDS[(n * 7 + 3) % 15]} number {n} zebrafinch" for n in range(40)]


@dataclass
class Line(World):
    """A shop whose candidates are the checkpoints that it is handed."""

    folders: dict[str, Path] = field(default_factory=dict)

    def checkpoint(self, name: str) -> Path:
        return self.folders[name]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two models of one kind, and one that has read two rows and says little else."""
    place = tmp_path_factory.mktemp("models")
    return {name: make_checkpoint(place / name, rows) for name, rows in (("champion", 60), ("same", 58), ("narrow", 2))}


@pytest.fixture
def line(tmp_path: Path, folders: dict[str, Path]) -> Line:
    """Version 1 serves, 2 is like it, 3 is narrow."""
    world = Line(tmp_path)
    world.folders = folders
    shop = made(world)
    held_to = terms(policy_sha256=shop.policy.digest)
    promote(world.desk(), world.add("champion", policy_sha256=shop.policy.digest), held_to)
    for name in ("same", "narrow"):
        world.add(name, policy_sha256=shop.policy.digest)
    (tmp_path / "log.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in PROMPTS))
    return world


def made(world: World, more: str = ""):
    """The shop of the world with the n-gram trainer in its policy."""
    shop = shop_of(world)
    policy = world.root / "policy.toml"
    policy.write_text(policy.read_text() + '[training]\ntrainer = "ngram"\n' + more)
    return shop


def read(line: World, version: int, **changes) -> Shadow:
    return shadow(made(line), version, changes.pop("prompts", line.root / "log.jsonl"), **{"draws": 2, **changes})


def test_a_round_is_paired_by_prompt_and_kept_by_digest(line):
    found = read(line, 2)
    document = found.document
    assert {entry["name"] for entry in document["metrics"]} == set(metrics_of_text())
    distinct = next(entry for entry in document["metrics"] if entry["name"] == "distinct_2")
    assert distinct["units"] == len(PROMPTS)
    assert distinct["against"].keys() == {"champion"}
    assert distinct["against"]["champion"]["low"] < distinct["against"]["champion"]["high"]
    kept = json.loads((line.root / ".heirloom" / "shadows" / f"{found.digest}.json").read_text())
    assert digest_document(kept) == found.digest
    event = line.ledger.kept[-1]
    assert (event.kind, event.seq, event.body["document_sha256"]) == (kinds.SHADOW_READ, found.seq, found.digest)
    assert (event.body["prompts"], event.body["prompts_sha256"]) == (len(PROMPTS), digest_file(line.root / "log.jsonl"))


def test_the_same_round_again_reads_the_same(line):
    assert read(line, 2).digest == read(line, 2).digest


def test_a_model_beside_a_copy_of_itself_moves_nothing(line, folders):
    line.folders = {**folders, "twin": folders["champion"]}
    version = line.add("twin", policy_sha256=made(line).policy.digest)
    changes = [entry["against"]["champion"]["change"] for entry in read(line, version).document["metrics"]]
    taken = [change for change in changes if change is not None]
    assert taken
    assert taken == pytest.approx([0.0] * len(taken), abs=1e-12)


def test_it_decides_nothing_and_moves_nothing(line):
    before = (line.state().champion, dict(line.registry.shown), line.pointer.read_bytes(), line.state().waiting)
    lines = shadow_lines(read(line, 3))
    assert before == (line.state().champion, line.registry.shown, line.pointer.read_bytes(), line.state().waiting)
    assert lines[0] == "Version 3 beside champion 1: 40 different prompts, 2 answer(s) each."
    assert lines[-1].startswith("It decides nothing; ledger ")
    assert any(row.startswith(" distinct-2 ") for row in lines)


def test_no_prompt_and_no_answer_is_kept_or_said(line, caplog):
    found = read(line, 2)
    said = (
        json.dumps(found.document) + json.dumps([dict(event.body) for event in line.ledger.kept]) + caplog.text + repr(shadow_lines(found))
    )
    assert "zebrafinch" not in said
    assert all(text not in said for text in PROMPTS)
    files = b"".join(path.read_bytes() for path in (line.root / ".heirloom").rglob("*") if path.is_file() and "models" not in path.parts)
    assert b"zebrafinch" not in files


def test_a_narrow_model_is_surely_beyond_the_limits_and_one_like_the_champion_is_not(line):
    assert read(line, 2).beyond == ()
    beyond = read(line, 3).beyond
    assert any("distinct-2 moved -" in one and "limit ±10.0 %" in one for one in beyond)


def test_the_limits_are_the_policys(line):
    metrics = read(line, 3).document["metrics"]
    wide = Margin(margin_percent=99.0, champion_step_percent=99.0)
    gates = ("distinct_2", "distinct_3", "ngram_entropy")
    assert beyond_limits(metrics, GateRules())
    assert beyond_limits(metrics, GateRules(margins=dict.fromkeys(gates, wide))) == ()
    assert beyond_limits(metrics, GateRules(enabled=("tail_perplexity",))) == ()


def canary(line, version):
    shop = made(line)
    begin_canary(line.desk(), version, terms(policy_sha256=shop.policy.digest), percent=5, hours=24)
    return shop


def looked(line, shop):
    held_to = terms(policy_sha256=shop.policy.digest)
    return watch_canary(line.desk("monitor"), lambda: held_to, drift=lambda state: canary_drift(shop, state))


def test_a_canary_beyond_a_limit_is_taken_off_with_the_reason_and_the_champion_stays(line):
    shop = canary(line, 3)
    assert not looked(line, shop).ended
    round_ = read(line, 3)
    ended = looked(line, shop)
    assert ended.ended
    assert ended.reason.startswith(f"beyond the limits in the shadow round of ledger {round_.seq}: distinct-2 moved -")
    assert line.ledger.kept[-1].body["reason"] == ended.reason
    assert (line.state().champion, line.registry.shown["champion"], "canary" in line.registry.shown) == (1, 1, False)


def test_a_canary_like_the_champion_stays_and_an_earlier_round_or_one_of_another_says_nothing_of_it(line):
    read(line, 3)
    shop = canary(line, 2)
    read(line, 2)
    read(line, 3)
    assert not looked(line, shop).ended


def test_a_round_from_before_the_canary_was_begun_is_not_held_against_it(line):
    read(line, 3)
    shop = canary(line, 3)
    assert not looked(line, shop).ended


def test_a_document_that_was_edited_is_said_and_takes_nothing_off(line):
    shop = canary(line, 3)
    found = read(line, 3)
    place = line.root / ".heirloom" / "shadows" / f"{found.digest}.json"
    place.write_text(place.read_text().replace('"version":3', '"version":2'))
    with pytest.raises(IntegrityError, match="not the shadow reading"):
        looked(line, shop)


def test_what_cannot_be_read_beside_a_champion_is_refused(line):
    for version, error, words in ((9, RefusedError, "not registered"), (1, UsageError, "is the champion")):
        with pytest.raises(error, match=words):
            read(line, version)
    with pytest.raises(UsageError, match="17 draws"):
        read(line, 2, draws=17)
    line.alter(2)
    with pytest.raises(IntegrityError, match=r"model\.safetensors"):
        read(line, 2)


def test_where_nothing_serves_nothing_is_read(tmp_path):
    world = World(tmp_path)
    world.add("one")
    with pytest.raises(RefusedError, match="nothing serves"):
        shadow(made(world), 1, tmp_path / "log.jsonl")


def test_prompts_are_read_from_both_kinds_of_files_and_repeats_are_one(tmp_path):
    lines, table = tmp_path / "log.jsonl", tmp_path / "log.parquet"
    lines.write_text('{"q": "one"}\n\n{"q": "two", "more": 1}\n{"q": "one"}\n')
    pl.DataFrame({"q": ["one", "two", "one"], "x": [1, 2, 3]}).write_parquet(table)
    assert prompts_of(lines, "q") == prompts_of(table, "q") == ["one", "two", "one"]
    assert shadow_prompts(["one", "two", "one"]).rows() == [("p000001", "none", "one"), ("p000002", "none", "two")]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("log.jsonl", b'{"text": "zebrafinch one"}\n{"text": "zebrafinch', r"log\.jsonl:2"),
        ("log.jsonl", b'{"text": "zebrafinch"}\n["zebrafinch"]\n{"text": " "}\n', "2 rows have no text"),
        ("log.jsonl", b'{"text": 7}\n', "row 1"),
        ("log.jsonl", b"\xff\xfezebrafinch\n", r"log\.jsonl:1"),
        ("log.jsonl", b'{"text": ' + b"[" * 100_000, r"log\.jsonl:1"),
        ("log.jsonl", b'{"text": "zebrafinch \\ud800"}\n', "row 1"),
        ("log.parquet", b"zebrafinch", "no Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_that_quotes_nobody(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BatchError, match=words) as found:
        prompts_of(tmp_path / name, "text")
    assert "zebrafinch" not in found.value.message()
    with pytest.raises(BatchError, match=r"cannot be read|no Parquet file"):
        prompts_of(tmp_path / f"gone-{name}", "text")


def test_too_few_prompts_have_no_interval(line, tmp_path):
    few = tmp_path / "few.jsonl"
    few.write_text('{"text": "one"}\n' * 30)
    with pytest.raises(UsageError, match="1 different prompts"):
        read(line, 2, prompts=few)
