"""A cycle is frozen before it starts: copied whole, named by digest, with no clock in it."""

import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from governance.actions.freeze import CycleRequest, batch_manifest, cycle_of, freeze, frozen_cycle, same_question, settle
from governance.actions.label import LeftOut, Standing
from governance.adapters.lock import hold
from governance.collapse.sentinels import SENTINEL_SCHEMA, SENTINELS_FILE, no_sentinels
from governance.digest import digest_document, digest_file
from governance.errors import BatchError, ConflictError
from governance.mixing.benchmarks import BENCHMARKS_SCHEMA, Benchmarks
from governance.policy import Line, Policy
from governance.ports.clock import SystemClock
from governance.ports.workspace import Workspace
from governance.provenance.earlier import nothing_earlier
from governance.provenance.emissions import emissions_bytes, emitted, read_emissions
from governance.provenance.labels.label import RELABELS_SCHEMA
from governance.provenance.memory import nothing_known
from governance.provenance.pin import Pin
from governance.provenance.recalled import Recalled
from governance.provenance.synthesis import EmissionLimits
from governance.provenance.withdrawn import WITHDRAWN_FILE, WITHDRAWN_SCHEMA


def request(batch: Path, number: int = 1, champion: int | None = None, emissions: Path | None = None) -> CycleRequest:
    return CycleRequest(
        number=number,
        kind="retraining",
        batch=batch,
        mapping={},
        policy=Policy(line=Line(model="student")),
        shards={"anchors": "a" * 64},
        start={"digest": "b" * 64},
        champion={"version": champion, "digest": "c" * 64} if champion else None,
        baseline=None,
        teachers={},
        ledger_head={"seq": number, "digest": "d" * 64},
        emissions=emissions,
    )


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox" / "week-1"
    folder.mkdir(parents=True)
    (folder / "human.csv").write_text("rows")
    (folder / ".hidden").write_text("no rows")
    return folder


def test_the_frozen_copy_is_named_by_its_bytes_and_later_edits_do_not_reach_it(tmp_path: Path, batch: Path):
    workspace = Workspace(root=tmp_path)
    document = freeze(workspace, request(batch))
    assert [f["path"] for f in document["batch"]["files"]] == ["cycle/batch/human.csv"]
    (batch / "human.csv").write_text("other rows")
    assert (workspace.batch / "human.csv").read_text() == "rows"
    assert frozen_cycle(workspace) == (document, digest_document(document))
    assert batch_manifest(workspace.batch).digest == document["batch"]["digest"]


def test_rows_that_come_back_are_frozen_by_digest_and_other_rows_are_another_question(tmp_path: Path, batch: Path):
    workspace = Workspace(root=tmp_path)
    rows, none, some = nothing_earlier(), tmp_path / "none.parquet", tmp_path / "some.parquet"
    rows.write_parquet(none)
    plain = cycle_of(request(batch), batch_manifest(batch))
    document = freeze(workspace, replace(request(batch), earlier=none))
    assert document["earlier"] == {
        "path": "cycle/earlier.parquet",
        "sha256": digest_file(workspace.cycle / "earlier.parquet"),
        "cycles": [],
    }
    assert same_question(document, plain)
    back = pl.DataFrame({name: [None] for name in rows.columns}, schema=rows.schema).with_columns(cycle=pl.lit(3, dtype=pl.Int32))
    back.write_parquet(some)
    other = cycle_of(replace(request(batch), earlier=some), batch_manifest(batch))
    assert other["earlier"]["cycles"] == [3]
    assert not same_question(other, plain)


def test_benchmarks_are_frozen_by_digest_and_other_ones_are_another_question(tmp_path: Path, batch: Path):
    workspace, frozen = Workspace(root=tmp_path), tmp_path / "cycle" / "benchmarks.parquet"
    none = freeze(workspace, request(batch))
    assert none["benchmarks"] == {"path": "cycle/benchmarks.parquet", "sha256": digest_file(frozen), "pins": {}, "not_named": []}
    texts = pl.DataFrame({"benchmark": ["exam"], "line": [1], "text": ["who"]}, schema=BENCHMARKS_SCHEMA)
    found = Benchmarks(texts=texts, pins={"exam": Pin(sha256="e" * 64, columns=("text",))}, not_named=("old",))
    some = freeze(workspace, replace(request(batch), benchmarks=found))
    assert pl.read_parquet(frozen).equals(texts)
    assert some["benchmarks"]["pins"] == {"exam": {"sha256": "e" * 64, "columns": ["text"]}}
    assert not same_question(none, some)


