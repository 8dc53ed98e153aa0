"""Rules on where a row came from, before its text is looked at: kind of cycle, author, task, emptiness."""

from collections.abc import Mapping

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
    sieve = _with_detail(sieve, sieve.rows["tokens"] <= 0, "no-tokens", "0 tokens")
    if kind == FOUNDING:
        return _with_detail(sieve, ~sieve.human, "founding-is-human-only", "a founding cycle trains on human text alone")
    sieve = _by_author(sieve, rules, allowed_digests(rules, teachers), model, start)
    if rules.synthetic_tasks:
        barred = ~sieve.human & ~sieve.rows["task"].is_in(list(rules.synthetic_tasks))
        return _with_detail(sieve, barred, "synthetic-task", "synthetic text may not teach this task")
    return sieve


def _by_author(sieve: Sieve, rules: MixRules, allowed: Mapping[str, str], model: str, start: str) -> Sieve:
    """Authors are few: each is judged once. The generator of exposed text did not write it."""
    written = ~sieve.human & (sieve.rows["origin"] != Origin.EXPOSED.value)
    authors = sieve.rows.filter(written).select("generator", "generator_version").unique()
    judged = [
        author_rule(generator, version, rules, allowed=allowed, model=model, start=start) for generator, version in authors.iter_rows()
    ]
    verdicts = authors.with_columns(pl.Series("rule", judged, dtype=pl.String))
    columns = ["generator", "generator_version"]
    found = sieve.rows.select(columns).join(verdicts, on=columns, how="left", nulls_equal=True, maintain_order="left")["rule"]
    kept_out = pl.DataFrame({"row_id": sieve.rows["row_id"], "rule": found}).filter(written)
    for rule, detail in _AUTHOR_DETAILS.items():
        barred = kept_out.filter(pl.col("rule") == rule)["row_id"]
        sieve = _with_detail(sieve, sieve.rows["row_id"].is_in(barred.implode()), rule, detail)
    return sieve


def _with_detail(sieve: Sieve, leaves: pl.Series, rule: str, detail: str) -> Sieve:
    at = places(leaves.fill_null(value=False))
    return sieve.without(at, rule, [detail] * at.size)
