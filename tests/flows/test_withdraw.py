"""A withdrawn row is in no later mix and in no kept file, wherever the process dies; who learnt from it is said as far as it was kept."""

from pathlib import Path

import polars as pl
import pytest

from flows.earlier import earlier_rows
from flows.recall import withdrawn_rows
from flows.withdraw import Withdrawn, ids_in, known_rows, learnt_from, withdraw
from governance.actions.keep_rows import keep_rows
from governance.actions.prune_rows import prune_rows
from governance.actions.withdraw import STEPS, Request, withdraw_rows
from governance.adapters.executors.here import HereExecutor
from governance.adapters.withdrawal_folder import WithdrawalFolder
from governance.digest import digest_text, write_document
from governance.errors import ConflictError, IntegrityError, UsageError
from governance.mixing.rules import MixRules
from governance.provenance.earlier import nothing_earlier
from governance.provenance.passed import PASSED_SCHEMA
from governance.release import kinds
from governance.release.fold import fold
from governance.release.judged import Withdrawal
from tests.flows.kept_line import KeptLine, rows_of, secret
from tests.world import Killed, Killer


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> KeptLine:
    """1 was trained on a, b, c; 2, from its weights, on c and d; 3, from 2, on e: its rows are not kept."""
    made = KeptLine(tmp_path_factory.mktemp("line"))
    made.trained(1, None, "a", "b", "c")
    made.trained(2, 1, "c", "d")
    made.trained(3, 2, "e", kept=False)
    return made


@pytest.fixture
def line(made: KeptLine, tmp_path: Path) -> KeptLine:
    return made.copied(tmp_path)


def asked(line: KeptLine, *ids: str, reason: str = "author withdrew consent") -> Withdrawn:
    return withdraw(line.shop(), ids, reason)


def test_a_row_leaves_every_kept_file_and_is_frozen_out_of_the_next_cycle(line: KeptLine) -> None:
    old = set(line.rows.names())
    done = asked(line, "c")
    assert (done.changed, done.rows, done.kept_files, done.already) == (True, 1, 2, 0)
    assert line.kept_ids() == ["a", "b", "d"]
    assert not old & set(line.rows.names())
    assert withdrawn_rows(line.shop(), line.world.state()).rows() == [("c", digest_text(secret("c")), done.withdrawal.seq)]
    back = earlier_rows(MixRules(regime="accumulate"), line.rows, line.world.state(), line.root / "scratch")
    assert back is not None
    assert pl.read_parquet(back)["row_id"].to_list() == ["a", "b", "d"]


def test_the_event_says_who_why_how_many_and_which_releases_and_holds_no_text(line: KeptLine) -> None:
    done = asked(line, "c", "d")
    event = line.world.ledger.events()[-1]
    assert (event.kind, event.actor, event.body["rows"], event.body["reason"]) == (
        kinds.ROWS_WITHDRAWN,
        "engineer-a",
        2,
        "author withdrew consent",
    )
    assert (event.body["trained"], event.body["perhaps"]) == ({"1": 1, "2": 2}, [])
    assert "Secret" not in str(event.body) + str(done)
    assert fold(line.world.ledger.events()).withdrawn == line.world.state().withdrawn


def test_who_learnt_from_it_is_told_by_rows_by_weights_and_where_nobody_can_tell(line: KeptLine) -> None:
    shop, state = line.shop(), line.world.state()

    def learnt(name: str) -> tuple[dict[int, int], tuple[int, ...], tuple[int, ...]]:
        found = learnt_from(shop, state, known_rows(shop, state, [name]))
        return found.trained, found.started, found.perhaps

    assert learnt("a") == ({1: 1}, (2, 3), ())
    assert learnt("d") == ({2: 1}, (3,), ())
    assert learnt("e") == ({}, (), (3,))


def test_who_learnt_from_it_is_known_when_its_kept_copy_is_gone(line: KeptLine) -> None:
    asked(line, "a", "c", "d")
    again = asked(line, "c").learnt
    assert (again.trained, again.started) == ({1: 1, 2: 1}, (3,))
    assert asked(line, "a").learnt.trained == {1: 1}


def test_a_pinned_shard_is_named_and_anchors_were_shown_to_every_release(line: KeptLine) -> None:
    line.shard("anchors", "x")
    line.shard("tail", "y", "x")
    shop, state = line.shop(), line.world.state()
    found = learnt_from(shop, state, known_rows(shop, state, ["x"]))
    assert (found.trained, found.shards) == ({1: 1, 2: 1, 3: 1}, {"anchors": 1, "tail": 1})
    assert learnt_from(shop, state, known_rows(shop, state, ["y"])).shards == {"tail": 1}


def test_ten_thousand_ids_go_in_one_event_and_unknown_ones_are_refused_five_by_name(tmp_path: Path) -> None:
    line = KeptLine(tmp_path)
    ids = [f"art-{number:05}" for number in range(10_000)]
    line.trained(1, None, *ids)
    with pytest.raises(UsageError, match="nothing is known of 7 of 10007 rows") as caught:
        asked(line, *ids, *(f"no-{number}" for number in range(7)))
    assert "no-0, no-1, no-2, no-3, no-4 (+2 more)" in caught.value.message()
    assert line.world.state().withdrawn == {}
    file = tmp_path / "ids.txt"
    file.write_text("\ufeff" + "\n".join([*ids, "", ids[0]]), encoding="utf-8")
    before = len(line.world.ledger.events())
    done = withdraw(line.shop(), ids_in(file), "the house closes")
    assert (done.rows, done.learnt.trained, len(line.world.ledger.events())) == (10_000, {1: 10_000}, before + 1)
    assert line.kept_ids() == []


