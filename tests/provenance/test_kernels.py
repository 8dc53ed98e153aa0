"""Two implementations of a kernel give the same bits: ours in numpy, the compiled ones, and for words a slow one that anyone can read."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.adapters.compiled import COMPILED, PAYS_FROM_TEXTS, fastest
from governance.provenance.hashing import BASE, mixed
from governance.provenance.kernels import NUMPY, Kernels
from governance.provenance.words import CHUNK_CHARACTERS, MARKUP, read_words

LAWS = settings(deadline=None, max_examples=60)
ASCII = st.text(st.characters(max_codepoint=127), max_size=40)
ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
CHOSEN = [
    pytest.param(NUMPY, id="numpy"),
    pytest.param(
        COMPILED,
        id="compiled",
        marks=pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed: pip install -c constraints.txt -e '.[fast]'"),
    ),
]


def test_few_texts_are_not_worth_loading_a_compiler_for() -> None:
    assert fastest(PAYS_FROM_TEXTS - 1) is NUMPY
    assert fastest(PAYS_FROM_TEXTS) is (COMPILED if find_spec("numba") else NUMPY)


def slow_hash(word: str) -> int:
    values = mixed(np.array([ord(letter) for letter in word], dtype=np.uint64)).tolist()
    total = sum(value * pow(BASE, place, 1 << 64) for place, value in enumerate(values)) + len(word)
    return int(mixed(np.array([total % (1 << 64)], dtype=np.uint64))[0])


@pytest.mark.parametrize("kernels", CHOSEN)
@given(texts=st.lists(ASCII, max_size=8))
@LAWS
def test_words_of_plain_text_hash_as_their_letters_say(kernels: Kernels, texts: list[str]) -> None:
    found = read_words(texts, kernels)
    bare = [re.sub(MARKUP, " ", text).lower() for text in texts]
    said = ["".join(c if c.isalnum() or c == "_" else " " for c in text).split() for text in bare]
    assert found.lengths.tolist() == [len(words) for words in said]
    assert found.ids.tolist() == [slow_hash(word) for words in said for word in words]


@pytest.mark.parametrize("kernels", CHOSEN)
@given(texts=st.lists(ANY, max_size=8))
@LAWS
def test_a_text_has_its_words_whatever_stands_beside_it_in_a_chunk(kernels: Kernels, texts: list[str]) -> None:
    together = read_words([*texts, "\u00e9"], kernels)
    alone = [read_words([text], kernels).ids.tolist() for text in texts]
    assert together.ids.tolist()[: sum(map(len, alone))] == [word for words in alone for word in words]


@pytest.mark.parametrize("kernels", CHOSEN)
def test_texts_beyond_a_chunk_are_read_like_short_ones(kernels: Kernels) -> None:
    texts = ["one two", "long " * CHUNK_CHARACTERS, "", "three four"]
    found = read_words(texts, kernels)
    assert found.lengths.tolist() == [2, CHUNK_CHARACTERS, 0, 2]
    assert found.ids[-2:].tolist() == [slow_hash("three"), slow_hash("four")]


@pytest.mark.parametrize("kernels", CHOSEN)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6), seed=st.integers(0, 2**32), bands=st.integers(1, 4))
@LAWS
def test_band_keys_fold_the_least_value_of_every_function(kernels: Kernels, lengths: list[int], seed: int, bands: int) -> None:
    rows = 3
    random = np.random.Generator(np.random.Philox(seed))
    runs = random.integers(0, 1 << 32, sum(lengths), dtype=np.uint64).astype(np.uint32)
    constants = mixed(np.arange(bands * rows, dtype=np.uint64))
    starts = np.cumsum([0, *lengths[:-1]])
    keys = kernels.band_keys(runs, starts, constants, rows)
    for text, (start, length) in enumerate(zip(starts.tolist(), lengths, strict=True)):
        for band in range(bands):
            key = np.zeros(1, dtype=np.uint64)
            for constant in constants[band * rows : (band + 1) * rows].tolist():
                flip, factor = constant >> 32, constant & 0xFFFFFFFF | 1
                key = mixed(key + np.uint64(min((run ^ flip) * factor % (1 << 32) for run in runs[start : start + length].tolist())))
            assert keys[text, band] == key[0]


@pytest.mark.slow
def test_loops_that_were_compiled_once_are_read_by_the_next_process(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    mix = "from governance.adapters.compiled import COMPILED as k\nfrom governance.mixing.near import near_duplicates as n\n"
    mix += "from governance.provenance.words import read_words as r\nn(r(['one two three four five six'] * 2, k), 70, 5, k)"
    kept = []
    for _ in range(2):
        subprocess.run([sys.executable, "-c", mix], check=True, env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)})
        kept.append(sorted(path.name for path in tmp_path.rglob("*.nb*")))
    assert len(kept[0]) == 4
    assert kept[0] == kept[1]
