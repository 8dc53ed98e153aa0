from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.drills.batches import SHARPENED, flood
from governance.ports.generator import Author
from governance.ports.language_model import Decoding, Score
from governance.ports.rows import rows_frame
from governance.provenance.row import ROW_SCHEMA


class Champion:
    """Says the same thing every time and remembers how it was decoded."""

    def __init__(self) -> None:
        self.asked: list[Decoding] = []

    def score(self, texts: Sequence[str]) -> Sequence[Score]:
        return [Score(bits=1.0, tokens=1) for _ in texts]

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        self.asked.append(decoding)
        return [f" goes on {n}" for n in range(len(prompts))]

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return [1 for _ in texts]


HUMAN = rows_frame(
    [{"row_id": f"h{n}", "text": f"Row {n} was written by hand", "origin": "human", "slice": f"s{n}"} for n in range(30)], "x"
)


def planted(model: Champion, rows: int, own: float, lies: float, seed: int = 1) -> pl.DataFrame:
    author = Author(name="student", version="abc", model=model)
    return flood(author, HUMAN, rows=rows, share_self=own, share_mislabelled=lies, seed=seed)


@given(st.integers(1, 30), st.floats(0, 1), st.floats(0, 1), st.integers(0, 9))
def test_a_flood_has_the_rows_that_it_was_asked_for(rows: int, own: float, lies: float, seed: int) -> None:
    if own + lies > 1:
        own, lies = own / 2, lies / 2
    frame = planted(Champion(), rows, own, lies, seed)
    assert frame.schema == ROW_SCHEMA
    assert frame.height == rows
    assert frame["row_id"].is_unique().all()
    declared, mislabelled = (frame.filter(pl.col("row_id").str.starts_with(f"flood-{kind}-")) for kind in ("self", "mislabelled"))
    assert (declared.height, mislabelled.height) == (int(rows * own), int(rows * lies))
    assert set(declared["origin"]) <= {"model"}
    assert set(mislabelled["origin"]) <= {"human"}


def test_declared_rows_name_the_student_and_mislabelled_ones_name_nobody() -> None:
    frame = planted(Champion(), 20, 0.5, 0.3)
    assert set(frame.filter(origin="model").select("generator", "generator_version").iter_rows()) == {("student", "abc")}
    assert frame.filter(origin="human")["generator"].null_count() == frame.filter(origin="human").height == 10


def test_the_text_is_the_champions_own_and_sharpened() -> None:
    model = Champion()
    frame = planted(model, 20, 0.5, 0.3)
    assert model.asked[0].sharpened
    assert (model.asked[0].temperature, model.asked[0].top_p) == (SHARPENED.temperature, SHARPENED.top_p) == (0.7, 0.9)
    assert frame.filter(pl.col("row_id").str.starts_with("flood"))["text"].str.contains("goes on").all()


def test_the_honest_rest_is_human_rows_as_they_were() -> None:
    rest = planted(Champion(), 20, 0.5, 0.3).filter(~pl.col("row_id").str.starts_with("flood"))
    assert rest.equals(HUMAN.filter(pl.col("row_id").is_in(rest["row_id"].implode())))


def test_one_seed_is_one_batch() -> None:
    assert planted(Champion(), 20, 0.5, 0.3).equals(planted(Champion(), 20, 0.5, 0.3))
    assert not planted(Champion(), 20, 0.5, 0.3).equals(planted(Champion(), 20, 0.5, 0.3, seed=2))


@pytest.mark.parametrize(("rows", "own", "lies"), [(10, 0.7, 0.4), (10, -0.5, 0.2), (60, 0.1, 0.1)])
def test_impossible_shares_and_too_few_human_rows_are_refused(rows: int, own: float, lies: float) -> None:
    with pytest.raises(ValueError, match=r"shares|human rows"):
        planted(Champion(), rows, own, lies)