def test_a_file_that_holds_no_ids_is_refused(tmp_path: Path) -> None:
    (tmp_path / "long").write_text("x" * 201)
    with pytest.raises(UsageError, match="1 lines are no row ids"):
        ids_in(tmp_path / "long")
    with pytest.raises(UsageError, match="cannot be read"):
        ids_in(tmp_path / "none")


def test_what_was_withdrawn_before_changes_nothing_and_new_ones_beside_it_are_added(line: KeptLine) -> None:
    asked(line, "c")
    before = list(line.world.ledger.events())
    again = asked(line, "c")
    assert (again.changed, again.rows, again.already) == (False, 0, 1)
    assert line.world.ledger.events() == tuple(before)
    more = asked(line, "c", "a")
    assert (more.changed, more.rows, more.already) == (True, 1, 1)
    assert line.kept_ids() == ["b", "d"]


def request_of(line: KeptLine, name: str) -> Request:
    rows = pl.DataFrame({"row_id": [name], "sha256": [digest_text(secret(name))], "trained": [[1]]})
    return Request(rows=rows, reason="why", trained={1: 1}, perhaps=())


def act(line: KeptLine, name: str, steps: Killer | None = None) -> tuple[Withdrawal, bool]:
    desk = line.world.desk()
    store = WithdrawalFolder(folder=line.root / ".heirloom" / "withdrawn")
    return withdraw_rows(desk.ledger, store, line.rows, request_of(line, name), read=line.world.state(), steps=steps or Killer())


@pytest.mark.parametrize("point", STEPS)
def test_killed_anywhere_the_same_command_finishes_it_once(line: KeptLine, point: str) -> None:
    with pytest.raises(Killed):
        act(line, "c", Killer(at=point))
    act(line, "c")
    assert [event.kind for event in line.world.ledger.events()].count(kinds.ROWS_WITHDRAWN) == 1
    assert line.kept_ids() == ["a", "b", "d"]
    assert set(line.rows.names()) == set(line.world.state().kept_rows.values())


def test_killed_before_the_old_files_are_gone_the_next_end_of_a_cycle_deletes_them(line: KeptLine) -> None:
    with pytest.raises(Killed):
        act(line, "c", Killer(at="withdraw.recorded"))
    assert len(line.rows.names()) == 4
    prune_rows(line.world.desk().ledger, line.rows, "none", None)
    assert set(line.rows.names()) == set(line.world.state().kept_rows.values())


def test_rows_that_were_kept_meanwhile_stop_it_and_nothing_is_recorded(line: KeptLine) -> None:
    def meanwhile() -> None:
        line.record(kinds.ROWS_PRUNED, {"cycle_digest": next(iter(line.world.state().kept_rows)), "rows_sha256": "x", "reason": "y"})

    with pytest.raises(ConflictError, match="meanwhile"):
        act(line, "c", Killer(at="withdraw.kept", meanwhile=meanwhile))
    assert line.world.state().withdrawn == {}


def test_two_at_once_write_one_event(line: KeptLine) -> None:
    seen: list[bool] = []
    one = act(line, "c", Killer(at="withdraw.written", meanwhile=lambda: seen.append(act(line, "c")[1])))
    assert (seen, one[1]) == ([True], False)


def test_a_cycle_that_was_frozen_before_does_not_keep_a_row_that_was_withdrawn_since(line: KeptLine, tmp_path: Path) -> None:
    asked(line, "e")
    folder = tmp_path / "late"
    folder.mkdir()
    rows_of("e", "f").with_columns(role=pl.lit("human"), shard=pl.lit(0)).write_parquet(folder / "mix.parquet")
    PASSED_SCHEMA.to_frame().write_parquet(folder / "descent.parquet")
    nothing_earlier().write_parquet(folder / "earlier.parquet")
    write_document(folder / "cycle.json", {"number": 9})
    write_document(folder / "decision.json", {"verdict": "pass"})
    gone = withdrawn_rows(line.shop(), line.world.state())
    assert keep_rows(line.world.desk().ledger, line.rows, HereExecutor(), folder, withdrawn=gone)
    assert line.world.ledger.events()[-1].body["rows"] == 1
    assert line.kept_ids() == ["a", "b", "c", "c", "d", "f"]


def test_an_altered_file_of_withdrawn_rows_stops_the_next_cycle(line: KeptLine) -> None:
    asked(line, "a")
    next((line.root / ".heirloom" / "withdrawn").iterdir()).write_bytes(b"other")
    with pytest.raises(IntegrityError, match="is altered"):
        withdrawn_rows(line.shop(), line.world.state())


def test_a_withdrawal_without_a_reason_or_without_a_row_is_refused(line: KeptLine) -> None:
    with pytest.raises(UsageError, match="no reason"):
        asked(line, "a", reason=" ")
    with pytest.raises(UsageError, match="no row is named"):
        asked(line)
    assert line.world.state().withdrawn == {}
