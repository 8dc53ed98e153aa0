"""The words of a recalled release are in no mix, under whatever name, nor is what was made from them; everybody else's stay."""

from typing import Any

import polars as pl
from mixing_rows import TASKS, frame, plan, row, text_of

from governance.mixing.barred import ELSEWHERE, Barred, recalled_words, written_elsewhere
from governance.mixing.plan import Mix
from governance.mixing.rules import MixRules
from governance.provenance.memory import MEMORY_SCHEMA
from governance.provenance.recalled import Recalled, names_of
from governance.provenance.withdrawn import WITHDRAWN_SCHEMA

DIGEST = "d" * 63 + "a"
ALIASES, VERSIONS = {"Our Bot": "student", "bot-14": "student", "other": "writer"}, {"bot-14": "14"}
GONE = Recalled(version=14, digest=DIGEST, seq=431, names=names_of("student", 14, DIGEST, ALIASES, VERSIONS))
LATER = Recalled(version=15, digest="e" * 64, seq=440, names=names_of("student", 15, "e" * 64, {}, {}))
ADMIT = MixRules(self_generated="admit", minimum_human_tokens=1, anchor_percent=0, synthetic_cap_percent=50)


def by(row_id: str, generator: str, version: str | None, origin: str = "model", parents: tuple[str, ...] = ()) -> dict[str, Any]:
    number = int(row_id.removeprefix("m"))
    said = {"generator": generator, "generator_version": version, "parent_ids": list(parents), "task": TASKS[0]}
    return row(row_id, text_of(number, 12), origin, **said)


def mixed(*records: dict[str, Any], recalled: tuple[Recalled, ...] = (GONE,), elsewhere: pl.DataFrame | None = None) -> Mix:
    humans = [row(f"h{n}", text_of(1000 + n, 60)) for n in range(30)]
    anchors = frame([row("a0", text_of(5000, 12))])
    barred = Barred(recalled=recalled, elsewhere=ELSEWHERE.to_frame() if elsewhere is None else elsewhere)
    return plan(frame([*humans, *records]), anchors, ADMIT, barred=barred)


def gone(mix: Mix) -> dict[str, str]:
    return dict(mix.dropped.filter(pl.col("rule") == "recalled").select("row_id", "detail").iter_rows())


def test_a_release_is_known_by_number_digest_and_every_spelling_of_the_reviewed_table() -> None:
    mix = mixed(
        by("m1", "student", "14"),
        by("m2", "whoever", DIGEST[:12].upper()),
        by("m3", "Our Bot", "14"),
        by("m4", "bot-14", None),
        by("m5", "student", "14", origin="hybrid"),
    )
    assert gone(mix) == dict.fromkeys(["m1", "m2", "m3", "m4", "m5"], "by student/14 (quarantined, ledger 431)")
    assert mix.document["dropped"]["recalled"] == 5
    assert mix.document["recalled"] == [{"version": 14, "ledger_seq": 431, "name": "student/14", "rows": 5, "tokens": 60}]
    assert recalled_words(mix.document) == ["5 tainted by student/14 (quarantined)"]


def test_other_releases_other_models_and_peoples_own_words_stay() -> None:
    mix = mixed(
        by("m1", "student", "13"),
        by("m2", "student", "140"),
        by("m3", "other", "14"),
        by("m4", "writer", DIGEST[:11]),
        by("m5", "student", "14", origin="exposed"),
    )
    assert gone(mix) == {}
    assert mix.document["recalled"][0]["rows"] == 0
    assert recalled_words(mix.document) == []


def test_what_another_model_made_from_such_text_leaves_at_any_distance_and_from_an_earlier_batch() -> None:
    memory = pl.DataFrame(
        {"row_id": ["old", "fine"], "origin": ["model", "model"], "generator": ["student", "student"], "generator_version": ["14", "13"]}
    ).with_columns(pl.lit(None).alias(name) for name in MEMORY_SCHEMA if name in ("sha256", "depth", "passages", "cycle"))
    elsewhere = written_elsewhere(memory.lazy(), [GONE, LATER])
    assert elsewhere.rows() == [("old", 14)]
    mix = mixed(
        by("m1", "student", "14"),
        by("m2", "writer", "1", parents=("m1",)),
        by("m3", "writer", "1", parents=("m2", "h1")),
        by("m4", "writer", "1", parents=("old",)),
        by("m5", "writer", "1", parents=("fine", "h2")),
        elsewhere=elsewhere,
    )
    made = "made from text by student/14 (quarantined, ledger 431)"
    assert gone(mix) == {"m1": "by student/14 (quarantined, ledger 431)", "m2": made, "m3": made, "m4": made}


def test_text_of_the_line_that_names_no_version_may_be_the_recalled_ones() -> None:
    rows = (by("m1", "student", None), by("m2", "writer", None))
    assert gone(mixed(*rows)) == {"m1": "by student of unknown version, and one is quarantined"}
    assert gone(mixed(*rows, recalled=())) == {}


def test_two_recalled_releases_are_counted_apart() -> None:
    mix = mixed(by("m1", "student", "14"), by("m2", "student", "15"), by("m3", "writer", "1", parents=("m2",)), recalled=(GONE, LATER))
    assert [(one["version"], one["rows"]) for one in mix.document["recalled"]] == [(14, 1), (15, 2)]


def test_a_recalled_release_reads_back_as_it_was_frozen() -> None:
    assert Recalled.from_document(GONE.document()) == GONE


def test_a_withdrawn_row_leaves_with_its_text_under_another_id_and_with_what_was_made_from_it() -> None:
    humans = [row(f"h{n}", text_of(1000 + n, 60)) for n in range(30)]
    copy = row("copy", text_of(1001, 60))
    made = [by("m1", "writer", "1", parents=("h1",)), by("m2", "writer", "1", parents=("m1",)), by("m3", "writer", "1", parents=("h2",))]
    revised = row("revised", text_of(7000, 60), parent_ids=["h1"])
    rows = frame([*humans, copy, revised, *made])
    sha256 = rows.filter(pl.col("row_id") == "h1")["sha256"][0]
    gone = pl.DataFrame({"row_id": ["h1", "never-seen"], "sha256": [sha256, "0" * 64], "seq": [440, 440]}, schema=WITHDRAWN_SCHEMA)
    mix = plan(rows, frame([row("a0", text_of(5000, 12))]), ADMIT, barred=Barred(withdrawn=gone))
    dropped = dict(mix.dropped.filter(pl.col("rule") == "withdrawn").select("row_id", "detail").iter_rows())
    derived = "made from a withdrawn row"
    assert dropped == {"h1": "withdrawn", "copy": "withdrawn", "revised": derived, "m1": derived, "m2": derived}
    assert mix.document["withdrawn"] == {"rows": 5, "tokens": 3 * 60 + 2 * 12}
    assert plan(rows, frame([row("a0", text_of(5000, 12))]), ADMIT).document["withdrawn"] == {"rows": 0, "tokens": 0}
