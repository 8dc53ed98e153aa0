"""A line of a sheet is a label, or it says in one phrase what is wrong with it; what came too late is told apart from what is wrong."""

from dataclasses import replace

import pytest

from governance.provenance.labels.sheet import NOTE_CHARACTERS, Line, Reading, Row, read_lines

HUMAN = Row(origin="human", generator=None, generator_version=None, label=0, queued=True)
HYBRID = Row(origin="hybrid", generator="desk-assist", generator_version=None, label=0, queued=True)
NOBODY = Row(origin=None, generator=None, generator_version=None, label=0, queued=True)
LINE = Line(number=2, row_id="r", sha256="a", origin="human", label=0)
MODEL = {"new_origin": "model", "new_generator": "g", "new_generator_version": "2"}


def read(*lines: Line, row: Row = HUMAN) -> Reading:
    return read_lines(lines, {("r", "a"): row})


def label(line: Line, row: Row = HUMAN) -> tuple[object, ...]:
    found = read(line, row=row)
    assert (found.problems, found.overtaken) == ((), ())
    return found.labels.select("origin_then", "origin_now", "generator", "generator_version", "after", "queued").row(0)


def test_what_the_person_writes_is_the_label_and_it_names_the_one_it_follows() -> None:
    assert label(replace(LINE, **MODEL)) == ("human", "model", "g", "2", 0, True)
    assert label(replace(LINE, label=9, **MODEL), replace(HUMAN, label=9)) == ("human", "model", "g", "2", 9, True)
    assert label(replace(LINE, new_origin="HUMAN")) == ("human", "human", None, None, 0, True)


def test_an_empty_cell_keeps_what_is_there_but_not_the_version_of_another_generator() -> None:
    assert label(replace(LINE, new_generator_version="10"), HYBRID) == ("hybrid", "hybrid", "desk-assist", "10", 0, True)
    other = replace(HYBRID, generator_version="10")
    assert read(replace(LINE, new_generator="gpt"), row=other).problems == ("line 2: hybrid needs a generator and its version",)
    assert label(replace(LINE, new_origin="weak"), NOBODY) == (None, "weak", "unknown", None, 0, True)
    assert label(replace(LINE, new_origin="human", note="I was there"), HYBRID) == ("hybrid", "human", None, None, 0, True)


def test_a_line_on_which_nobody_wrote_is_left_open() -> None:
    found = read(LINE)
    assert (found.open, found.labels.height, found.problems) == (1, 0, ())


@pytest.mark.parametrize(
    ("changes", "row", "said"),
    [
        ({"new_origin": "AI"}, HUMAN, "'AI' is no origin: use human, model, hybrid, exposed, weak, unknown"),
        ({"new_generator": "g"}, NOBODY, "new_origin is empty, and the row has no origin"),
        ({"new_origin": "model"}, HUMAN, "model needs a generator and its version"),
        ({"new_origin": "hybrid", "new_generator": "g"}, HUMAN, "hybrid needs a generator and its version"),
        ({"new_origin": "human", "new_generator": "g"}, HUMAN, "human, and a generator: leave it out, or say model or hybrid"),
        ({**MODEL, "new_generator": "g\u202e"}, HUMAN, "'g\\u202e' is too long, or holds characters that do not show"),
        ({**MODEL, "new_generator": "g" * 201}, HUMAN, f"'{'g' * 40}' is too long, or holds characters that do not show"),
        (
            {**MODEL, "note": "x" * (NOTE_CHARACTERS + 1)},
            HUMAN,
            "the note is longer than 400 characters, or holds characters that do not show",
        ),
        ({"new_origin": "human"}, HYBRID, "a row becomes human only with a note that says how that is known"),
        ({"new_origin": "human"}, NOBODY, "a row becomes human only with a note that says how that is known"),
        (MODEL, replace(HUMAN, queued=False), "'r' is not in the queue: say in the note why it is labelled"),
        ({**MODEL, "label": None, "origin": "model"}, HUMAN, "'r' is human now: write that into origin, so that it is the row you mean"),
        ({**MODEL, "text_holds": False}, HUMAN, "the text is not the one of 'r': export the row again"),
        ({**MODEL, "row_id": "s"}, HUMAN, "row 's' is unknown"),
        ({**MODEL, "row_id": ""}, HUMAN, "no row_id"),
        ({**MODEL, "sha256": "b"}, HUMAN, "the sha256 is not that of 'r': its text changed, or the cell did"),
    ],
)
def test_what_cannot_be_a_label_is_said_with_its_line(changes: dict[str, object], row: Row, said: str) -> None:
    found = read(replace(LINE, **changes), row=row)  # type: ignore[arg-type]
    assert found.problems == (f"line 2: {said}",)
    assert found.labels.is_empty()


def test_a_row_that_was_labelled_since_is_not_labelled_over() -> None:
    since = replace(HUMAN, origin="model", label=12, word=("model", "g", "1"))
    found = read(replace(LINE, new_origin="human", note="mine"), row=since)
    assert found.overtaken == ("line 2: r was labelled in ledger 12 since",)
    assert found.labels.is_empty()


def test_what_the_last_label_says_is_already_so_however_old_the_sheet() -> None:
    since = replace(HUMAN, label=12, word=("model", "g", "2"))
    found = read(replace(LINE, **MODEL), row=since)
    assert (found.already, found.labels.height, found.overtaken) == (1, 0, ())


def test_two_lines_about_one_row_say_the_same_or_contradict_each_other() -> None:
    one, same, other = (replace(LINE, number=number, **MODEL) for number in (2, 3, 4))
    assert read(one, same).labels.height == 1
    assert read(one, replace(other, new_generator="h")).problems == ("line 4: contradicts an earlier line about r",)


def test_a_row_that_was_not_asked_for_may_be_labelled_with_a_note_and_is_told_apart() -> None:
    row = replace(HUMAN, queued=False)
    added = replace(LINE, label=None, note="the agency told us", **MODEL)
    assert label(added, row) == ("human", "model", "g", "2", 0, False)
