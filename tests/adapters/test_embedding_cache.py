"""Vectors are made once a text and encoder, and are the same whether they were kept or made."""

from collections.abc import Sequence

import numpy as np
import pytest

from governance.adapters.embedding_cache import CachedEncoder, open_encoder
from governance.errors import IntegrityError, UsageError
from governance.ports.workspace import Workspace


class CountingEncoder:
    """Vectors that a text determines, and how many texts were asked for."""

    def __init__(self, digest: str = "a" * 64) -> None:
        self.digest, self.asked = digest, 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += len(texts)
        return np.array([[len(text) + 1 / 3, sum(map(ord, text)) / 7] for text in texts])


def test_a_text_is_encoded_once_and_its_kept_vector_is_the_made_one(tmp_path):
    inner = CountingEncoder()
    cached = CachedEncoder(inner=inner, folder=tmp_path)
    first = cached.encode(["one", "two", "one", "", "two"])
    assert inner.asked == 3
    again = CachedEncoder(inner=inner, folder=tmp_path).encode(["", "three", "two", "one"])
    assert inner.asked == 4
    assert (again[[0, 2, 3]] == first[[3, 1, 0]]).all()
    assert first == pytest.approx(inner.encode(["one", "two", "one", "", "two"]), rel=1e-6)


def test_two_encoders_share_no_vectors(tmp_path):
    CachedEncoder(inner=CountingEncoder("a" * 64), folder=tmp_path).encode(["one"])
    other = CountingEncoder("b" * 64)
    CachedEncoder(inner=other, folder=tmp_path).encode(["one"])
    assert other.asked == 1


def test_nothing_asked_is_nothing_made(tmp_path):
    inner = CountingEncoder()
    CachedEncoder(inner=inner, folder=tmp_path).encode(["one"])
    assert len(CachedEncoder(inner=inner, folder=tmp_path).encode(["one"])) == inner.asked == 1


def test_the_newest_vectors_stay(tmp_path):
    inner = CountingEncoder()
    cached = CachedEncoder(inner=inner, folder=tmp_path, most_kept=2)
    cached.encode(["one"])
    cached.encode(["two", "three"])
    cached.encode(["two", "three"])
    assert inner.asked == 3
    cached.encode(["one"])
    assert inner.asked == 4


def test_a_broken_file_of_vectors_is_named_and_not_read_around(tmp_path):
    cached = CachedEncoder(inner=CountingEncoder(), folder=tmp_path)
    cached.encode(["one"])
    next(tmp_path.glob("*.parquet")).write_bytes(b"no parquet")
    with pytest.raises(IntegrityError, match="delete it"):
        cached.encode(["one"])


def test_an_encoder_without_a_folder_is_asked_for_and_one_with_a_folder_waits_for_a_text(tmp_path):
    with pytest.raises(UsageError, match="names no folder"):
        open_encoder("", Workspace(root=tmp_path), "a" * 64)
    opened = open_encoder("not-there", Workspace(root=tmp_path), "a" * 64)
    assert opened.digest == "a" * 64
    with pytest.raises(IntegrityError, match="is missing"):
        opened.encode(["a new text"])
