"""What the laundering audit finds of planted shares: coverage and width of its intervals, or that it says it cannot tell; and a picture.

    python -m benchmarks.laundering [ARTICLES.parquet] --picture docs/laundering.svg

A case is a set of human rows and some generators. Each generator in turn launders rows and is then none of the known ones; the human
rows are parted anew into references and a pool; the audit's own code reads both once, and batches with 0, 5, 20 and 30 % of the
launderer's rows are drawn from the pool, again and again, of 1,000 rows where there are so many. Detectors' errors are therefore always
of generators held out twice: the launderer was never seen, and each known row is scored by a classifier that did not see its generator.
Beside each width stands what it is made of, as standard deviations: luck of the batch, luck of the references, and which generator it was.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from governance.adapters.ngram_lm.counts import count_blocks
from governance.adapters.ngram_lm.model import Ngram
from governance.adapters.ngram_lm.words import END_ID, learn_words
from governance.adapters.stdlib_texts import documents
from governance.ports.language_model import Decoding
from governance.ports.rows import rows_frame
from governance.provenance.laundering.audit import signals
from governance.provenance.laundering.batch import batch_of
from governance.provenance.laundering.doubt import doubts_of
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.share import NotIdentifiable, Share, Sight, estimated
from governance.provenance.laundering.sight import Eyes, look
from governance.provenance.laundering.signal import Material

RULES = LaunderingRules()
PLANTED = (0.0, 0.05, 0.2, 0.3)
REFERENCES, KNOWN_ROWS, DRAWS, LAUNDERERS = 900, 200, 25, 12
MODELS = 12
PARTS = (("a publisher's news", "news", 1_000, REFERENCES), ("a publisher's answers", "assistant-answers", 200, 220))
"""Case, slice, rows of a batch and references: of answers there are 427 human ones."""
COLOURS = {True: "#3182bd", False: "#c0392b"}
NOTHING_LEARNT = pl.LazyFrame(schema={"sha256": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Human texts, and what each generator wrote."""

    name: str
    human: Sequence[str]
    written: Mapping[str, Sequence[str]]
    rows: int = 1_000
    references: int = REFERENCES

    @property
    def most_lies(self) -> int:
        return round(max(PLANTED) * self.rows)

    @property
    def launderers(self) -> list[str]:
        """Generators that wrote enough for the largest share, some of them."""
        return [name for name, texts in self.written.items() if len(texts) >= self.most_lies][:LAUNDERERS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One estimate of one drawn batch."""

    case: str
    launderer: str
    planted: float
    answer: Share | NotIdentifiable
    parts: tuple[float, float, float]
    """Standard deviations of the share: luck of the batch, luck of the references, one more generator."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", type=Path, nargs="?", help="a publisher's labelled corpus; else Python's documentation alone")
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    found = [one for case in _cases(asked.articles) for one in _measured(case)]
    _print_table(found)
    if asked.articles:
        _print_essays(pl.read_parquet(asked.articles))
    if asked.picture:
        asked.picture.write_text(_picture(found), encoding="utf-8")


def _cases(articles: Path | None) -> Iterator[Case]:
    texts = [document.text for document in documents()]
    order = np.random.Generator(np.random.Philox(1)).permutation(len(texts))
    shuffled = [texts[place] for place in order]
    learnt, human = shuffled[:2_400], shuffled[2_400:]
    models = {f"n-gram {number}": _model(learnt, number) for number in range(MODELS)}
    for heat, name in ((0.7, "n-grams, temperature 0.7"), (1.0, "n-grams, temperature 1")):
        written = {name: _texts(model, learnt, heat, number) for number, (name, model) in enumerate(models.items())}
        yield Case(name=name, human=human, written=written)
    if articles is not None:
        rows = pl.read_parquet(articles).filter(pl.col("text").str.len_chars() > 0)
        for name, slice_, size, references in (
            ("a publisher's news", "news", 1_000, REFERENCES),
            ("answers", "assistant-answers", 200, 220),
        ):
            model = rows.filter((pl.col("source") == "model") & (pl.col("slice") == slice_)).group_by("generator", maintain_order=True)
            human = rows.filter((pl.col("source") == "human") & (pl.col("slice") == slice_))["text"].unique(maintain_order=True)
            yield Case(name=name, human=human.to_list(), written=dict(model.agg("text").iter_rows()), rows=size, references=references)


