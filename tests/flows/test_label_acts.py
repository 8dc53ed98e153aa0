"""The queue of a cycle, a sheet there and back, and everything that somebody may try on the way."""

from pathlib import Path

import polars as pl
import pytest

from flows.labels import export, history, import_sheet, queue
from governance.digest import digest_text, write_document
from governance.errors import ConflictError, RefusedError, UsageError
from governance.wiring import SIGNING_KEY
from tests.flows.label_office import HUMAN, HYBRID, MACHINE, NOBODYS, Office
from tests.keys import allow, make_key

SIGNS = "says human, 3 independent signs of machine text"
MODEL = {"new_origin": "model", "new_generator": "g", "new_generator_version": "1"}
VERSION = {"new_generator_version": "10"}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path / "line")
    made.cycle(HUMAN, {**HUMAN, "row_id": "other", "text": "Else."}, MACHINE, HYBRID, NOBODYS, {"row_id": "z"})
    made.doubt("h")
    return made


def asked(office: Office, tmp_path: Path, name: str = "sheet.csv") -> Path:
    export(office.shop(), tmp_path / name)
    return tmp_path / name


def events(office: Office) -> int:
    return office.shop().ledger.state().seq


def test_the_queue_holds_what_a_person_can_settle_strongest_doubt_first_and_says_why(office: Office) -> None:
    found = queue(office.shop())
    assert found.rows.select("row_id", "why", "origin", "source_file", "line").rows() == [
        ("h", SIGNS, "human", "batch.jsonl", 1),
        ("y", "model or hybrid without its generator's version", "hybrid", "batch.jsonl", 4),
        ("n", "nobody says who wrote it", "ai", "batch.jsonl", 5),
    ]
    assert (found.cycle, found.rows_in, found.beyond) == (1, 6, 0)
    assert found.rows["reasons"][0].startswith("signal-0 0.9 (as high: 1.0 of 1,000 human rows); signal-1")
    assert found.rows["reasons"][2] == "unrecognised-origin: origin ai"


def test_answers_are_one_event_and_hold_from_the_next_cycle_on(office: Office, tmp_path: Path) -> None:
    sheet = office.fill(asked(office, tmp_path), {"h": MODEL, "y": VERSION, "n": {"new_origin": "human", "note": "the author told me"}})
    before = sheet.read_bytes()
    found = import_sheet(office.shop(), sheet)
    assert found.recorded is not None
    assert found.recorded.relabelling.moves == {"human->model": 1, "hybrid->hybrid": 1, "nobody->human": 1}
    assert (events(office), sheet.read_bytes()) == (2, before)
    assert queue(office.shop()).rows.is_empty()
    audit = office.cycle(HUMAN, MACHINE, HYBRID, NOBODYS)
    assert (audit["quarantined"], audit["relabelled"]) == (0, {"hybrid->hybrid": 1, "human->model": 1, "nobody->human": 1})
    assert audit["labellers"] == {"steward-a": 3}


def test_a_confirmed_row_is_asked_about_once(office: Office, tmp_path: Path) -> None:
    import_sheet(office.shop(), office.fill(asked(office, tmp_path), {"h": {"new_origin": "human"}}))
    office.cycle(HUMAN, MACHINE)
    office.doubt("h")
    assert queue(office.shop()).rows.is_empty()


def test_a_sheet_is_answered_though_the_next_cycle_has_begun(office: Office, tmp_path: Path) -> None:
    sheet = office.fill(asked(office, tmp_path), {"y": VERSION})
    office.cycle({**HUMAN, "row_id": "q", "text": "Another batch."})
    assert import_sheet(office.shop(), sheet).reading.labels["row_id"].to_list() == ["y"]


def test_the_second_half_of_a_sheet_is_answered_later(office: Office, tmp_path: Path) -> None:
    sheet = office.fill(asked(office, tmp_path), {"y": VERSION})
    import_sheet(office.shop(), sheet)
    found = import_sheet(office.shop(), office.fill(sheet, {"h": MODEL}))
    assert (found.reading.already, found.reading.labels["row_id"].to_list(), found.reading.open) == (1, ["h"], 1)


