"""Moving the baseline: a sealed shard, a control that shows the same shift, two people, and an original that stays."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cli.commands.baseline import proposal_lines
from flows.baseline import SEALED, SealedShard, approve, propose, seal
from flows.generations import generations
from flows.health import prove
from governance.actions.promote import promote
from governance.actions.rollback import rollback
from governance.adapters.checks.check import Check
from governance.adapters.dvc_commands import init_dvc, run_dvc
from governance.adapters.report.verdict import moved_words
from governance.digest import digest_bytes, digest_file
from governance.errors import ConflictError, DependencyError, IntegrityError, RefusedError, UsageError
from governance.ports.desk import SHARDS
from governance.ports.language_model import Decoding, Score
from governance.ports.trainer import Trainer
from governance.ports.workspace import Workspace
from governance.provenance.memory import nothing_known
from governance.release import kinds
from governance.release.standing import history_document, original_document
from governance.wiring import Shop
from tests.world import MODEL, World, terms

SHIFTS = {"founding": 0.0, "control": 0.04, "shifted": 0.045, "lost": 0.12, "human": 0.0}
DOCUMENTS = 150


class PlantedModel:
    """Bits that grow by the shift its weights are named for, with a little of its own per document."""

    def __init__(self, folder: Path) -> None:
        self.name = (folder / "model.safetensors").read_text().removeprefix("weights of ")

    def score(self, texts: Sequence[str]) -> Sequence[Score]:
        rng = np.random.Generator(np.random.Philox(len(self.name) + sum(map(ord, self.name))))
        own = rng.normal(0, 0.03, len(texts))
        return [Score(bits=50 * (4.0 + (SHIFTS[self.name] + own[i]) / np.log(2)), tokens=50) for i in range(len(texts))]

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        return list(prompts)

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return [len(text.split()) for text in texts]


def human_rows(prefix: str, count: int) -> pl.DataFrame:
    rows = [{"row_id": f"{prefix}-{i}", "text": f"{prefix} document {i}", "origin": "human"} for i in range(count)]
    return pl.DataFrame(rows)


class Line:
    """Release 1 founded the line, 2 is a human-only control, 3 moved as the control did, 4 lost more."""

    def __init__(self, root: Path, documents: int = DOCUMENTS) -> None:
        self.root, self.world = root, World(root=root)
        (root / "policy.toml").write_text(f'[line]\nmodel = "{MODEL}"\n')
        for name, place in SHARDS.items():
            (root / place).parent.mkdir(exist_ok=True)
            frame = human_rows(name, 3)
            (frame.rename({"row_id": "prompt_id"}) if name == "prompts" else frame).write_parquet(root / place)
        pins = {name: digest_file(root / place) for name, place in SHARDS.items()}
        self.world.desk().ledger.record(kinds.SHARDS_PINNED, pins)
        for name, synthetic in (("founding", 0), ("control", 0), ("shifted", 10), ("lost", 10)):
            version = self.world.add(name, synthetic_tokens=synthetic, depth=1 if synthetic else 0)
            if name != "control":
                promote(self.world.desk(), version, terms())
        human_rows("sealed", documents).write_parquet(root / "sealed.parquet")
        self.file = root / "sealed.parquet"
        self.tracked: list[str] = []

    def shop(self, actor: str = "engineer-a") -> Shop:
        shop = Shop(workspace=Workspace(root=self.root), clock=self.world.clock, actor=actor)
        desk = self.world.desk(actor)
        vars(shop).update(ledger=desk.ledger, registry=self.world.registry, store=self.world.models, trainers={"transformers": trainer()})
        return shop

    def seal(self, file: Path | None = None) -> SealedShard:
        return seal(self.shop(), file or self.file, self.track)

    def track(self, root: Path, path: Path) -> None:
        """DVC, as far as it shows in the folder."""
        assert path.is_file()
        self.tracked.append(str(path.relative_to(root)))
        path.with_name(f"{path.name}.dvc").write_text(digest_file(path))

    def moved(self) -> "Line":
        self.seal()
        propose(self.shop(), 3, 2, "the fleet writes other things now")
        approve(self.shop("editor-b"), "read the numbers")
        approve(self.shop("editor-c"), "read the numbers too")
        return self


def trainer() -> Trainer:
    def nothing(*_: object) -> None:
        raise AssertionError("a baseline is moved without training")

    return Trainer(name="transformers", found=nothing, train=nothing, open=PlantedModel, counter=nothing)  # type: ignore[arg-type]


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_two_people_beside_the_proposer_move_the_baseline_and_the_original_stays(line: Line) -> None:
    line.seal()
    found = propose(line.shop(), 3, 2, "the fleet writes other things now")
    assert (found.left, found.by, line.world.state().baseline) == (1, "engineer-a", 1)
    assert approve(line.shop("editor-b"), "read").missing == 1
    assert line.world.state().baseline == 1
    assert approve(line.shop("editor-c"), "read").missing == 0
    state = line.world.state()
    assert (state.baseline, state.original_baseline, state.proposal, state.pre_synthetic) == (3, 1, None, 1)
    assert history_document(state)["baseline"] == state.releases[3].checkpoint
    assert {1, 3} & set(state.kept) == {1, 3}
    assert [(g.version, g.baseline, g.original_baseline) for g in generations(line.shop(), state)][:2] == [
        (1, False, True),
        (3, True, False),
    ]


def test_the_ledger_keeps_what_the_sealed_shard_said(line: Line) -> None:
    line.seal()
    evidence = propose(line.shop(), 3, 2, "shift").evidence
    assert evidence["proposed"]["change"] == pytest.approx(np.expm1(0.045), abs=0.01)
    assert evidence["control"]["change"] == pytest.approx(np.expm1(0.04), abs=0.01)
    assert abs(evidence["proposed_against_control"]["change"]) < 0.015
    assert evidence["proposed"]["n"] == DOCUMENTS
    lines = proposal_lines(line.world.state().proposal)
    assert any("human-only control 2 against the baseline" in one and "150 sealed documents" in one for one in lines)


def test_a_release_that_lost_what_the_control_did_not_lose_is_refused(line: Line) -> None:
    line.seal()
    with pytest.raises(RefusedError, match="does not show the same shift"):
        propose(line.shop(), 4, 2, "shift")
    assert line.world.state().proposal is None


def test_without_a_sealed_shard_nothing_is_proposed(line: Line) -> None:
    with pytest.raises(ConflictError, match="no shard is sealed"):
        propose(line.shop(), 3, 2, "shift")


def test_too_few_sealed_documents_vouch_for_nothing(tmp_path: Path) -> None:
    line = Line(tmp_path, documents=99)
    line.seal()
    with pytest.raises(RefusedError, match="99 sealed documents"):
        propose(line.shop(), 3, 2, "shift")


@pytest.mark.parametrize(
    ("version", "control", "said"),
    [(2, 2, "may serve"), (9, 2, "may serve"), (1, 2, "is the baseline"), (3, 4, "no human-only control"), (3, 1, "shall tell apart")],
)
def test_what_is_no_release_and_what_is_no_control(line: Line, version: int, control: int, said: str) -> None:
    line.seal()
    with pytest.raises(RefusedError, match=said):
        propose(line.shop(), version, control, "shift")


@pytest.mark.parametrize("actor", ["engineer-a", " Engineer-A "])
def test_who_proposed_does_not_approve_under_any_spelling(line: Line, actor: str) -> None:
    line.seal()
    propose(line.shop(), 3, 2, "shift")
    with pytest.raises(RefusedError, match="has had a say"):
        approve(line.shop(actor), "mine")


def test_one_person_is_not_two(line: Line) -> None:
    line.seal()
    propose(line.shop(), 3, 2, "shift")
    approve(line.shop("editor-b"), "read")
    with pytest.raises(RefusedError, match="has had a say"):
        approve(line.shop("EDITOR-B"), "again")


def test_a_policy_that_moved_since_spends_the_proposal(line: Line) -> None:
    line.seal()
    propose(line.shop(), 3, 2, "shift")
    (line.root / "policy.toml").write_text(f'[line]\nmodel = "{MODEL}"\nseed = 8\n')
    with pytest.raises(ConflictError, match="are not what they were"):
        approve(line.shop("editor-b"), "read")


def test_nothing_is_approved_where_nothing_is_proposed_and_nothing_without_a_reason(line: Line) -> None:
    with pytest.raises(RefusedError, match="no other baseline is proposed"):
        approve(line.shop("editor-b"), "read")
    with pytest.raises(UsageError, match="no reason"):
        propose(line.shop(), 3, 2, " ")
    with pytest.raises(UsageError, match="no reason"):
        approve(line.shop("editor-b"), "")


def test_a_sealed_shard_is_sealed_once_and_its_bytes_are_held(line: Line) -> None:
    assert line.seal().changed
    assert not line.seal().changed
    human_rows("other", DOCUMENTS).write_parquet(line.root / "other.parquet")
    with pytest.raises(ConflictError, match="sealed already"):
        line.seal(line.root / "other.parquet")
    human_rows("other", DOCUMENTS).write_parquet(line.root / SEALED)
    with pytest.raises(IntegrityError, match="sealed as"):
        propose(line.shop(), 3, 2, "shift")


def test_a_sealed_shard_is_tracked_once_before_the_ledger_hears_of_it_and_one_of_an_older_version_later(line: Line) -> None:
    def down(root: Path, path: Path) -> None:
        raise DependencyError(f"no room for {path.name}", where=root.name, fix="make room")

    with pytest.raises(DependencyError, match="no room"):
        seal(line.shop(), line.file, down)
    assert line.world.state().sealed is None
    line.seal()
    line.seal()
    assert line.tracked == [SEALED]
    (line.root / f"{SEALED}.dvc").unlink()
    assert not line.seal().changed
    assert line.tracked == [SEALED, SEALED]


def test_the_doctor_and_the_monitor_look_at_the_sealed_shard(line: Line) -> None:
    def shards() -> Check:
        return next(check for check in prove(line.shop()) if check.name == "shards")

    assert shards().said == f"{len(SHARDS)} pinned shards are true"
    line.seal()
    assert shards().said == f"{len(SHARDS)} pinned shards are true, the sealed one too"
    (line.root / SEALED).write_bytes(b"other")
    assert (shards().code, f"dvc checkout --force {SEALED}.dvc" in shards().fix) == (4, True)
    (line.root / SEALED).unlink()
    assert (shards().code, "missing" in shards().said) == (4, True)


@pytest.mark.slow
def test_dvc_brings_a_lost_sealed_shard_back(line: Line) -> None:
    init_dvc(line.root)
    seal(line.shop(), line.file)
    kept = (line.root / SEALED).read_bytes()
    (line.root / SEALED).unlink()
    run_dvc(line.root, "checkout", "--force", f"{SEALED}.dvc")
    assert (line.root / SEALED).read_bytes() == kept
    assert any((line.root / ".dvc" / "remote").rglob("*"))


@pytest.mark.parametrize("shard", list(SHARDS))
def test_rows_of_another_shard_are_not_sealed(line: Line, shard: str) -> None:
    pl.concat([human_rows("sealed", DOCUMENTS), human_rows(shard, 1)]).write_parquet(line.file)
    with pytest.raises(RefusedError, match=f"1 rows are in shard {shard} too"):
        line.seal()
    assert not (line.root / SEALED).exists()


def test_sealed_rows_that_were_trained_on_since_vouch_for_nothing(line: Line) -> None:
    line.seal()
    known = nothing_known()
    row = dict.fromkeys(known.columns) | {"row_id": "later", "sha256": digest_bytes(b"sealed document 7")}
    sha256 = line.shop().memory.keep(pl.concat([known, pl.DataFrame([row], schema=known.schema)]))
    body = {"cycle": 9, "cycle_digest": "c", "rows": 1, "forgotten": 0, "memory_sha256": sha256}
    line.world.desk().ledger.record(kinds.MEMORY_EXTENDED, body)
    with pytest.raises(RefusedError, match="1 rows are in rows of earlier batches too"):
        propose(line.shop(), 3, 2, "shift")


def test_model_text_and_doubled_rows_are_not_sealed(line: Line) -> None:
    rows = human_rows("sealed", 3)
    for wrong, said in ((rows.with_columns(origin=pl.lit("model")), "not human"), (pl.concat([rows, rows]), "twice")):
        wrong.write_parquet(line.file)
        with pytest.raises(RefusedError, match=said):
            line.seal()


def test_a_moved_baseline_that_a_rollback_left_gives_way_to_the_original(line: Line) -> None:
    line.moved()
    rollback(line.world.desk(), "3", "night")
    assert line.world.state().baseline == 3
    rollback(line.world.desk(), "1", "another night")
    assert line.world.state().baseline == 1
    assert original_document(line.world.state()) is None


def test_every_report_says_who_moved_it_and_where_the_original_is(line: Line) -> None:
    state = line.moved().world.state()
    original = original_document(state)
    assert original is not None
    assert (original["version"], original["from"], original["approved_by"]) == (1, 1, ["editor-b", "editor-c"])
    words = moved_words({"original_baseline": original, "baseline": {"version": 3, "digest": "x"}})
    assert words.startswith("editor-b and editor-c moved it from release 1 to release 3")
    assert "The original baseline stays release 1" in words
    assert moved_words({"original_baseline": None}) == moved_words({}) == ""