def test_sentinels_are_frozen_by_digest_and_other_ones_are_another_question(tmp_path: Path, batch: Path):
    workspace, frozen = Workspace(root=tmp_path), tmp_path / "cycle" / SENTINELS_FILE
    none = freeze(workspace, request(batch))
    assert none["sentinels"] == {"path": f"cycle/{SENTINELS_FILE}", "sha256": digest_file(frozen)}
    assert pl.read_parquet(frozen).equals(no_sentinels())
    pair = pl.DataFrame([("a", "s", "yes", "no")], schema=SENTINEL_SCHEMA, orient="row")
    some = freeze(workspace, replace(request(batch), sentinels=pair))
    assert pl.read_parquet(frozen).equals(pair)
    assert not same_question(none, some)


def test_recalled_releases_are_frozen_by_name_and_a_recall_since_is_another_question(batch: Path):
    gone = Recalled(version=14, digest="d" * 64, seq=431, names=(("student", "14"),))
    none, some = (cycle_of(replace(request(batch), recalled=found), batch_manifest(batch)) for found in ((), (gone,)))
    assert some["recalled"] == [{"version": 14, "digest": "d" * 64, "seq": 431, "names": [["student", "14"]]}]
    assert not same_question(none, some)


def test_withdrawn_rows_are_frozen_by_digest_and_a_withdrawal_since_is_another_question(tmp_path: Path, batch: Path):
    workspace, frozen = Workspace(root=tmp_path), tmp_path / "cycle" / WITHDRAWN_FILE
    none = freeze(workspace, request(batch))
    assert none["withdrawn"] == {"path": f"cycle/{WITHDRAWN_FILE}", "sha256": digest_file(frozen)}
    gone = pl.DataFrame([("a", "s", 9)], schema=WITHDRAWN_SCHEMA, orient="row")
    some = freeze(workspace, replace(request(batch), withdrawn=gone))
    assert pl.read_parquet(frozen).equals(gone)
    assert not same_question(none, some)


def test_the_memory_is_frozen_by_digest_and_may_grow_under_a_cycle_that_is_taken_up_again(tmp_path: Path, batch: Path):
    workspace, frozen = Workspace(root=tmp_path), tmp_path / "cycle" / "known.parquet"
    none = freeze(workspace, request(batch))
    assert none["known"] == {"path": "cycle/known.parquet", "sha256": digest_file(frozen)}
    grown = tmp_path / "memory.parquet"
    nothing_known().with_columns(cycle=pl.lit(1, pl.Int32)).write_parquet(grown)
    later = replace(request(batch), memory=grown)
    assert freeze(workspace, later)["known"]["sha256"] == digest_file(grown) == digest_file(frozen)
    assert same_question(none, cycle_of(later, batch_manifest(batch)))
    assert not same_question({key: value for key, value in none.items() if key != "known"}, none)


def test_labels_are_frozen_by_digest_with_those_that_do_not_count_and_make_another_question(tmp_path: Path, batch: Path):
    workspace, frozen = Workspace(root=tmp_path), tmp_path / "cycle" / "relabels.parquet"
    none = freeze(workspace, request(batch))
    assert none["relabels"] == {"path": "cycle/relabels.parquet", "sha256": digest_file(frozen), "left_out": []}
    line = dict.fromkeys(RELABELS_SCHEMA) | {"row_id": "h", "seq": 9}
    left_out = LeftOut(seq=7, by="steward-a", rows=2, reason="it is not signed")
    found = Standing(said=(), left_out=(left_out,), relabels=pl.DataFrame([line], schema=RELABELS_SCHEMA))
    some = freeze(workspace, replace(request(batch), relabels=found))
    assert pl.read_parquet(frozen).equals(found.relabels)
    assert some["relabels"]["sha256"] == digest_file(frozen)
    assert some["relabels"]["left_out"] == [{"seq": 7, "by": "steward-a", "rows": 2, "reason": "it is not signed"}]
    assert not same_question(none, some)


