"""Work side by side gives what one after the other gives, and what is made later is made once."""

import threading
from collections.abc import Mapping

import pytest

from governance.threads import Later, side_by_side


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_what_was_found_stands_in_the_order_of_the_items(threads: int):
    first_may_end = threading.Event()

    def work(item: int) -> int:
        if item == 0 and threads > 1:
            assert first_may_end.wait(10), "nothing ran beside the first item"
        first_may_end.set()
        return item * item

    assert side_by_side(work, range(10), threads) == [item * item for item in range(10)]


def test_no_items_are_no_work():
    assert side_by_side(lambda _: pytest.fail("worked"), [], 4) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_the_first_error_in_the_order_of_the_items_is_raised(threads: int):
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 0"):
        side_by_side(work, range(1000), threads)
    assert len(begun) < 1000 or threads > 1


def test_a_later_mapping_is_made_once_by_whoever_looks_first():
    made: list[int] = []
    together = threading.Barrier(4)

    def make() -> Mapping[str, int]:
        made.append(1)
        return {"one": 1}

    later = Later(make)
    assert made == []

    def look(_: int) -> int:
        together.wait(10)
        return later["one"]

    assert side_by_side(look, range(4), 4) == [1] * 4
    assert len(made) == 1
    assert dict(later) == {"one": 1}
    assert len(later) == 1


def test_a_later_mapping_that_cannot_be_made_says_so_each_time():
    def make() -> Mapping[str, int]:
        raise ValueError("no weights")

    later = Later(make)
    for _ in range(2):
        with pytest.raises(ValueError, match="no weights"):
            bool(later)
