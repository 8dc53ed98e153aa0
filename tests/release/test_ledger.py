"""The chain of events, and what their bodies may say."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import IntegrityError, UsageError
from governance.release import kinds
from governance.release.kinds import check_body
from governance.release.ledger import GENESIS, follow, verify
from tests.release.ledger_events import chain

NOTE = kinds.NOTE_ADDED


def notes(count):
    return chain(*[(NOTE, {"about": n, "text": f"note {n}"}) for n in range(count)])


def test_a_chain_that_was_followed_is_a_chain_that_verifies():
    events = notes(5)
    verify(events)
    assert events[0].previous == GENESIS
    assert [e.seq for e in events] == [1, 2, 3, 4, 5]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4), st.sampled_from(["body", "actor", "at", "kind", "digest", "previous", "seq"]))
def test_any_field_of_any_event_that_is_edited_is_found_at_its_seq(place, field):
    events = notes(5)
    edited = {"body": {"about": 0, "text": "x"}, "seq": 9}.get(field, "f" * 64)
    events[place] = replace(events[place], **{field: edited})
    with pytest.raises(IntegrityError) as found:
        verify(events)
    assert f"ledger seq {place + 1}" in found.value.message()


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(5)))
def test_events_in_another_order_do_not_verify(order):
    events = notes(5)
    if list(order) != sorted(order):
        with pytest.raises(IntegrityError):
            verify([events[place] for place in order])


@pytest.mark.parametrize("place", [0, 1, 3])
def test_an_event_that_was_removed_from_the_middle_is_missed(place):
    events = notes(5)
    del events[place]
    with pytest.raises(IntegrityError, match=f"ledger seq {place + 1}"):
        verify(events)


def test_an_edit_with_a_recomputed_digest_is_missed_by_the_next_event():
    events = notes(3)
    events[1] = follow(events[0], kind=NOTE, actor="mallory", at=events[1].at, body=events[1].body)
    with pytest.raises(IntegrityError, match="ledger seq 3"):
        verify(events)


@pytest.mark.parametrize("kind", kinds.BODIES)
def test_a_body_says_all_that_its_kind_needs_and_nothing_else(kind):
    body = dict.fromkeys(kinds.BODIES[kind], 1)
    check_body(kind, body)
    with pytest.raises(UsageError, match=r"extra is not expected"):
        check_body(kind, {**body, "extra": 1})
    with pytest.raises(UsageError, match="is missing"):
        check_body(kind, dict(list(body.items())[1:]))


def test_a_kind_that_nobody_folds_cannot_be_written():
    with pytest.raises(UsageError, match="is no kind of event"):
        check_body("release.barred", {})


@pytest.mark.parametrize("text", ["a" * 2001, "half \ud800 character", "bell \x07", "nul \x00"])
def test_a_reason_that_cannot_be_kept_or_shown_is_refused(text):
    with pytest.raises(UsageError, match=r"note\.added, text"):
        check_body(NOTE, {"about": 1, "text": text})


@pytest.mark.parametrize("text", ["", "Stimme ist zurück\nzweite Zeile", "عكس", "e\u0301 \u00e9", "\u200b"])
def test_any_other_reason_is_kept_as_it_is(text):
    check_body(NOTE, {"about": 1, "text": text})
    assert chain((NOTE, {"about": 1, "text": text}))[0].body["text"] == text