def test_the_emissions_are_frozen_by_digest_and_an_empty_table_stands_for_none(tmp_path: Path, batch: Path):
    workspace, frozen = Workspace(root=tmp_path), tmp_path / "cycle" / "emissions.parquet"
    none = freeze(workspace, request(batch))
    assert none["emissions"] == {"path": "cycle/emissions.parquet", "sha256": digest_file(frozen)}
    assert read_emissions(frozen).rows == 0
    (tmp_path / "now.parquet").write_bytes(emissions_bytes(emitted("t/1", ["a text"], [""], EmissionLimits())))
    some = freeze(workspace, request(batch, emissions=tmp_path / "now.parquet"))
    assert (some["emissions"]["sha256"], read_emissions(frozen).rows) == (digest_file(tmp_path / "now.parquet"), 1)
    assert not same_question(none, some)


def test_a_new_cycle_replaces_the_folder_whole(tmp_path: Path, batch: Path):
    workspace = Workspace(root=tmp_path)
    freeze(workspace, request(batch))
    (workspace.cycle / "mix.json").write_text("{}")
    freeze(workspace, request(batch, number=2))
    assert not (workspace.cycle / "mix.json").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == [".heirloom", "cycle", "inbox"]


@pytest.mark.parametrize("killed_after", ["the old cycle was set aside", "the new cycle was put in place"])
def test_a_swap_that_was_killed_is_finished_and_leaves_nothing_behind(tmp_path: Path, batch: Path, killed_after: str):
    workspace = Workspace(root=tmp_path)
    document = freeze(workspace, request(batch))
    (tmp_path / ".cycle.old").mkdir()
    (tmp_path / ".cycle.old" / "cycle.json").write_text("{}")
    if killed_after == "the old cycle was set aside":
        shutil.rmtree(tmp_path / ".cycle.old")
        workspace.cycle.rename(tmp_path / ".cycle.old")
    settle(workspace)
    assert frozen_cycle(workspace) == (document, digest_document(document))
    assert not (tmp_path / ".cycle.old").exists()
    settle(workspace)


def test_the_same_question_ignores_number_and_ledger_and_hears_everything_else(batch: Path):
    manifest = batch_manifest(batch)
    one = cycle_of(request(batch), manifest)
    assert same_question(one, cycle_of(request(batch, number=9), manifest))
    assert not same_question(one, cycle_of(request(batch, champion=2), manifest))
    (batch / "human.csv").write_text("other rows")
    assert not same_question(one, cycle_of(request(batch), batch_manifest(batch)))


def test_a_folder_in_a_batch_a_link_and_nothing_at_all_are_refused(tmp_path: Path, batch: Path):
    (batch / "inner").mkdir()
    with pytest.raises(BatchError, match="inner"):
        batch_manifest(batch)
    (tmp_path / "link.csv").symlink_to(batch / "human.csv")
    with pytest.raises(BatchError, match="symbolic link"):
        batch_manifest(tmp_path / "link.csv")
    with pytest.raises(BatchError, match="does not exist"):
        batch_manifest(tmp_path / "nothing")


def test_a_hold_inside_a_hold_is_one_and_a_foreign_holder_is_named(tmp_path: Path):
    import subprocess
    import sys

    path = tmp_path / "lock"
    code = (
        "import sys; from pathlib import Path\n"
        "from governance.adapters.lock import hold\nfrom governance.ports.clock import SystemClock\n"
        "with hold(Path(sys.argv[1]), 'other work', SystemClock()):\n print('held', flush=True); sys.stdin.read()\n"
    )
    with hold(path, "outer", SystemClock()), hold(path, "inner", SystemClock()):
        pass
    words = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ConflictError, match=rf"process {other.pid} on .* \(other work, since"), hold(path, "ours", SystemClock()):
            raise AssertionError("held twice")
        other.kill()
        other.wait()
    with hold(path, "after a kill", SystemClock()):
        assert "after a kill" in path.with_name("lock.json").read_text()
