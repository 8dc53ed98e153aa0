"""What the restoration score says of the publisher's hybrids: a table by level, a control of unrelated pairs, and a picture.

    python -m benchmarks.hybrid_weights ARTICLES.parquet --picture docs/hybrids.svg

Trusted words are those of every third human row that no hybrid was made beside. The controls read human news against machine news
of other subjects and of its own: what the score would say if a row named a text as its draft that it was not made from.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from governance.mixing.weights import LEAST_RUNS_PERCENT
from governance.provenance.restoration import WHOLE, HumanReference, restorations

LEVELS = ("light", "medium", "heavy", "rewrite")
REAL = "real edits"
COLOURS = {"light": "#9ecae1", "medium": "#6baed6", "heavy": "#3182bd", "rewrite": "#08519c", REAL: "#d9730d"}
CONTROLS = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    articles = pl.read_parquet(asked.articles).filter(pl.col("text").str.len_chars() > 0)
    hybrids = articles.filter(pl.col("source") == "hybrid")
    reference = _reference(articles, hybrids)
    found = _scored(articles, hybrids, reference)
    _print_table(found)
    _print_controls(articles, reference)
    if asked.picture:
        asked.picture.write_text(_picture(found), encoding="utf-8")


def _reference(articles: pl.DataFrame, hybrids: pl.DataFrame) -> HumanReference:
    human = articles.filter(
        (pl.col("source") == "human") & ~pl.col("prompt_id").is_in(hybrids["prompt_id"].implode()).fill_null(value=False)
    )
    return HumanReference.of(human["text"].to_list()[::3])


def _scored(articles: pl.DataFrame, hybrids: pl.DataFrame, reference: HumanReference) -> pl.DataFrame:
    texts = dict(articles.select("id", "text").iter_rows())
    rows = hybrids.filter(pl.col("parent_id").is_in(list(texts)))
    drafts = [texts[parent] for parent in rows["parent_id"]]
    found = restorations(rows["text"].to_list(), drafts, [""] * rows.height, reference)
    related = found.runs * 100 >= LEAST_RUNS_PERCENT * found.words
    notes = [json.loads(note) for note in rows["notes"]]
    return pl.DataFrame(
        {
            "level": [note.get("level", REAL) for note in notes],
            "edited": [float(note["word_edit_ratio"]) for note in notes],
            "weight": np.where(related, found.weights, WHOLE),
            "related": related,
            **found.readings,
        }
    )


def _print_table(found: pl.DataFrame) -> None:
    print("level       rows  edited   words passages tail   weight: mean   p10   p50   p90   1 exactly  not its draft  correlation")
    for level in (*LEVELS, REAL):
        part = found.filter(pl.col("level") == level)
        means = [part["edited"].mean(), *(part[name].mean() / WHOLE for name in ("words", "passages", "tail", "weight"))]  # type: ignore[operator]
        quantiles = [part["weight"].quantile(q) / WHOLE for q in (0.1, 0.5, 0.9)]  # type: ignore[operator]
        numbers = "  ".join(f"{number:.3f}" for number in (*means, *quantiles))
        whole, strange = (part["weight"] == WHOLE).sum(), (~part["related"]).sum()
        together = np.corrcoef(part["edited"], part["weight"])[0, 1] if part["weight"].n_unique() > 1 else float("nan")
        print(f"{level:<10} {part.height:>5}  {numbers}  {whole:>4}  {strange:>3}  {together:+.2f}")
    print(f"all: correlation of weight and word edit ratio {np.corrcoef(found['edited'], found['weight'])[0, 1]:+.2f}")


def _print_controls(articles: pl.DataFrame, reference: HumanReference) -> None:
    news = articles.filter(pl.col("slice") == "news")
    human, model = (news.filter(pl.col("source") == origin) for origin in ("human", "model"))
    same = human.join(model.unique("prompt_id", keep="first", maintain_order=True), on="prompt_id", maintain_order="left").head(CONTROLS)
    _print_control("other subjects", human["text"].to_list()[-CONTROLS:], model["text"].to_list()[-CONTROLS:], reference)
    _print_control("same subject and opening", same["text"].to_list(), same["text_right"].to_list(), reference)


def _print_control(name: str, rows: Sequence[str], drafts: Sequence[str], reference: HumanReference) -> None:
    found = restorations(rows, drafts, [""] * len(rows), reference)
    runs = np.quantile(found.runs / np.maximum(found.words, 1), (0.5, 0.95, 0.99))
    weights = np.quantile(found.weights / WHOLE, (0.05, 0.5, 0.95))
    print(f"{name}, {len(rows)} pairs: words in runs {runs.round(3)} (p50, p95, p99), weight {weights.round(3)} (p5, p50, p95)")


def _picture(found: pl.DataFrame) -> str:
    """Every hybrid as a dot: how many words its edit changed, and what it then counts."""
    body = [_axes()]
    for level in (*LEVELS, REAL):
        part = found.filter(pl.col("level") == level)
        dots = "".join(f"M{60 + 400 * x:.0f} {290 - 0.225 * y:.0f}h0" for x, y in part.select("edited", "weight").iter_rows())
        body.append(f'<path d="{dots}" stroke="{COLOURS[level]}" stroke-width="4" stroke-linecap="round" stroke-opacity=".7"/>')
    for place, level in enumerate((*LEVELS, REAL)):
        top = 198 + 18 * place
        body.append(f'<circle cx="80" cy="{top}" r="4" fill="{COLOURS[level]}"/><text x="92" y="{top + 4}">{_words(level, found)}</text>')
    return _framed(body)


def _words(level: str, found: pl.DataFrame) -> str:
    rows = found.filter(pl.col("level") == level).height
    return f"{level} (professional writers), {rows}" if level == REAL else f"constructed, {level}, {rows}"


def _axes() -> str:
    parts = ['<path d="M60 65V290H460" stroke="#555" fill="none"/><path d="M60 65L460 290" stroke="#999" stroke-dasharray="4 4"/>']
    parts += [f'<text x="52" y="{294 - 0.225 * y:.0f}" text-anchor="end">{y / 1000:g}</text>' for y in (0, 250, 500, 750, 1000)]
    parts += [f'<text x="{60 + 400 * x:.0f}" y="308" text-anchor="middle">{x:g}</text>' for x in (0, 0.2, 0.4, 0.6, 0.8, 1)]
    parts.append(
        '<path d="M60 177.5H460" stroke="#b00" stroke-dasharray="2 3"/><text x="458" y="173" text-anchor="end" fill="#b00">floor</text>'
    )
    parts.append('<text x="260" y="328" text-anchor="middle">words of the draft that the edit changed (word edit ratio)</text>')
    parts.append('<text x="8" y="50">weight: the share of the row that counts as synthetic</text>')
    return "".join(parts)


def _framed(body: Sequence[str]) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 340" font-family="sans-serif" font-size="11" fill="#222">\n'
        '<rect width="480" height="340" fill="#fff"/><text x="8" y="22" font-size="14">What hybrids count, by how much was edited</text>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


if __name__ == "__main__":
    main()
