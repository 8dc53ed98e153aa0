"""The published results with our own numbers beside them, on this Python's documentation; the page is docs/published.md.

python -m benchmarks.published --pictures docs
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from governance.adapters.report.lines import Line, line_picture
from governance.adapters.stdlib_texts import documents
from governance.collapse.intervals import generator
from governance.drills.published import play_gaussian, replaced_variance
from governance.drills.published_order import KEPT, ORDER, SHARES, THEIR_SHARES, Course, Play, courses, share_arms

SEED, SEEDS, GENERATIONS, TOKENS, HELD_OUT = 20, 5, 10, 60_000, 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="folder for published-order.svg and published-gaussian.svg")
    pictures = parser.parse_args().pictures
    texts = [document.text for document in documents(None)]
    texts = [texts[place] for place in generator(SEED, "order of texts").permutation(len(texts))]
    human, held_out = texts[HELD_OUT:], texts[:HELD_OUT]

    def play(generations: int) -> Play:
        return Play(human=human, held_out=held_out, generations=generations, seeds=SEEDS, tokens=TOKENS, vocabulary=4096)

    order = courses(play(GENERATIONS), (*ORDER, KEPT), SEED, _told)
    print(f"\nperplexity of {HELD_OUT} held-out documents against generation 0, {SEEDS} seeds, {TOKENS} tokens a generation")
    for course in order:
        at = {generation: _mean(course, generation) for generation in (1, 3, 5, GENERATIONS)}
        print(f"{course.arm.name:<30}" + "".join(f"  {generation:>2}: {ratio:7.3f}" for generation, ratio in at.items()))
    shares = courses(play(1), share_arms(), SEED + 1, _told)
    print("\nsynthetic share of one generation: perplexity as a ratio to none of it, theirs (GPT-2, arXiv 2412.14689) and ours")
    for share, theirs, course in zip(SHARES, THEIR_SHARES, shares, strict=True):
        print(f"{share:>4} %   theirs {theirs / THEIR_SHARES[0]:5.2f}   ours {course.last / shares[0].last:5.2f}")
    if pictures:
        (pictures / "published-order.svg").write_text(_order_picture(order) + "\n")
        (pictures / "published-gaussian.svg").write_text(_gaussian_picture() + "\n")


def _mean(course: Course, generation: int) -> float:
    return float(np.exp(np.log(course.ratios[:, generation - 1]).mean()))


def _order_picture(order: Sequence[Course]) -> str:
    lines = [
        Line(
            name=course.arm.name.replace("accumulate at a fixed budget", "fixed budget"),
            values=[_mean(course, generation) for generation in range(1, GENERATIONS + 1)],
            low=course.ratios.min(axis=0).tolist(),
            high=course.ratios.max(axis=0).tolist(),
        )
        for course in order
    ]
    return str(line_picture(lines, across="generation", title="Perplexity of human text against generation 0, by regime"))


def _gaussian_picture() -> str:
    """Fitted variance of a normal distribution that learns from 100 of its own samples, at every fifth generation."""
    every = range(5, 101, 5)
    found = play_gaussian(100, 100, 4000, generator(SEED, "gaussian"))
    mean, expected = found.mean(axis=0), [replaced_variance(generation, 100) for generation in every]
    median = np.median(found, axis=0)

    def line(name: str, values: Sequence[float]) -> Line:
        return Line(name=name, values=values, low=values, high=values)

    lines = [
        line("(1 - 1/n)^t", expected),
        line("mean of 4,000", [float(mean[step - 1]) for step in every]),
        line("median", [float(median[step - 1]) for step in every]),
    ]
    return str(line_picture(lines, across="fives of generations", title="Variance of a normal distribution that learns from itself"))


def _told(done: int, total: int, words: str) -> None:
    print(f"\r{done}/{total} {words:<50}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
