"""Hand-built lines of models whose depth and share can be worked out on paper, and graphs that cannot be."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import IntegrityError
from governance.provenance.descent import Bounds, Descent
from governance.provenance.graph import Model, Text, descents
from governance.provenance.row import Origin

HUMAN, BY_MODEL, HYBRID = Origin.HUMAN, Origin.MODEL, Origin.HYBRID


def line(generations: int, human: int, synthetic: int) -> dict[str, Descent]:
    """Model n learns from scratch from people and from model n - 1; model 0 from people alone."""
    texts = {"archive": Text(origin=HUMAN, tokens=human)}
    models = {"m0": Model(texts={"archive": 1})}
    for n in range(1, generations + 1):
        texts[f"t{n}"] = Text(origin=BY_MODEL, tokens=synthetic, author=f"m{n - 1}")
        models[f"m{n}"] = Model(texts={"archive": 1, f"t{n}": 1})
    return dict(descents(texts, models))


def test_half_model_text_in_every_generation_follows_the_geometric_sum() -> None:
    found = line(4, 500, 500)
    assert [found[f"m{n}"].mean_depth.high for n in range(5)] == [0, 500, 750, 875, 938]
    assert [found[f"m{n}"].effective_share.high for n in range(4)] == [0, 500, 600, 637]
    assert [found[f"m{n}"].depth for n in range(5)] == [0, 1, 2, 3, 4]
    assert [found[f"m{n}"].share.high for n in range(5)] == [0, 500, 500, 500, 500]


@given(share=st.integers(1, 60), generations=st.integers(1, 12))
def test_the_mean_depth_is_the_closed_form_to_the_rounding_of_each_generation(share: int, generations: int) -> None:
    found = line(generations, 100 - share, share)[f"m{generations}"]
    a = Fraction(share, 100)
    exact = 1000 * sum(a**k for k in range(1, generations + 1))
    assert 0 <= found.mean_depth.high - exact <= 1 / (1 - a)


def test_a_human_only_run_from_a_synthetic_start_has_a_share_above_nothing() -> None:
    texts = {
        "archive": Text(origin=HUMAN, tokens=700),
        "draft": Text(origin=BY_MODEL, tokens=300),
        "fresh": Text(origin=HUMAN, tokens=1000),
    }
    models = {"champion": Model(texts={"archive": 1, "draft": 1}), "student": Model(start="champion", texts={"fresh": 1})}
    found = descents(texts, models)["student"]
    assert (found.share, found.effective_share, found.depth) == (Bounds(low=150, high=150), Bounds(low=150, high=150), 1)


def test_a_model_that_writes_after_a_warm_start_hands_its_whole_past_on() -> None:
    texts = {
        "archive": Text(origin=HUMAN, tokens=600),
        "draft": Text(origin=BY_MODEL, tokens=400),
        "later": Text(origin=BY_MODEL, tokens=1000, author="student"),
    }
    models = {
        "champion": Model(texts={"archive": 1, "draft": 1}),
        "student": Model(start="champion", texts={"archive": 1}),
        "pupil": Model(texts={"later": 2}),
    }
    found = descents(texts, models)
    assert found["student"].mean_depth.high == 250
    assert (found["pupil"].mean_depth.high, found["pupil"].depth, found["pupil"].effective_share.high) == (1250, 2, 1000)


def test_rewriting_model_text_is_one_model_more_and_editing_it_by_hand_is_not() -> None:
    texts = {
        "draft": Text(origin=BY_MODEL, tokens=10),
        "edited": Text(origin=HYBRID, tokens=10, parents=("draft",)),
        "rewritten": Text(origin=BY_MODEL, tokens=10, parents=("edited",)),
        "opening": Text(origin=HUMAN, tokens=10),
        "continued": Text(origin=BY_MODEL, tokens=10, parents=("opening",)),
    }
    found = descents(texts, {name: Model(texts={name: 1}) for name in texts})
    assert {name: one.depth for name, one in found.items()} == {"draft": 1, "edited": 1, "rewritten": 2, "opening": 0, "continued": 1}
    assert found["rewritten"].mean_depth.high == 2000


def test_an_adopted_start_hands_its_unknown_past_on() -> None:
    texts = {"fresh": Text(origin=HUMAN, tokens=300)}
    models = {"adopted": Model(unknown_tokens=100), "student": Model(start="adopted", texts={"fresh": 1})}
    assert descents(texts, models)["student"].share == Bounds(low=0, high=250)


def test_what_an_adopted_model_writes_is_as_deep_as_its_past_surely_was() -> None:
    texts = {"written": Text(origin=BY_MODEL, tokens=100, author="adopted")}
    models = {"adopted": Model(past_share=Bounds(low=200, high=400)), "student": Model(texts={"written": 1})}
    student = descents(texts, models)["student"]
    assert (student.depth, student.mean_depth.high) == (2, 1200)


def test_a_model_that_learnt_from_its_own_text_is_refused_by_name() -> None:
    texts = {"echo": Text(origin=BY_MODEL, tokens=1, author="student")}
    with pytest.raises(IntegrityError, match="among its own ancestors") as caught:
        descents(texts, {"student": Model(texts={"echo": 1})})
    assert set(caught.value.examples) == {"text echo", "model student"}


def test_ancestors_that_nobody_knows_are_refused_by_name() -> None:
    texts = {"edited": Text(origin=HYBRID, tokens=1, author="ghost", parents=("lost",))}
    with pytest.raises(IntegrityError, match="3 ancestors are not known") as caught:
        descents(texts, {"student": Model(start="gone", texts={"edited": 1})})
    assert caught.value.examples == ("model ghost", "model gone", "text lost")


def test_human_text_with_an_author_model_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="m is named"):
        Text(origin=HUMAN, tokens=1, author="m")


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, Text], dict[str, Model]]:
    """Texts and models in generations: whatever comes later may come from anything before it."""
    texts: dict[str, Text] = {}
    models: dict[str, Model] = {}
    for n in range(draw(st.integers(1, 8))):
        author = draw(st.sampled_from([None, *models]))
        parents = tuple(draw(st.lists(st.sampled_from(sorted(texts)), max_size=2, unique=True))) if texts else ()
        origin = draw(st.sampled_from([HUMAN, BY_MODEL, HYBRID]))
        own = (None, ()) if origin is HUMAN else (author, parents)
        texts[f"t{n}"] = Text(origin=origin, tokens=draw(st.integers(0, 500)), author=own[0], parents=own[1])
        taken = draw(st.lists(st.sampled_from(sorted(texts)), max_size=4))
        models[f"m{n}"] = Model(
            texts={name: taken.count(name) for name in taken},
            start=draw(st.sampled_from([None, *models])),
            unknown_tokens=draw(st.sampled_from([0, 0, 100])),
            past_share=draw(st.sampled_from([None, None, Bounds(low=10, high=500)])),
        )
    return texts, models


@given(graphs())
def test_in_every_graph_shares_are_shares_and_the_order_of_naming_makes_no_difference(
    graph: tuple[dict[str, Text], dict[str, Model]],
) -> None:
    texts, models = graph
    found = descents(texts, models)
    assert found == descents(dict(reversed(texts.items())), dict(reversed(models.items())))
    for name, one in found.items():
        assert 0 <= one.effective_share.low <= one.effective_share.high <= 1000
        start = models[name].start
        assert start is None or one.depth >= found[start].depth