def _model(texts: Sequence[str], number: int) -> Ngram:
    """A trigram model of a third of the texts, with a vocabulary of its own."""
    own = [text for place, text in enumerate(texts) if (place * 7 + number * 5) % MODELS < 4]
    words = learn_words(own, 1_400 + 100 * number)
    tokens = [token for text in own for token in (END_ID, *words.encode(text))]
    return Ngram(words=words, counts=count_blocks(np.array([tokens], dtype=np.int32), np.ones(1), words.size))


def _texts(model: Ngram, learnt: Sequence[str], heat: float, number: int) -> list[str]:
    openings = [" ".join(text.split()[:3]) for text in learnt[number * 170 : number * 170 + 300]]
    decoding = Decoding(temperature=heat, max_new_tokens=70, seed=number)
    return [opening + text for opening, text in zip(openings, model.sample(openings, decoding), strict=True)]


def _measured(case: Case) -> Iterator[Found]:
    for number, launderer in enumerate(case.launderers):
        stream = np.random.Generator(np.random.Philox(key=[7, number]))
        eyes = _eyes(case, launderer, stream)
        lies = eyes.material.claimed["row_id"].str.starts_with("lie").to_numpy()
        for planted in PLANTED:
            for _ in range(DRAWS):
                chosen = _drawn(lies, planted, case.rows, stream)
                sights, _ = eyes.rival_sights(chosen, whole=True)
                answer = estimated(sights, RULES, stream)
                yield Found(case=case.name, launderer=launderer, planted=planted, answer=answer, parts=_parts(sights))


def _parts(sights: Sequence[Sight]) -> tuple[float, float, float]:
    """Of the one domain that there is."""
    (sight,) = sights
    if sight.detector.quantifier is None:
        return (float("nan"),) * 3
    told = sight.detector.quantifier.told(sight.counts)
    return told.batch, told.references, abs(told.corrected) * told.spread


def _eyes(case: Case, launderer: str, stream: np.random.Generator) -> Eyes:
    """The audit's own look at everything that batches are drawn from."""
    order = stream.permutation(len(case.human))
    pinned = [case.human[place] for place in order[: case.references]]
    references = pl.DataFrame({"row_id": [f"pinned-{n}" for n in range(len(pinned))], "text": pinned}).with_columns(
        pl.lit("all").alias("slice"), pl.lit(value=False).alias("learnt")
    )
    pool = [("human", case.human[place]) for place in order[case.references : case.references + 2 * case.rows]]
    pool += [("lie", text) for text in case.written[launderer][: case.most_lies]]
    rows: list[dict[str, object]] = [
        {"row_id": f"{kind}-{n}", "text": text, "origin": "human", "slice": "all"} for n, (kind, text) in enumerate(pool)
    ]
    known = [(name, n, text) for name, texts in case.written.items() if name != launderer for n, text in enumerate(texts[:KNOWN_ROWS])]
    rows += [{"row_id": f"{name}-{n}", "text": text, "origin": "model", "generator": name, "slice": "all"} for name, n, text in known]
    frame = rows_frame(rows, "drawn")
    return look(batch_of(frame.lazy(), references, NOTHING_LEARNT, Material(), RULES, seed=3).material, signals(), RULES)


def _drawn(lies: np.ndarray, planted: float, rows: int, stream: np.random.Generator) -> np.ndarray:
    wrong = round(planted * rows)
    chosen = np.zeros(len(lies), dtype=bool)
    chosen[stream.choice(lies.nonzero()[0], wrong, replace=False)] = True
    chosen[stream.choice((~lies).nonzero()[0], rows - wrong, replace=False)] = True
    return chosen


def _print_table(found: Sequence[Found]) -> None:
    errors = f"{'half-width':>11} {'widest':>7} {'batch':>6} {'refs':>6} {'gens':>6}  untold"
    print(f"{'case':<26} {'planted':>8} {'batches':>8} {'answered':>9} {'covered':>8} {'mean share':>11} {errors}")
    for case in dict.fromkeys(one.case for one in found):
        for planted in PLANTED:
            mine = [one for one in found if one.case == case and one.planted == planted]
            shares = [one.answer for one in mine if isinstance(one.answer, Share)]
            told = [(one.low <= planted <= one.high, one.share, one.half_width) for one in shares] or [(float("nan"),) * 3]
            held, middle, width = np.mean(told, axis=0)
            parts = " ".join(f"{part:>6.3f}" for part in np.mean([one.parts for one in mine], axis=0))
            why = Counter(one.answer.reason for one in mine if isinstance(one.answer, NotIdentifiable))
            numbers = (
                f"{len(mine):>8} {len(shares):>9} {held:>8.1%} {middle:>11.3f} {width:>11.3f} {max(one[2] for one in told):>7.3f} {parts}"
            )
            print(f"{case:<26} {planted:>8.0%} {numbers}  {dict(why) or ''}")


