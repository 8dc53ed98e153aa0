"""mix.json: what a mix holds and what was left out, in rows and tokens, and one digest over its rows in order."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from governance.mixing.caps import synthetic_limit
from governance.mixing.conscience import alarms
from governance.mixing.quotas import NO_PART, caps_document
from governance.mixing.rules import MixRules

ANCHOR, HUMAN, SYNTHETIC = ROLES = ("anchor", "human", "synthetic")
SCHEMA = "heirloom/mix/1"


def mix_document(
    selected: pl.DataFrame, left_out: pl.DataFrame, rules: MixRules, chosen: Mapping[str, Any], *, anchor_tokens: int, root: str
) -> dict[str, Any]:
    """mix.json of selected rows; `left_out` has the rows and tokens that each rule left out, `chosen` is what the filters say,
    `anchor_tokens` are those of one pass over the anchors, and `root` is the digest over the rows (`mix_root`).
    """
    tokens = _by_role(selected, pl.col("tokens").sum())
    named = selected.with_columns(pl.col("slice", "task").fill_null(NO_PART))
    counted = int(selected["counted"].sum())
    return {
        "schema": SCHEMA,
        "tokens": tokens,
        "rows": _by_role(selected, pl.len()),
        "counted_tokens": counted,
        "shards": [{"shard": shard, **roles} for shard, roles in _tokens_by(selected, "shard").items()],
        "synthetic_cap_percent": rules.synthetic_cap_percent,
        "anchor_percent": rules.anchor_percent,
        "dropped": dict(left_out.select("rule", "rows").iter_rows()),
        "tokens_dropped": dict(left_out.select("rule", "tokens").iter_rows()),
        "anchor_repeats": tokens[ANCHOR] * 100 // anchor_tokens if anchor_tokens else 0,
        "anchor_pass_tokens": anchor_tokens,
        "anchor_sampling": rules.anchor_sampling,
        "headroom_tokens": synthetic_limit(tokens[HUMAN], rules.synthetic_cap_percent) - counted,
        "slices": _tokens_by(named, "slice"),
        "tasks": _tokens_by(named, "task"),
        **caps_document(selected, rules),
        **chosen,
        "root": root,
    }


def mix_root(selected: Iterable[pl.DataFrame]) -> str:
    """The sha256 over `LENGTH:ROW_ID,SHA256,ROLE,SHARD` and a line feed for every row in order; LENGTH is the row id's in UTF-8 bytes."""
    row_id = pl.col("row_id")
    line = pl.format("{}:{},{},{},{}\n", row_id.str.len_bytes(), row_id, "sha256", "role", "shard")
    seen = hashlib.sha256()
    for part in (part for rows in selected for part in rows.iter_slices(1 << 16)):
        seen.update("".join(part.select(line).to_series().to_list()).encode())
    return seen.hexdigest()


def by_origin(rows: pl.DataFrame) -> pl.DataFrame:
    """Origin -> rows and tokens."""
    return _by_origin(rows.with_columns(rows=pl.lit(1, dtype=pl.Int64)))


def origins_document(parts: Iterable[pl.DataFrame]) -> dict[str, dict[str, int]]:
    """What mix.json says of the origins of the rows that are no anchors, which come added up, part by part (`by_origin`)."""
    empty = pl.DataFrame(schema={"origin": pl.String, "rows": pl.Int64, "tokens": pl.Int64})
    found = _by_origin(pl.concat([empty, *parts])).sort("origin")
    return {origin: {"rows": rows, "tokens": tokens} for origin, rows, tokens in found.iter_rows()}


def _by_origin(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("origin").agg(pl.col("rows", "tokens").sum()).select("origin", "rows", "tokens")


def describe(document: Mapping[str, Any]) -> Sequence[str]:
    """A mix.json in a few lines for people: shares of each role, the fullest shard, what was left out by which rule."""
    tokens, rows = document["tokens"], document["rows"]
    total = max(sum(tokens.values()), 1)
    lines = [f"{role}: {rows[role]} rows, {tokens[role]} tokens ({100 * tokens[role] / total:.1f} %)" for role in ROLES]
    shards = document["shards"]
    fullest = max(_capped_percent(shard, shard["counted"]) for shard in shards)
    counted = _capped_percent(tokens, document["counted_tokens"])
    lines.append(
        f"synthetic of human and synthetic: {counted:.2f} %, {fullest:.2f} % in the fullest of {len(shards)} shards"
        f" (cap {document['synthetic_cap_percent']} %, room for {document['headroom_tokens']} tokens)"
    )
    lines.append(f"anchors shown {document['anchor_repeats'] / 100:.2f} times (at least {document['anchor_percent']} % of tokens)")
    lines += [f"left out by {rule}: {count} rows, {document['tokens_dropped'][rule]} tokens" for rule, count in document["dropped"].items()]
    return [*lines, *alarms(document)]


def _capped_percent(tokens: Mapping[str, int], counted: int) -> float:
    """The share that the cap counts."""
    return 100 * counted / max(tokens[HUMAN] + counted, 1)


def _by_role(rows: pl.DataFrame, measure: pl.Expr) -> dict[str, int]:
    found = dict(rows.group_by("role").agg(measure.alias("n")).iter_rows())
    return {role: int(found.get(role, 0)) for role in ROLES}


def _tokens_by(rows: pl.DataFrame, column: str) -> dict[Any, dict[str, int]]:
    """Value of a column -> tokens of every role, and the synthetic ones that the cap counts; in order of the value."""
    found: dict[Any, dict[str, int]] = {}
    for value, role, tokens, counted in rows.group_by(column, "role").agg(pl.col("tokens", "counted").sum()).sort(column).iter_rows():
        part = found.setdefault(value, dict.fromkeys((*ROLES, "counted"), 0))
        part[role] = tokens
        part["counted"] += counted
    return found
