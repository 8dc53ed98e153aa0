from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import frame, plan, row, text_of

from governance.errors import PolicyError
from governance.mixing.plan import Mix
from governance.mixing.quality import FEWEST_RUNS, repeated_runs
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.provenance.words import read_words
from governance.section import read_section

RULES = MixRules(minimum_human_tokens=1, anchor_percent=0)
NO_ANCHORS = frame([])
PEOPLE = [row(f"p-{n}", text_of(n, 80), slice="people") for n in range(20)]

DAMAGED = {
    "refusal-boilerplate": [
        "As an AI language model, I do not have opinions on this question.",
        "I'm sorry, but I cannot write that for you today.",
        "I apologize, but as an assistant I do not feel comfortable with it.",
    ],
    "prompt-echo": ["### Instruction:\nName three towns.", "Assistant: the towns are these", "the towns are <|im_end|> three"],
    "looping": ["We walk to the town on the hill. " * 12],
    "mojibake": ["The price rose to Â£22.7m in March.", "It is â€œfineâ€\x9d, she said.", "The cafÃ© was closed."],
    "replacement-character": ["The caf\ufffd was closed on that day."],
    "markup-only": ["<table><tr><td class='wide cell'></td><td id=second></td></tr></table>", "- https://example.org/a/long/way\n- see"],
}
UNUSUAL = [
    "SÃO PAULO e a CORAÇÃO DA CIDADE: Âncora, ÂNGELA, Ítaca e o Ção.",
    "Nguyễn Thị Minh Khai met Siobhán Ní Dhomhnaill and Þórbergur Þórðarson in Łódź.",
    "Ah dinnae ken whit ye're oan aboot, so ah dinnae, an that's aw there is tae it.",
    "y'all ain't finna tell me nun bout that, iont even kno em like dat fr",
    "def area(side: float) -> float:\n    return side * side  # List<String> and a < b\n",
    "^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])\\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])$",
    "| Year | Town | Score |\n|------|------|-------|\n| 2011 | Leeds | 3-1 |\n| 2012 | Hull | 0-0 |",
    "Rage, rage against the dying of the light.\nDo not go gentle into that good night.\n" * 2,
    "今日は良い天気です。散歩に行きましょう。",
    "अनुच्छेद १: सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है।",
    "The paper asks what it means when a program says that it is an AI, and whom it answers to. " + text_of(77, 60),
    'She said "I am sorry, but nobody told me", and left.',
]


def mix_of(texts: list[str], origin: str, **selection: Any) -> Mix:
    rows = [row(f"x-{n}", text, origin, slice="x", tokens=10) for n, text in enumerate(texts)]
    return plan(frame([*PEOPLE, *rows]), NO_ANCHORS, RULES, selection=SelectionRules(**selection))


@pytest.mark.parametrize("rule", list(DAMAGED))
def test_an_artefact_leaves_when_a_model_wrote_it_and_is_flagged_when_a_person_did(rule: str) -> None:
    dropped = mix_of(DAMAGED[rule], "model").dropped
    assert dropped["rule"].to_list() == [rule] * len(DAMAGED[rule])
    kept = mix_of(DAMAGED[rule], "human")
    assert kept.dropped.is_empty()
    assert dict.fromkeys(kept.flagged["rule"]) == {rule: None}
    assert set(kept.flagged["kept_because"]) == {"policy"}


@pytest.mark.parametrize("origin", ["human", "model"])
def test_text_that_is_unusual_but_right_survives_every_rule(origin: str) -> None:
    mix = mix_of(UNUSUAL, origin, human_damage="drop")
    assert mix.dropped.filter(pl.col("rule") != "synthetic-cap").is_empty()
    assert mix.flagged.is_empty()


def test_where_policy_says_so_artefacts_are_only_flagged() -> None:
    mix = mix_of(DAMAGED["refusal-boilerplate"], "model", artefacts="flag")
    assert mix.document["dropped"] == {}
    assert mix.flagged["rule"].to_list() == ["refusal-boilerplate"] * 3


def test_human_rows_leave_for_clear_damage_alone_and_only_as_far_as_the_floor_lets_them() -> None:
    clear, slight = "\ufffd" * 8 + " was shut", "The price rose to \ufffd22.7m in March. " + text_of(88, 40)
    texts = [f"{clear} {n}" for n in range(6)] + [slight]
    mix = mix_of(texts, "human", human_damage="drop", survival_floor_percent=50)
    assert mix.document["dropped"] == {"replacement-character": 3}
    assert sorted(mix.flagged["kept_because"].to_list()) == ["policy", "survival-floor", "survival-floor", "survival-floor"]


def test_damage_is_told_in_numbers_and_never_in_text() -> None:
    told = [mix_of(texts, "model").dropped["detail"].to_list() for texts in DAMAGED.values()]
    assert told[2] == ["84 of 92 runs of 5 words were said before"]
    assert told[3] == ["1 doubly decoded characters", "2 doubly decoded characters", "1 doubly decoded characters"]


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=60).map(" ".join), max_size=8))
@settings(max_examples=60, deadline=None)
def test_repeated_runs_are_counted_exactly(texts: list[str]) -> None:
    repeated, of = repeated_runs(read_words(texts))
    for text, again, runs in zip(texts, repeated.tolist(), of.tolist(), strict=True):
        words = text.split()
        said = [tuple(words[place : place + 5]) for place in range(len(words) - 4)]
        assert runs == len(said)
        assert again == (len(said) - len(set(said)) if len(said) >= FEWEST_RUNS else 0)


def test_more_texts_than_one_chunk_holds_are_counted_alike() -> None:
    random = np.random.Generator(np.random.Philox(1))
    texts = [" ".join(random.choice(["a", "b"], 30)) for _ in range(6_000)]
    together, alone = repeated_runs(read_words(texts))[0], repeated_runs(read_words(texts[-1:]))[0]
    assert together[-1] == alone[0] > 0


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ({"survival_floor_percent": 101}, "survival_floor_percent: 101 is not a percentage in 0..100"),
        ({"artefacts": "maybe"}, "artefacts: 'maybe' is none of drop, flag"),
        ({"looping_percent": 1}, "looping_percent: 1 is not a percentage in 20..100"),
    ],
)
def test_an_impossible_rule_is_an_error_with_its_place(setting: dict[str, Any], found: str) -> None:
    with pytest.raises(PolicyError, match=f"selection: {found}"):
        read_section(SelectionRules, setting, "selection")
