"""A language model as a rater: a rubric that asks for novelty by name, both orders, and a look at whether length decided.

It advises. No gate reads it, so that no fluent judge can excuse a loss of the tails.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from governance.collapse.sides.votes import LEFT, QUESTIONS, RIGHT, SAME

RUBRIC = """Two writers, A and B, answered the same prompt, each several times. Compare them. Do not reward fluency, politeness or length.

variety: {variety}
nuance: {nuance}
novelty: {novelty}

Judge novelty by what is specific and true to the prompt and not a commonplace: rare names, local detail, a turn of phrase of its own. Text
that repeats a template or lists generalities is not novel however well it reads.

Answer with exactly three lines and nothing else:
variety: A, B or same
nuance: A, B or same
novelty: A, B or same

The prompt:
{prompt}

A:
{first}

B:
{second}
"""
_LINE = r"^[\s*#-]*{question}[\s*]*[:=-][\s*]*(A|B|same)[\s*.]*$"
_SIDES = {"a": LEFT, "b": RIGHT, "same": SAME}
_TURNED = {LEFT: RIGHT, RIGHT: LEFT, SAME: SAME}


def question_for(prompt: str, left: Sequence[str], right: Sequence[str], *, swapped: bool) -> str:
    """What the judge is asked about one pair; swapped, the right side comes first. Texts are quoted line by line."""
    first, second = (_quoted(side) for side in ((right, left) if swapped else (left, right)))
    parts = {**QUESTIONS, "prompt": _quoted([prompt]), "first": first, "second": second}
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], RUBRIC)


def read_answer(answer: str) -> Mapping[str, str]:
    """Question -> choice, of the lines that can be read; sides are those that were shown."""
    found = {question: re.search(_LINE.format(question=question), answer, re.IGNORECASE | re.MULTILINE) for question in QUESTIONS}
    return {question: _SIDES[match[1].lower()] for question, match in found.items() if match}


def settled(straight: Mapping[str, str], swapped: Mapping[str, str]) -> Mapping[str, str]:
    """The judge's vote on a pair from its answers in both orders: a preference that does not survive the swap is "same".

    A question that was not answered in both orders has no vote.
    """
    both = {
        question: (straight[question], _TURNED[swapped[question]]) for question in QUESTIONS if question in straight and question in swapped
    }
    return {question: one if one == other else SAME for question, (one, other) in both.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthControl:
    """A win rate at equal lengths: what the candidate would win if both sides were as long (Dubois et al. 2024, arXiv 2404.04475).

    The logistic regression win ~ 1 + tanh(difference of log lengths / its sd), its intercept read at no difference. `slope` is how much
    length moved it; None for both where lengths do not differ or too few pairs were judged.
    """

    rate: float | None
    slope: float | None


def length_controlled(scores: Sequence[float], words: Sequence[tuple[int, int]]) -> LengthControl:
    """Scores of the candidate (0, 0.5 or 1 a pair) and (candidate's words, the other's words) of each pair.

    A ridge of 1/100 keeps the fit finite where length separates wins from losses.
    """
    apart = np.log1p([own for own, _ in words]) - np.log1p([other for _, other in words])
    if len(scores) < 10 or not (spread := float(np.std(apart))) > 0:
        return LengthControl(rate=None, slope=None)
    design = np.column_stack([np.ones(len(scores)), np.tanh(apart / spread)])
    weights = np.zeros(2)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (np.asarray(scores) - chance) - 0.01 * weights
        curvature = design.T @ (design * (chance * (1 - chance))[:, None]) + 0.01 * np.eye(2)
        weights = weights + np.linalg.solve(curvature, slope)
    return LengthControl(rate=float(1 / (1 + np.exp(-weights[0]))), slope=float(weights[1]))


def _quoted(texts: Sequence[str]) -> str:
    """Texts as quotations, each line marked, so that none of them can pose as the rubric."""
    return "\n|\n".join("\n".join(f"| {line}" for line in text.splitlines() or [""]) for text in texts)
