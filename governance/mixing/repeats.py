"""Rules on what a row says: copies, overlap with pinned texts, near-duplicates, and openings that repeat like a template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from governance.mixing.floor import Floor
from governance.mixing.near import near_duplicates
from governance.mixing.overlap import overlaps
from governance.mixing.rules import MixRules
from governance.mixing.sieve import Sieve, places
from governance.provenance.hashing import Hashes, Places, seeded_keys
from governance.provenance.kernels import Kernels
from governance.provenance.words import Words, read_words

ANCHORS = "anchors"
_TOKENS_PER_RATE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """How rows open: distinct openings, rows that share theirs with another row, openings that too many synthetic rows had."""

    distinct: int
    sharing_rows: int
    over_limit: int


def without_copies(sieve: Sieve) -> Sieve:
    """Of rows with one text the human one stays before a hybrid before a model's, then the lowest row id."""
    rows = sieve.rows.select("row_id", first=pl.col("row_id").first().over("sha256"))
    copies = rows["row_id"] != rows["first"]
    return sieve.without(places(copies), "exact-duplicate", "same text as " + rows.filter(copies)["first"])


def without_overlaps(sieve: Sieve, words: Words, pinned: Mapping[str, pl.DataFrame], rules: MixRules) -> Sieve:
    """Rows that overlap pinned texts leave. `words` are those of all rows, in the order of their places.

    `pinned`: name -> frame with `text` and `row_id` or `prompt_id`; the name makes the rule (`overlaps-tail`), and a row is charged to
    the first frame that it overlaps.
    """
    for name, frame in pinned.items():
        sieve = _without_overlaps(sieve, words.take(sieve.places), name, frame, rules)
    return sieve


def _without_overlaps(sieve: Sieve, words: Words, name: str, frame: pl.DataFrame, rules: MixRules) -> Sieve:
    ids = frame["row_id" if "row_id" in frame.columns else "prompt_id"]
    equal = sieve.rows["text"].is_in(frame["text"].implode())
    same = places(equal & (pl.Series(words.lengths) == 0))
    found = overlaps(words, read_words(frame["text"].to_list()), rules.overlap_words, rules.overlap_percent)
    shares = zip(found.shared.tolist(), found.of.tolist(), ids[found.pinned].to_list(), strict=True)
    details = [f"{shared} of {of} runs of {rules.overlap_words} words as in {name} {row_id}" for shared, of, row_id in shares]
    details += [f"same text as a row of {name}"] * same.size
    return sieve.without(np.concatenate((found.texts, same)), f"overlaps-{name}", details)


def without_near_duplicates(sieve: Sieve, words: Words, rules: MixRules, floor: Floor, kernels: Kernels) -> Sieve:
    """Near-duplicates of rows that stay leave, but for human rows that the survival floor keeps."""
    found = near_duplicates(words.take(sieve.places), rules.near_duplicate_jaccard_percent, rules.shingle_words, kernels)
    kept = sieve.rows["row_id"][found.kept].to_list()
    shares = zip(found.shared.tolist(), found.union.tolist(), kept, strict=True)
    details = [f"{shared} of {union} runs of {rules.shingle_words} words as in {row_id}" for shared, union, row_id in shares]
    return floor.without(sieve, found.dropped, "near-duplicate", details)


def without_templates(sieve: Sieve, opens: Hashes, rules: MixRules, seed: int) -> tuple[Sieve, Openings]:
    """An opening is a template where more synthetic rows have it than the rate allows and people use it less often, token for token."""
    human = sieve.human.to_numpy()
    tokens = sieve.rows["tokens"].to_numpy()
    kinds, codes, rows = np.unique(opens, return_inverse=True, return_counts=True)
    by_people = np.bincount(codes[human], minlength=kinds.size)
    human_tokens, synthetic_tokens = int(tokens[human].sum()), int(tokens[~human].sum())
    as_people_do = -(-by_people * synthetic_tokens // max(human_tokens, 1))
    rate = rules.openings_per_million_tokens * (human_tokens + synthetic_tokens) // _TOKENS_PER_RATE
    limits = np.maximum(as_people_do, max(rate, rules.fewest_openings))
    limits[kinds == 0] = np.iinfo(np.int64).max
    synthetic = np.flatnonzero(~human)
    leaves = synthetic[_beyond(codes[synthetic], limits, seeded_keys(sieve.rows["row_id"][synthetic].to_list(), seed))]
    of_models = np.bincount(codes[~human], minlength=kinds.size)
    report = Openings(distinct=kinds.size, sharing_rows=int(rows[rows > 1].sum()), over_limit=int((of_models > limits).sum()))
    return sieve.without(leaves, "template-opening", _template_details(of_models[codes[leaves]], limits[codes[leaves]])), report


def _beyond(codes: Places, limits: Places, keys: Hashes) -> Places:
    """Rows that are not among the first `limits[code]` rows of their code in order of key."""
    order = np.lexsort((keys, codes))
    ordered = codes[order]
    rank = np.arange(order.size) - np.searchsorted(ordered, ordered)
    return np.sort(order[rank >= limits[ordered]])


def _template_details(counts: Places, limits: Places) -> Sequence[str]:
    pairs = zip(counts.tolist(), limits.tolist(), strict=True)
    return [f"{count} synthetic rows have this opening, at most {limit} may" for count, limit in pairs]
