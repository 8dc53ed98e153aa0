"""What was written is kept piece by piece, and only what is missing is asked for again."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from flows.drafting import CHUNK_REQUESTS, drafted
from governance.adapters.draft_file import DraftFile
from governance.errors import DependencyError, IntegrityError
from governance.ports.generator import Author, Generator, Request
from governance.ports.language_model import Decoding

REQUESTS = [Request(row_id=f"r{n}", opening=f"It was {n}") for n in range(CHUNK_REQUESTS + 5)]


class Nobody:
    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        raise AssertionError("the generator of this test does not sample")


AUTHOR = Author(name="far", version="unchecked:far", model=Nobody())


class OneByOne:
    """A generator that writes a piece a request, remembers what it was asked, and is gone after `lasts` pieces."""

    def __init__(self, lasts: int = 10_000) -> None:
        self.lasts, self.asked = lasts, list[tuple[str, int]]()

    def write(self, author: Author, requests: Sequence[Request], decoding: Decoding) -> Iterator[Mapping[str, str]]:
        for request in requests:
            if len(self.asked) == self.lasts:
                raise DependencyError("gone", where="far")
            self.asked.append((request.row_id, decoding.seed))
            yield {request.row_id: f" text of {request.row_id} by {decoding.seed}"}


def ask(generator: OneByOne, folder: Path, question: str = "q" * 64, candidates: int = 1) -> list[list[str]]:
    plugin = Generator(name="one", write=generator.write)
    file = DraftFile(folder=folder, question=question)
    return drafted(plugin, AUTHOR, REQUESTS, Decoding(seed=3), file=file, progress=lambda *_: None, candidates=candidates)


@pytest.mark.parametrize("lasts", [0, 1, 60, CHUNK_REQUESTS, CHUNK_REQUESTS + 4])
def test_after_a_failure_the_same_drafts_come_out_and_none_is_asked_for_twice(tmp_path: Path, lasts: int):
    whole = ask(OneByOne(), tmp_path / "whole")
    with pytest.raises(DependencyError):
        ask(OneByOne(lasts), tmp_path / "broken")
    second = OneByOne()
    assert ask(second, tmp_path / "broken") == whole
    assert len(second.asked) == len(REQUESTS) - lasts


def test_every_candidate_has_a_stream_of_its_own_and_the_first_does_not_depend_on_how_many_there_are(tmp_path: Path):
    one, three = ask(OneByOne(), tmp_path / "one"), ask(OneByOne(), tmp_path / "three", candidates=3)
    assert [tried[:1] for tried in three] == one
    assert all(len(set(tried)) == 3 for tried in three)


def test_another_question_starts_anew_and_a_drop_removes_both(tmp_path: Path):
    ask(OneByOne(), tmp_path, "a" * 64)
    other = OneByOne()
    ask(other, tmp_path, "b" * 64)
    assert len(other.asked) == len(REQUESTS)
    DraftFile(folder=tmp_path, question="b" * 64).drop()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [1, 3, 10])
def test_a_line_that_a_kill_cut_short_was_never_kept_and_does_not_spoil_the_next(tmp_path: Path, cut: int):
    file = DraftFile(folder=tmp_path, question="q" * 64)
    file.keep(0, {"r1": "first"})
    file.keep(0, {"r2": "second\nline"})
    file.place.write_bytes(file.place.read_bytes()[:-cut])
    assert file.kept() == {(0, "r1"): "first"}
    file.keep(1, {"r3": "third"})
    assert file.kept() == {(0, "r1"): "first", (1, "r3"): "third"}


def test_a_file_of_something_else_is_named_with_its_line(tmp_path: Path):
    file = DraftFile(folder=tmp_path, question="q" * 64)
    file.keep(0, {"r1": "first"})
    file.place.write_bytes(file.place.read_bytes() + b"?\n")
    with pytest.raises(IntegrityError, match="line 2: is no line of drafts"):
        file.kept()
