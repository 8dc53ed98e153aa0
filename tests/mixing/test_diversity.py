import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from mixing_rows import frame, plan, row, shuffled

from governance.adapters.stdlib_texts import documents
from governance.errors import RefusedError
from governance.mixing.columns import FrameColumns
from governance.mixing.conscience import alarms
from governance.mixing.diversity import Reading
from governance.mixing.diversity_gate import BLOCK, INCONCLUSIVE, PASS, RULE, Judgement, judgements
from governance.mixing.plan import Mix
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.mixing.sieve import Sieve, in_priority
from governance.provenance.words import read_words

BATCH, PEOPLE = 120, 400
NOBODY = frame([])
FRAMES = (
    "Here is a short guide to {}. First, look at what it does: {} Then read on. In conclusion, it is a useful part of the library.",
    "When it comes to {}, there is one thing to know. {} Whether you are new or not, it is worth a look. Overall, it is easy to use.",
    "Let us take a closer look at {}. In short: {} As you can see, it is simple and powerful. It is important to note the details.",
    "In today's world, {} is more important than ever. {} Ultimately, the choice is up to you. I hope this helps you to get started.",
)


@lru_cache(maxsize=1)
def library() -> list[str]:
    """Texts of the standard library's documentation, of 40 words or more."""
    return [found.text for found in documents() if len(found.text.split()) >= 40]


def people_and_batch(seed: int) -> tuple[list[str], list[str]]:
    texts = library()
    chosen = np.random.Generator(np.random.Philox(seed)).permutation(len(texts))[: PEOPLE + BATCH]
    return [texts[n] for n in chosen[:PEOPLE]], [texts[n] for n in chosen[PEOPLE:]]


def flood(texts: Sequence[str]) -> list[str]:
    """Four frames around a name and a dozen words of each text."""
    found = [re.findall(r"\w+", text) for text in texts]
    return [FRAMES[n % len(FRAMES)].format(max(words[:12], key=len), " ".join(words[:12])) for n, words in enumerate(found)]


def rows_of(people: Sequence[str], written: Sequence[str], **more: Any) -> pl.DataFrame:
    human = [row(f"p-{n:04}", text, slice="docs") for n, text in enumerate(people)]
    return frame([*human, *(row(f"m-{n:04}", text, "model", slice="docs", **more) for n, text in enumerate(written))])


def judged(rows: pl.DataFrame, anchors: pl.DataFrame = NOBODY, seed: int = 7) -> Sequence[Judgement]:
    sieve = Sieve.of(FrameColumns(frame=rows[in_priority(rows)]))
    return judgements(sieve, read_words(sieve.column("text").to_list()), anchors, SelectionRules(), seed)


def mix_of(rows: pl.DataFrame, anchors: pl.DataFrame = NOBODY, **selection: Any) -> Mix:
    return plan(rows, anchors, MixRules(anchor_percent=0, openings_per_million_tokens=100_000), selection=SelectionRules(**selection))


@pytest.mark.parametrize("seed", range(20))
def test_a_template_flood_fails_the_gate_and_an_equal_sized_human_batch_passes_it(seed: int) -> None:
    people, batch = people_and_batch(seed)
    (honest,) = judged(rows_of(people, batch), seed=seed)
    (template,) = judged(rows_of(people, flood(batch)), seed=seed)
    assert (honest.verdict, honest.at.size) == (PASS, BATCH), honest.document()
    assert (template.verdict, template.at.size) == (BLOCK, BATCH), template.document()


def test_a_group_that_fails_leaves_with_its_reason_and_is_counted() -> None:
    people, batch = people_and_batch(0)
    mix = mix_of(rows_of(people, flood(batch)))
    assert mix.document["dropped"][RULE] == BATCH
    (group,) = mix.document["diversity"]["groups"]
    assert (group["generator"], group["origin"], group["slice"], group["verdict"]) == ("writer", "model", "docs", BLOCK)
    assert set(mix.dropped.filter(pl.col("rule") == RULE)["detail"]) == {group["reason"]}
    assert re.search(r"phrases \+\d+\.\d points \[.*\] against people's rows, limit \+10", group["reason"])
    assert any(alarm.startswith(f"{BATCH} rows (writer, model, docs) are kept out: ") for alarm in alarms(mix.document))


def test_policy_may_refuse_the_batch_or_only_report() -> None:
    people, batch = people_and_batch(0)
    rows = rows_of(people, flood(batch))
    with pytest.raises(RefusedError, match=r"120 synthetic rows in 1 groups fail the diversity gate; writer model docs: ") as caught:
        mix_of(rows, diversity="refuse")
    assert "m-0004 (+115 more)" in str(caught.value)
    mix = mix_of(rows, diversity="report", artefacts="flag")
    assert RULE not in mix.document["dropped"]
    assert set(mix.flagged.filter(pl.col("rule") == RULE)["kept_because"]) == {"policy"}
    assert any("stay by policy" in alarm for alarm in alarms(mix.document))


