"""Every cycle puts model text before a person who neither asked for it nor had it written, and an overdue sample stops promotions."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from cli.commands.label import read_lines
from cli.commands.status import reading_lines
from flows.labels import export, import_sheet, queue
from governance.actions.label import record_labels
from governance.actions.promote import promote
from governance.actions.sample import close_samples, draw_sample
from governance.errors import RefusedError
from governance.provenance.labels.label import LABEL_SCHEMA
from governance.provenance.labels.rules import LabelRules
from governance.provenance.labels.sample import WHY_DRAWN, drawn
from governance.release import kinds
from governance.release.reading import Sample, open_samples
from tests.flows.label_office import HUMAN, MACHINE, Office
from tests.world import Killed, Killer, World, terms

MODEL = {"new_origin": "model"}
RULES = LabelRules(sample_rows=3, sample_days=7)
WRITTEN = [{**MACHINE, "row_id": f"m{n}", "text": f"A model wrote sentence {n}."} for n in range(8)]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path / "line")
    made.cycle(HUMAN, *WRITTEN)
    mix(made)
    return made


def mix(office: Office) -> None:
    """mix.parquet as far as a sample looks at it: every row of the batch is in it."""
    folder = office.root / "cycle"
    rows = pl.read_parquet(folder / "admitted.parquet")
    role = pl.when(pl.col("origin") == "human").then(pl.lit("human")).otherwise(pl.lit("synthetic")).alias("role")
    rows.with_columns(role).write_parquet(folder / "mix.parquet")


def draw(office: Office, rules: LabelRules = RULES, excluded: tuple[str, ...] = ("engineer-a",), **more: Killer) -> Sample | None:
    shop = office.shop("platform")
    return draw_sample(shop.ledger, shop.labels, shop.workspace.cycle, rules, excluded=excluded, **more)


def kinds_of(office: Office) -> list[str]:
    return [event.kind for event in office.shop().ledger.events()]


def sheet(office: Office, path: Path, *ids: str) -> Path:
    export(office.shop(), path)
    return office.fill(path, dict.fromkeys(ids, MODEL))


def test_a_sample_is_model_text_alone_and_the_same_however_the_rows_lie(office: Office) -> None:
    rows = pl.read_parquet(office.root / "cycle" / "mix.parquet")
    found = drawn(rows, 3, seed=7)
    assert found.height == 3
    assert set(found["origin"]) == {"model"}
    assert found.equals(drawn(rows.reverse(), 3, seed=7))
    assert not found.equals(drawn(rows, 3, seed=8))
    assert drawn(rows, 100, seed=7).height == len(WRITTEN)


def test_a_sample_waits_in_the_queue_until_somebody_who_counts_has_read_every_row(office: Office, tmp_path: Path) -> None:
    sample = draw(office)
    assert (sample.cycle, sample.rows, sample.excluded, sample.open) == (1, 3, ("engineer-a",), True)
    waiting = queue(office.shop()).rows
    assert set(waiting["why"]) == {WHY_DRAWN}
    first, *rest = waiting["row_id"]

    found = import_sheet(office.shop(), sheet(office, tmp_path / "one.csv", first))
    assert (list(found.read), found.recorded.relabelling.moves) == ([], {})
    assert list(queue(office.shop()).rows["row_id"]) == rest
    assert open_samples(office.shop().ledger.state())
    assert "3 rows of model text of cycle 1" in reading_lines(office.shop().ledger.state())[0]

    found = import_sheet(office.shop("steward-b"), sheet(office, tmp_path / "two.csv", *rest))
    assert read_lines(found) == [" The sample of cycle 1 is read: 3 rows of model text."]
    [closed] = office.shop().ledger.state().samples.values()
    assert closed.readers == ("steward-a", "steward-b")
    assert queue(office.shop()).rows.is_empty()
    assert reading_lines(office.shop().ledger.state()) == []


def test_the_sample_waits_on_when_the_next_cycle_has_begun(office: Office, tmp_path: Path) -> None:
    draw(office)
    waiting = list(queue(office.shop()).rows["row_id"])
    office.cycle({**HUMAN, "row_id": "new", "text": "Another day."})
    assert list(queue(office.shop()).rows["row_id"]) == waiting
    import_sheet(office.shop(), sheet(office, tmp_path / "late.csv", *waiting))
    assert not open_samples(office.shop().ledger.state())


def test_whoever_asked_for_the_cycle_does_not_read_its_sample_under_any_spelling(office: Office, tmp_path: Path) -> None:
    draw(office)
    ids = list(queue(office.shop()).rows["row_id"])
    filled = sheet(office, tmp_path / "own.csv", *ids)
    before = kinds_of(office)
    for name in ("engineer-a", "Engineer-A"):
        with pytest.raises(RefusedError, match=r"drawn from cycle 1, which .* asked for"):
            import_sheet(office.shop(name), filled)
    assert kinds_of(office) == before


def test_labels_from_before_the_sample_was_drawn_are_no_reading_of_it(office: Office, tmp_path: Path) -> None:
    office.doubt("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m0")
    export(office.shop(), tmp_path / "before.csv")
    import_sheet(office.shop(), office.fill(tmp_path / "before.csv", {f"m{n}": MODEL for n in range(8)}))
    draw(office)
    shop = office.shop()
    assert close_samples(shop.ledger, shop.labels, shop.seal) == []
    assert queue(office.shop()).rows.height == 3


def test_labels_that_the_asker_gave_some_other_way_do_not_close_a_sample(office: Office) -> None:
    draw(office)
    rows = queue(office.shop()).rows
    same = {"origin_then": "origin", "generator_then": "generator", "version_then": "generator_version", "origin_now": "origin"}
    labels = rows.with_columns(**{name: pl.col(of) for name, of in same.items()}, after=pl.lit(0, dtype=pl.Int64), queued=True)
    labels = labels.with_columns(note=pl.lit(None, dtype=pl.String)).select(LABEL_SCHEMA.names())
    shop = office.shop("engineer-a")
    record_labels(shop.ledger, shop.labels, labels, "a" * 64, shop.seal, read=shop.ledger.state())
    assert close_samples(shop.ledger, shop.labels, shop.seal) == []
    assert queue(office.shop()).rows.height == 3


@pytest.mark.parametrize("step", ["sample.kept", "sample.recorded"])
def test_a_draw_that_was_killed_is_made_once(office: Office, step: str) -> None:
    with pytest.raises(Killed):
        draw(office, steps=Killer(at=step))
    first, second = draw(office), draw(office)
    assert first == second
    assert kinds_of(office).count(kinds.SAMPLE_DRAWN) == 1


def test_the_policy_says_how_many_and_the_demo_asks_for_none(office: Office) -> None:
    assert draw(office, LabelRules()) is None
    assert (LabelRules().sampled("staging"), LabelRules().sampled("demo"), LabelRules(sample_rows=0).sampled("production")) == (20, 0, 0)
    assert kinds.SAMPLE_DRAWN not in kinds_of(office)


def test_a_cycle_without_model_text_has_nothing_to_read(tmp_path: Path) -> None:
    office = Office(tmp_path / "line")
    office.cycle(HUMAN)
    mix(office)
    assert draw(office) is None


@pytest.mark.parametrize(("days", "late"), [(1, False), (-1, True)])
def test_an_overdue_sample_stops_every_promotion_and_one_that_was_read_does_not(tmp_path: Path, days: int, late: bool) -> None:
    world = World(root=tmp_path)
    candidate, ledger = world.add("one"), world.desk().ledger
    due = (world.clock.at + timedelta(days=days)).isoformat()
    body = {"cycle": 1, "cycle_digest": "c" * 64, "rows": 20, "sample_sha256": "s" * 64, "due": due, "excluded": ["engineer-a"]}
    ledger.record(kinds.SAMPLE_DRAWN, body)
    if late:
        with pytest.raises(RefusedError, match="20 rows of model text wait for a reader beyond their time"):
            promote(world.desk(), candidate, terms())
        assert world.state().champion is None
        ledger.record(kinds.SAMPLE_READ, {"cycle_digest": "c" * 64, "sample_sha256": "s" * 64, "readers": ["steward-a"]})
    assert promote(world.desk(), candidate, terms()).changed
