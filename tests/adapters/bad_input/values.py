"""Rows that are read and cannot be true, or cannot be told apart: ids, names, origins, days, licences."""

from typing import Any

from governance.provenance.rules import ProvenanceRules
from tests.adapters.bad_input.case import AFTER, BEFORE, TEXT, Case, JsonTopic, json_lines, row

IDS, ORIGINS, DAYS, LICENCES = "Ids and names", "Origins", "Days", "Licences"
_ids, _origins, _days, _licences = (JsonTopic(topic) for topic in (IDS, ORIGINS, DAYS, LICENCES))
_TIERS = {"row_id": "row_id", "text": "text", "origin": "origin", "source_tier": "licence"}
_UNTIL = ProvenanceRules(latest_vintage="2026-11-29")


def _two(topic: str, name: str, ids: tuple[str, str], note: str = "", **more: Any) -> Case:
    content = json_lines(row(BEFORE), *(row(one, **more) for one in ids), row(AFTER))
    return Case(topic=topic, name=name, files={"a.jsonl": content}, read=(BEFORE, *ids, AFTER), note=note)


CASES: tuple[Case, ...] = (
    _ids.bad("no id", {"text": TEXT, "origin": "human"}, "missing-id"),
    _ids.bad("an id of blanks", row("  "), "missing-id"),
    _ids.bad("a float", b'{"row_id": 1.0, "text": "t", "origin": "human"}', "wrong-type"),
    _ids.bad("a float in scientific form", b'{"row_id": 1e3, "text": "t", "origin": "human"}', "wrong-type"),
    _ids.bad("a boolean", row("x") | {"row_id": True}, "wrong-type"),
    _ids.bad("an object", row("x") | {"row_id": {"$oid": "x"}}, "wrong-type"),
    _ids.good("blanks around an id", row("  x "), note="an id has no blanks around it"),
    _ids.good("a number of 25 digits", row("x") | {"row_id": 10**25 - 1}, row_id=str(10**25 - 1)),
    Case(
        topic=IDS,
        name="two whole numbers that are one float",
        files={"a.jsonl": b"".join(json_lines(row("x") | {"row_id": number}) for number in (2**53, 2**53 + 1))},
        read=(str(2**53), str(2**53 + 1)),
    ),
    _two(IDS, "two ids that differ in case", ("Case-1", "case-1"), "two ids: many real ones are Base64"),
    _two(IDS, "two ids that differ in alphabet", ("page", "p\u0430ge"), "two ids: a Cyrillic letter is no Latin one"),
    _ids.both_bad("two ids that differ in how an accent is written", [row("caf\u00e9"), row("cafe\u0301")], "look-alike-id"),
    _ids.good("one id with its accent apart", row("cafe\u0301"), row_id="cafe\u0301"),
    _ids.bad("a right-to-left override", row("x\u202ey"), "unprintable-name"),
    _ids.bad("a zero-width space", row("x\u200by"), "unprintable-name"),
    _ids.bad("a soft hyphen", row("x\u00ady"), "unprintable-name"),
    _ids.bad("a Hangul filler", row("x\u3164"), "unprintable-name"),
    _ids.bad("a variation selector", row("x\ufe0f"), "unprintable-name"),
    _ids.bad("a line break", row("x\ny"), "unprintable-name"),
    _ids.bad("201 characters", row("x" * 201), "unprintable-name"),
    _ids.bad("a zero-width space in a parent's id", row("x", parent_ids=["befo\u200bre"]), "unprintable-name"),
    _ids.bad("a zero-width space in a slice", row("x", slice="ne\u200bws"), "unprintable-name"),
    _ids.good("a path and a formula", row("../../x=1"), row_id="../../x=1", note="an id is never a path here"),
    _ids.both_bad("one id with two texts", [row("x"), row("x", text="Other people wrote this.")], "duplicate-id"),
    _ids.both_bad("one id in two slices", [row("x", slice="news"), row("x", slice="essays")], "duplicate-id"),
    Case(
        topic=IDS,
        name="one row twice",
        files={"a.jsonl": json_lines(row("x"), row("x"))},
        read=("x",),
        quarantined={2: "repeated-row"},
    ),
    _ids.bad("a row that is its own parent", row("x", parent_ids=["x"]), "self-parent"),
    _ids.bad("a human row with a parent that nobody knows", row("x", parent_ids=["lost"]), "unknown-parent"),
    _origins.bad("no origin", {"row_id": "x", "text": TEXT}, "missing-origin"),
    _origins.bad("an origin of another vocabulary", row("x", origin="AI"), "unrecognised-origin"),
    _origins.bad("human with a zero-width space", row("x", origin="hum\u200ban"), "unrecognised-origin"),
    _origins.bad("human with a Cyrillic letter", row("x", origin="hum\u0430n"), "unrecognised-origin"),
    _origins.bad("human in full-width letters", row("x", origin="\uff48\uff55\uff4d\uff41\uff4e"), "unrecognised-origin"),
    _origins.good("Human with a capital and blanks", row("x", origin=" Human ")),
    _origins.bad("human with a generator", row("x", generator="gpt"), "generator-on-human"),
    _origins.bad("model without a generator", row("x", origin="model"), "missing-generator"),
    _origins.bad("unknown, said openly", row("x", origin="unknown"), "unknown-origin"),
    *(
        _days.bad(name, row("x", vintage=day), rule)
        for name, day, rule in (
            ("2026-02-30", "2026-02-30", "unreadable-vintage"),
            ("29 February of a year without one", "2023-02-29", "unreadable-vintage"),
            ("month 13", "2020-13-01", "unreadable-vintage"),
            ("the year 0", "0000-01-01", "impossible-vintage"),
            ("the year 9999", "9999-12-31", "impossible-vintage"),
            ("a year of five digits", "10000-01-01", "unreadable-vintage"),
            ("a year before Christ", "-0044-03-15", "unreadable-vintage"),
            ("a day of which nobody can say which number is the month", "05/03/2019", "unreadable-vintage"),
            ("seconds since 1970", 1551744000, "unreadable-vintage"),
            ("digits without hyphens", "20190305", "unreadable-vintage"),
            ("digits of another script", "\u0662\u0660\u0661\u0669-\u0660\u0663-\u0660\u0665", "unreadable-vintage"),
            ("a word", "soon", "unreadable-vintage"),
        )
    ),
    _days.bad("a day that is a float", b'{"row_id": "x", "text": "t", "origin": "human", "vintage": 2019.5}', "wrong-type"),
    *(
        _days.good(name, row("x", vintage=day))
        for name, day in (
            ("29 February of a leap year", "2024-02-29"),
            ("a year alone", "2019"),
            ("a year that is a number", 2019),
            ("a month", "2019-03"),
            ("a day with a time and a zone", "2019-03-05T23:59:59+14:00"),
            ("an empty day", ""),
        )
    ),
    _days.good("a day in the future, where policy names no latest day", row("x", vintage="2099-01-01"), note="no rule reads a clock"),
    _days.bad("a day after the latest that policy admits", row("x", vintage="2026-11-30"), "future-vintage", rules=_UNTIL),
    _days.good("the latest day that policy admits", row("x", vintage="2026-11-29"), rules=_UNTIL),
    _licences.bad(
        "two licences in one row", b'{"row_id": "x", "text": "t", "origin": "human", "licence": "cc0", "licence": "none"}', "duplicate-key"
    ),
    _licences.bad(
        "licence beside Licence, read as the source tier", row("x", licence="cc0", Licence="none"), "duplicate-key", mapping=_TIERS
    ),
    _licences.both_bad(
        "one row under two licences, read as the source tier",
        [row("x", licence="cc0"), row("x", licence="none")],
        "duplicate-id",
        mapping=_TIERS,
    ),
    Case(
        topic=LICENCES,
        name="a licence that policy does not admit, read as the source tier",
        files={"a.jsonl": json_lines(row("x", licence="cc0"), row("y", licence="all rights reserved"))},
        read=("x",),
        quarantined={2: "tier-not-admitted"},
        mapping=_TIERS,
        rules=ProvenanceRules(known_tiers=("cc0",)),
    ),
)