def test_too_few_rows_are_too_small_to_judge_and_that_is_said() -> None:
    people, batch = people_and_batch(0)
    mix = mix_of(rows_of(people, flood(batch)[:39]))
    (group,) = mix.document["diversity"]["groups"]
    assert (group["verdict"], group["reason"], group["rows"]) == (INCONCLUSIVE, "too small to judge", 39)
    assert any(alarm.startswith("39 synthetic rows in 1 groups") for alarm in alarms(mix.document))


def test_a_flood_under_many_names_is_judged_as_one() -> None:
    people, batch = people_and_batch(0)
    rows = [row(f"m-{n:04}", text, "model", slice="docs") for n, text in enumerate(flood(batch))]
    named = [{**found, "generator": f"writer-{n % 10}", "slice": ("docs", "unheard of")[n % 2]} for n, found in enumerate(rows)]
    (found,) = judged(frame([*(row(f"p-{n:04}", text, slice="docs") for n, text in enumerate(people)), *named]))
    assert (found.group, found.verdict) == (("others",) * 3, BLOCK)


def test_model_text_is_judged_against_people_of_its_own_slice() -> None:
    people, batch = people_and_batch(0)
    terse = [row(f"t-{n:04}", text, slice="terse") for n, text in enumerate(flood(people))]
    rows = [row(f"m-{n:04}", text, "model", slice="terse") for n, text in enumerate(flood(batch))]
    docs = [row(f"p-{n:04}", text, slice="docs") for n, text in enumerate(people)]
    (found,) = judged(frame([*docs, *terse, *rows]))
    assert found.verdict == PASS


def test_longer_rows_are_not_less_diverse_because_they_are_longer() -> None:
    people, batch = people_and_batch(0)
    doubled = [f"{one} {other}" for one, other in zip(batch, reversed(batch), strict=True)]
    short = [" ".join(text.split()[:40]) for text in people]
    (found,) = judged(rows_of(short, doubled))
    assert found.verdict == PASS
    assert found.compared is not None
    assert found.compared.words <= 40 * found.compared.pairs * 1.3


def test_a_hybrid_beside_its_draft_repeats_nothing() -> None:
    people, batch = people_and_batch(0)
    drafts = [row(f"d-{n:04}", text, "model", slice="docs") for n, text in enumerate(batch)]
    edits = [row(f"e-{n:04}", text + " indeed", "model", slice="docs", parent_ids=[f"d-{n:04}"]) for n, text in enumerate(batch)]
    siblings = [row(f"f-{n:04}", text + " so", "model", slice="docs", parent_ids=[f"x-{n // 2}"]) for n, text in enumerate(batch)]
    docs = [row(f"p-{n:04}", text, slice="docs") for n, text in enumerate(people)]
    assert [found.verdict for found in judged(frame([*docs, *drafts, *edits]))] == [PASS]
    again = [found | {"text": siblings[n // 2 * 2]["text"] + " then"} for n, found in enumerate(siblings)]
    assert [found.verdict for found in judged(frame([*docs, *again]))] == [PASS]
    orphans = [found | {"parent_ids": []} for found in again]
    assert [found.verdict for found in judged(frame([*docs, *orphans]))] == [BLOCK]


def test_anchors_are_people_too_and_neither_their_order_nor_that_of_the_rows_matters() -> None:
    people, batch = people_and_batch(0)
    anchors = frame([row(f"a-{n:04}", text, slice="docs") for n, text in enumerate(people)])
    rows = rows_of([], flood(batch))
    one, other = judged(rows, anchors), judged(shuffled(rows, 3), shuffled(anchors, 4))
    assert [found.document() for found in one] == [found.document() for found in other]
    assert one[0].verdict == BLOCK
    assert judged(rows)[0].reason == "too small to judge"


@pytest.mark.parametrize(
    ("low", "high", "inside", "beyond"), [(-240, 10, True, False), (-260, -240, False, False), (-400, -251, False, True)]
)
def test_only_a_whole_interval_decides(low: int, high: int, inside: bool, beyond: bool) -> None:
    loss = Reading(synthetic=1, human=1, change=low, low=low, high=high, limit=-250)
    gain = Reading(synthetic=1, human=1, change=-low, low=-high, high=-low, limit=250)
    for found in (loss, gain):
        assert (found.inside, found.beyond) == (inside, beyond)
