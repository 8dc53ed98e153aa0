import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import frame, plan, row, shuffled, text_of

from governance.errors import PolicyError
from governance.mixing.alike import Vectors, alike, embedded, vectors_in_file
from governance.mixing.plan import Mix
from governance.mixing.rules import MixRules
from governance.section import read_section

RULES = MixRules(minimum_human_tokens=1, anchor_percent=0, embedding_cosine_percent=90)


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(80, 100), st.sampled_from([1, 7, 1024]))
@settings(max_examples=60, deadline=None)
def test_only_a_kept_text_drops_another_and_the_first_such_is_named(seed: int, texts: int, percent: int, block: int) -> None:
    stream = np.random.Generator(np.random.Philox(seed))
    centres = stream.integers(-9, 10, (max(1, texts // 4), 256))
    cells = (centres[stream.integers(0, len(centres), texts)] + stream.integers(-4, 5, (texts, 256))).astype(np.int32)
    at = stream.permutation(texts)
    kept: list[int] = []
    expected = {}
    for text in range(texts):
        own = cells[at[text]].astype(np.float64)
        norms = [np.linalg.norm(own) * np.linalg.norm(cells[at[other]].astype(np.float64)) for other in kept]
        hits = [other for other, norm in zip(kept, norms, strict=True) if own @ cells[at[other]] / norm * 100 >= percent - 1e-9]
        expected.update({text: hits[0]} if hits else {})
        kept += [] if hits else [text]
    found = alike(Vectors(cells=cells), at, percent, block)
    assert dict(zip(found.dropped.tolist(), found.kept.tolist(), strict=True)) == expected


def swapped(text: str) -> str:
    """Every tenth word is another one."""
    return " ".join(f"other{place}" if place % 10 == 4 else word for place, word in enumerate(text.split()))


def test_a_text_with_every_tenth_word_exchanged_leaves_only_where_policy_asks_whatever_the_order(tmp_path) -> None:
    rows = frame([*(row(f"p-{n}", text_of(n, 60)) for n in range(6)), row("copy", swapped(text_of(2, 60)), "model"), row("tiny", "a b c")])

    def mixed(rules: MixRules, seed: int) -> Mix:
        given_rows = shuffled(rows, seed)
        vectors = vectors_in_file([embedded(given_rows[:3]), embedded(given_rows[3:])], tmp_path / f"vectors-{seed}")
        return plan(given_rows, frame([]), rules, vectors=vectors if rules.embedding_cosine_percent else None)

    mixes = [mixed(RULES, seed) for seed in range(3)]
    assert mixes[0].dropped.select("row_id", "rule").rows() == [("copy", "embedding-duplicate")]
    assert mixes[0].dropped["detail"][0].endswith(" with p-2")
    assert all(mix.dropped.equals(mixes[0].dropped) for mix in mixes)
    assert any(entry["rule"] == "embedding-duplicate" for entry in mixes[0].document["retention"])
    assert "embedding-duplicate" not in mixed(MixRules(minimum_human_tokens=1, anchor_percent=0), 5).document["dropped"]


@pytest.mark.parametrize("percent", [79, 101])
def test_a_threshold_that_would_take_everything_or_nothing_is_refused(percent: int) -> None:
    with pytest.raises(PolicyError, match=rf"embedding_cosine_percent: {percent} is not a percentage in 80\.\.100"):
        read_section(MixRules, {"embedding_cosine_percent": percent}, "policy.toml.mixing")