def test_a_sheet_with_one_wrong_line_records_nothing_and_stays_as_it_was(office: Office, tmp_path: Path) -> None:
    sheet = office.fill(asked(office, tmp_path), {"h": MODEL, "y": VERSION, "n": {"new_origin": "AI"}})
    before = sheet.read_bytes()
    with pytest.raises(UsageError, match=r"1 of 3 lines cannot be imported(.|\n)*line 4: 'AI' is no origin") as error:
        import_sheet(office.shop(), sheet)
    assert (events(office), sheet.read_bytes(), error.value.exit_code) == (1, before, 2)
    assert not any(row["text"] in str(error.value) for row in (HUMAN, HYBRID, NOBODYS))


def test_a_forged_digest_binds_no_label_to_another_text(office: Office, tmp_path: Path) -> None:
    for forged in (digest_text(MACHINE["text"]), "0" * 64):
        sheet = office.fill(asked(office, tmp_path, f"{forged}.csv"), {"h": {**MODEL, "sha256": forged}})
        with pytest.raises(UsageError, match="the sha256 is not that of 'h'"):
            import_sheet(office.shop(), sheet)
    assert events(office) == 1


def test_a_text_that_was_swapped_under_the_stewards_eyes_is_refused(office: Office, tmp_path: Path) -> None:
    sheet = office.fill(asked(office, tmp_path), {"h": {**MODEL, "text": "A model wrote this."}})
    with pytest.raises(UsageError, match="the text is not the one of 'h'"):
        import_sheet(office.shop(), sheet)


def added(row: dict[str, str], **cells: str) -> dict[str, str]:
    return {"row_id": row["row_id"], "sha256": digest_text(row["text"]), "origin": row["origin"], **cells}


def test_a_row_that_is_not_in_the_queue_needs_a_note_and_is_counted_apart(office: Office, tmp_path: Path) -> None:
    bare = office.fill(asked(office, tmp_path), {}, added=[added(MACHINE, new_origin="human")])
    with pytest.raises(UsageError, match="'m' is not in the queue: say in the note why"):
        import_sheet(office.shop(), bare)
    noted = office.fill(asked(office, tmp_path, "b.csv"), {}, added=[added(MACHINE, new_origin="human", note="her own draft, d-5521")])
    found = import_sheet(office.shop(), noted).recorded
    assert found is not None
    assert (found.relabelling.unqueued, found.relabelling.moves) == (1, {"model->human": 1})


def test_a_row_that_nobody_knows_is_refused(office: Office, tmp_path: Path) -> None:
    sheet = office.fill(asked(office, tmp_path), {}, added=[added({**HUMAN, "row_id": "ghost"}, **MODEL, note="x")])
    with pytest.raises(UsageError, match="row 'ghost' is unknown"):
        import_sheet(office.shop(), sheet)


def test_the_same_file_again_changes_nothing_and_an_old_one_takes_nothing_back(office: Office, tmp_path: Path) -> None:
    old = office.fill(asked(office, tmp_path, "old.csv"), {"h": MODEL})
    import_sheet(office.shop(), old)
    assert import_sheet(office.shop(), old).recorded is None
    row = {**HUMAN, "origin": "model"}
    back = added(row, new_origin="human", note="she showed me her notes")
    later = office.fill(asked(office, tmp_path, "later.csv"), {}, added=[back])
    import_sheet(office.shop("steward-b"), later)
    with pytest.raises(ConflictError, match=r"h was labelled in ledger 3 since") as error:
        import_sheet(office.shop(), old)
    assert (error.value.exit_code, events(office)) == (5, 3)


def test_only_a_signed_label_is_taken_where_the_policy_wants_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(tmp_path / "line", environment="production")
    office.cycle(HUMAN, HYBRID)
    sheet = office.fill(asked(office, tmp_path), {"y": VERSION})
    with pytest.raises(RefusedError, match="labels that are not signed do not count here"):
        import_sheet(office.shop(), sheet)
    key = make_key(tmp_path / "keys" / "steward-a")
    monkeypatch.setenv(SIGNING_KEY, str(key))
    with pytest.raises(RefusedError, match="is not among the allowed signers"):
        import_sheet(office.shop(), sheet)
    allow(office.root / "allowed_signers", ("steward-a", key))
    found = import_sheet(office.shop(), sheet).recorded
    assert found is not None
    assert found.relabelling.signed
    assert office.cycle(HUMAN, HYBRID)["relabelled"] == {"hybrid->hybrid": 1}
    allow(office.root / "allowed_signers")
    assert office.cycle(HUMAN, HYBRID)["relabelled"] == {}
    assert [one.rows for one in queue(office.shop()).left_out] == [1]
    assert queue(office.shop()).rows["row_id"].to_list() == ["y"]


