"""What every filter on texts left of a corpus, of people's rare words above all: a table by rule, the diversity gate's verdicts, a picture.

    python -m benchmarks.selection ARTICLES.parquet --picture docs/selection.svg

All rows of the file are one batch; every 40th human row of a slice is an anchor. A token is three quarters of a word. The caps come
after the filters and are not shown.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from governance.mixing.conscience import collision_words
from governance.mixing.plan import plan_pool
from governance.mixing.pool import Pool
from governance.mixing.rules import MixRules
from governance.ports.rows import rows_frame

ANCHOR_EVERY = 40
START = {"digest": "0" * 64}
WIDTH, ROW, LEFT = 620, 26, 170
PARTS = (
    ("human rows", "human", "rows", "#3182bd"),
    ("people's rare words", "human", "tail_words", "#08519c"),
    ("model rows", "synthetic", "rows", "#d9730d"),
)
TITLE = "What each filter took of what it was handed"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    rows, anchors = _batch(pl.read_parquet(asked.articles))
    start = time.process_time()
    rules, who = MixRules(most_anchor_passes=1_000), {"teachers": {}, "model": "student"}
    mix = plan_pool(Pool.of(rows, rules), anchors, {}, rules, **who, kind="retraining", start=START, seed=7)  # type: ignore[arg-type]
    print(f"{rows.height} rows planned in {time.process_time() - start:.1f} cpu-s")
    retention = [entry for entry in mix.document["retention"] if not entry["rule"].endswith("-cap")]
    for entry in retention:
        print(_line(entry))
    print(*collision_words(mix.document), sep="\n")
    for group in mix.document["diversity"]["groups"]:
        print(f"{group['verdict']:<12} {group['rows']:>5} {group['generator']}, {group['origin']}, {group['slice']}: {group['reason']}")
    if asked.picture:
        asked.picture.write_text(_picture(retention), encoding="utf-8")


def _batch(articles: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(rows, anchors) with tokens."""
    known = articles.filter(pl.col("text").str.len_chars() > 0).with_columns(pl.col("source").alias("origin"), pl.col("id").alias("row_id"))
    parents = pl.when(pl.col("parent_id").is_null()).then(pl.lit([], dtype=pl.List(pl.String))).otherwise(pl.concat_list("parent_id"))
    human = pl.col("origin") == "human"
    authors = [pl.when(human).then(None).otherwise(pl.col(name)).alias(name) for name in ("generator", "generator_version")]
    columns = known.select("row_id", "text", "origin", "slice", *authors, parents.alias("parent_ids"))
    rows = rows_frame(columns.to_dicts(), "articles").with_columns(pl.col("text").str.count_matches(r"\w+").cast(pl.Int64).alias("words"))
    rows = rows.with_columns((pl.col("words") * 4 // 3).alias("tokens")).drop("words")
    chosen = human & (pl.int_range(pl.len()).over("origin", "slice") % ANCHOR_EVERY == 0)
    return rows.filter(~chosen), rows.filter(chosen)


def _line(entry: Mapping[str, Any]) -> str:
    shares = "  ".join(f"{name} {_share(entry[role], what):7.2%}" for name, role, what, _ in PARTS)
    gone = {role: entry[role]["rows_in"] - entry[role]["rows_out"] for role in ("human", "synthetic")}
    return f"{entry['rule']:<22} took {gone['human']:>5} human {gone['synthetic']:>6} synthetic; left: {shares}"


def _share(counts: Mapping[str, int], what: str) -> float:
    return counts[f"{what}_out"] / max(counts[f"{what}_in"], 1)


def _picture(retention: Sequence[Mapping[str, Any]]) -> str:
    """A bar a rule and kind of text: what the rule left of what it was handed."""
    height = 70 + ROW * len(retention)
    body = [f'<rect width="{WIDTH}" height="{height}" fill="#fff"/><text x="8" y="22" font-size="14">{TITLE}</text>']
    for place, (name, _, _, colour) in enumerate(PARTS):
        x = 8 + 190 * place
        body.append(f'<rect x="{x}" y="34" width="10" height="10" fill="{colour}"/><text x="{x + 16}" y="43">{name}</text>')
    largest = max(1 - _share(entry[role], what) for entry in retention for _, role, what, _ in PARTS)
    for place, entry in enumerate(retention):
        body += _bars(entry, 58 + ROW * place, (WIDTH - LEFT - 60) / largest)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11" fill="#222">\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _bars(entry: Mapping[str, Any], top: int, scale: float) -> Sequence[str]:
    body = [f'<text x="{LEFT - 8}" y="{top + 14}" text-anchor="end">{entry["rule"]}</text>']
    for place, (_, role, what, colour) in enumerate(PARTS):
        gone = 1 - _share(entry[role], what)
        y = top + 6 * place
        body.append(f'<rect x="{LEFT}" y="{y}" width="{max(gone * scale, 0.6):.1f}" height="5" fill="{colour}"/>')
        body.append(f'<text x="{LEFT + 4 + gone * scale:.0f}" y="{y + 5}" font-size="6">{gone:.2%}</text>')
    return body


if __name__ == "__main__":
    main()
