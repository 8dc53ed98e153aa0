"""Rules on where a row came from, before its text is looked at: kind of cycle, author, task, emptiness."""

from collections.abc import Mapping
from functools import cache
from itertools import count

import numpy as np
import polars as pl

from governance.mixing.rules import MixRules
from governance.mixing.sieve import Sieve, places
from governance.mixing.teachers import OTHER_GENERATOR, SELF_GENERATED, TEACHER_DIGEST, allowed_digests, author_rule
from governance.provenance.row import Origin

FOUNDING = "founding"

_AUTHOR_DETAILS = {
    SELF_GENERATED: "written by the student's own line",
    TEACHER_DIGEST: "its generator version is not the digest of the allowed teacher",
    OTHER_GENERATOR: "its generator is no teacher of the policy",
}


def by_origin(sieve: Sieve, rules: MixRules, *, teachers: Mapping[str, str], model: str, start: str, kind: str) -> Sieve:
    """Rows without a token leave; so does every non-human row of a founding cycle; then rows by barred authors and of barred tasks."""
    sieve = _with_detail(sieve, sieve.column("tokens") <= 0, "no-tokens", "0 tokens")
    if kind == FOUNDING:
        return _with_detail(sieve, ~sieve.human, "founding-is-human-only", "a founding cycle trains on human text alone")
    sieve = _by_author(sieve, rules, allowed_digests(rules, teachers), model, start)
    if rules.synthetic_tasks:
        barred = ~sieve.human & ~sieve.column("task").is_in(list(rules.synthetic_tasks))
        return _with_detail(sieve, barred, "synthetic-task", "synthetic text may not teach this task")
    return sieve


def _by_author(sieve: Sieve, rules: MixRules, allowed: Mapping[str, str], model: str, start: str) -> Sieve:
    """Authors are few: each is judged once. The generator of exposed text did not write it."""
    judge = cache(lambda generator, version: author_rule(generator, version, rules, allowed=allowed, model=model, start=start))
    codes: dict[str | None, int] = dict(zip((None, *_AUTHOR_DETAILS), count(), strict=False))
    parts = [np.zeros(0, dtype=np.int8)]
    for rows in sieve.pieces("origin", "generator", "generator_version"):
        authors = rows.unique().filter(~pl.col("origin").is_in([Origin.HUMAN.value, Origin.EXPOSED.value]))
        judged = [codes[judge(generator, version)] for _, generator, version in authors.iter_rows()]
        verdicts = authors.with_columns(pl.Series("rule", judged, dtype=pl.Int8))
        parts.append(
            rows.join(verdicts, on=rows.columns, how="left", nulls_equal=True, maintain_order="left")["rule"].fill_null(0).to_numpy()
        )
    found = np.concatenate(parts)
    for rule, detail in _AUTHOR_DETAILS.items():
        barred = found == codes[rule]
        sieve, found = sieve.without(np.flatnonzero(barred), rule, detail), found[~barred]
    return sieve


def _with_detail(sieve: Sieve, leaves: pl.Series, rule: str, detail: str) -> Sieve:
    return sieve.without(places(leaves.fill_null(value=False)), rule, detail)