def test_a_source_that_says_something_else_after_a_label_comes_back_into_the_queue_and_can_be_settled(
    office: Office, tmp_path: Path
) -> None:
    import_sheet(office.shop(), office.fill(asked(office, tmp_path), {"h": MODEL}))
    claimed = {**HUMAN, "origin": "hybrid", "generator": "desk-assist", "generator_version": "2"}
    office.cycle(claimed, {**HUMAN, "row_id": "q", "text": "Fresh."})
    assert queue(office.shop()).rows.select("row_id", "why", "origin", "label").rows() == [("h", "two systems disagree", "hybrid", 2)]
    import_sheet(office.shop(), office.fill(asked(office, tmp_path, "b.csv"), {"h": {"new_origin": "hybrid"}}))
    audit = office.cycle(claimed, {**HUMAN, "row_id": "q", "text": "Fresh."})
    assert (audit["quarantined"], audit["by_origin"]) == (0, {"human": 1, "hybrid": 1})


def test_what_was_said_of_a_row_is_told_with_what_does_not_count(office: Office, tmp_path: Path) -> None:
    import_sheet(office.shop(), office.fill(asked(office, tmp_path), {"h": {**MODEL, "note": "the tool's log shows it"}}))
    known, words = history(office.shop(), "h")
    assert [(word.seq, word.by, word.then, word.now, word.note, word.doubt) for word in words] == [
        (2, "steward-a", "human", "model", "the tool's log shows it", "")
    ]
    assert [row["origin"] for row in known] == ["human"]
    with pytest.raises(UsageError, match="nothing is known of row 'ghost'"):
        history(office.shop(), "ghost")


def test_the_shift_of_the_mix_at_hand_is_told_in_tokens(office: Office, tmp_path: Path) -> None:
    folder = office.root / "cycle"
    rows = pl.read_parquet(folder / "admitted.parquet").with_columns(
        pl.when(pl.col("origin") == "human").then(pl.lit("human")).otherwise(pl.lit("synthetic")).alias("role"),
        pl.lit(10, dtype=pl.Int64).alias("tokens"),
        pl.when(pl.col("origin") == "human").then(0).otherwise(10).cast(pl.Int64).alias("counted"),
    )
    rows.write_parquet(folder / "mix.parquet")
    write_document(folder / "mix.json", {"tokens": {"human": 20, "synthetic": 10}, "counted_tokens": 10, "synthetic_cap_percent": 35})
    shift = import_sheet(office.shop(), office.fill(asked(office, tmp_path), {"h": MODEL})).shift
    assert shift is not None
    assert (shift.counted, shift.total, shift.counted_after, shift.total_after, shift.over) == (10, 30, 20, 30, True)


def test_a_label_on_a_row_of_a_pinned_shard_is_told_because_it_changes_no_shard(office: Office, tmp_path: Path) -> None:
    shards = office.root / "shards"
    shards.mkdir()
    pl.read_parquet(office.root / "cycle" / "admitted.parquet").write_parquet(shards / "anchors.parquet")
    before = (shards / "anchors.parquet").read_bytes()
    sheet = office.fill(asked(office, tmp_path), {"h": MODEL, "y": VERSION})
    assert import_sheet(office.shop(), sheet).pinned == {"anchors": 1}
    assert (shards / "anchors.parquet").read_bytes() == before


def test_a_flood_of_refused_rows_does_not_drown_the_steward(tmp_path: Path) -> None:
    office = Office(tmp_path / "line")
    (office.root / "policy.toml").write_text((office.root / "policy.toml").read_text() + "[labels]\nqueue_limit = 3\n")
    office.cycle(HUMAN, *({**HYBRID, "row_id": f"y{n}", "text": f"Edit {n}."} for n in range(10)))
    found = queue(office.shop())
    assert (found.rows.height, found.beyond) == (3, 7)


def test_a_workspace_without_a_cycle_has_an_empty_queue_and_writes_no_sheet(tmp_path: Path) -> None:
    office = Office(tmp_path / "line")
    found = export(office.shop(), tmp_path / "a.csv")
    assert (found.cycle, found.rows.height, (tmp_path / "a.csv").exists()) == (None, 0, False)