def _print_essays(articles: pl.DataFrame) -> None:
    """Model essays of a test of English as a foreign language: how many are doubted beside essays, and how many beside news alone."""
    written = articles.filter((pl.col("text").str.len_chars() > 0) & pl.col("slice").is_in(["essays", "news"]))
    human = written.filter(pl.col("source") == "human").unique("text", maintain_order=True)
    essays, news = (human.filter(pl.col("slice") == name)["text"].to_list() for name in ("essays", "news"))
    model = written.filter(pl.col("source") == "model").gather_every(6).select("generator", "text")
    half = len(essays) // 2
    for home in ("essays", "news"):
        pinned = [("news", text) for text in news[:REFERENCES]] + [("essays", text) for text in essays[:half] if home == "essays"]
        references = pl.DataFrame([{"row_id": f"p-{n}", "slice": s, "text": t, "learnt": False} for n, (s, t) in enumerate(pinned)])
        rows = [{"row_id": f"e-{n}", "text": text, "origin": "human", "slice": home} for n, text in enumerate(essays[half:])]
        rows += [
            {"row_id": f"m-{n}", "text": text, "origin": "model", "generator": name, "slice": "news"}
            for n, (name, text) in enumerate(model.iter_rows())
        ]
        batch = batch_of(rows_frame(rows, "x").lazy(), references, NOTHING_LEARNT, Material(), RULES, seed=3)
        doubted = doubts_of(look(batch.material, signals(), RULES), RULES).rows
        print(f"essays by non-native writers, held against {home}: {doubted} of {len(essays) - half} doubted")


def _picture(found: Sequence[Found]) -> str:
    """Every estimate as a thin upright interval over its planted share, case by case; what is not identifiable as a number."""
    cases = list(dict.fromkeys(one.case for one in found))
    parts = []
    for column, case in enumerate(cases):
        left = 60 + 270 * column
        parts.append(f'<text x="{left}" y="24" font-weight="600">{case}</text>')
        parts += [_level(left, share) for share in (0.0, 0.1, 0.2, 0.3, 0.4)]
        for place, planted in enumerate(PLANTED):
            mine = [one for one in found if one.case == case and one.planted == planted]
            parts.append(_column(left + 6 + 62 * place, planted, mine))
    style = "text{font:12px system-ui,sans-serif;fill:#333}"
    width = 60 + 270 * len(cases)
    label = 'role="img" aria-label="Estimated against planted shares"'
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 330" {label}><style>{style}</style>'
    return frame + f'<rect width="{width}" height="330" fill="#fff"/>' + "".join(parts) + "</svg>\n"


def _height(share: float) -> float:
    return 270 - 520 * share


def _level(left: int, share: float) -> str:
    line = f'<path d="M{left} {_height(share):.0f}h248" stroke="#ddd"/>'
    return line + f'<text x="{left - 6}" y="{_height(share) + 4:.0f}" text-anchor="end">{share:.0%}</text>'


def _column(left: int, planted: float, mine: Sequence[Found]) -> str:
    shares = sorted((one.answer for one in mine if isinstance(one.answer, Share)), key=lambda one: one.share)
    step = 52 / max(len(shares), 1)
    paths = {True: "", False: ""}
    for place, one in enumerate(shares):
        paths[one.low <= planted <= one.high] += f"M{left + step * place:.1f} {_height(one.low):.1f}V{_height(one.high):.1f}"
    width = f'stroke-width="{min(step, 2):.2f}"'
    drawn = "".join(f'<path d="{paths[held]}" stroke="{COLOURS[held]}" {width}/>' for held in (True, False) if paths[held])
    truth = f'<path d="M{left - 2} {_height(planted):.1f}h56" stroke="#111" stroke-dasharray="4 3"/>'
    words = f'<text x="{left + 26}" y="290" text-anchor="middle">{planted:.0%}</text>'
    unknown = len(mine) - len(shares)
    untold = f'<text x="{left + 26}" y="308" text-anchor="middle" fill="#8a5a00">{unknown} untold</text>' if unknown else ""
    return drawn + truth + words + untold


if __name__ == "__main__":
    main()
