"""The shapes of structured answers: JSON and calls of tools by their keys and kinds of values, and how many of them can be read at all."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from governance.collapse.drawn import Drawn
from governance.collapse.evidence import Floats, Mask, Unmeasured, Whole
from governance.collapse.metric import Case
from governance.collapse.rates import LEAST_GROUPS, smoothed_rate
from governance.collapse.sampled import LeftOut
from governance.collapse.written import Taken, groups_of

FENCED = re.compile(r"```(?:json)?\s*([\[{].*?)(?:```|$)", re.DOTALL)
CALLED = re.compile(r"<(?:tool_call|function_call)>\s*(.*?)(?:</(?:tool_call|function_call)>|$)", re.DOTALL)
BARE = re.compile(r"\s*([\[{]\s*[\[{\"\]}].*)", re.DOTALL)
DEEPEST = 20
NO_SHAPE = "no sample of any model carries JSON or a call of a tool"


def structure_in(text: str) -> str | None:
    """The part of a sample that means to be JSON: in a fence, in the tags of a call, or the whole of it; None where there is none."""
    for pattern in (CALLED, FENCED):
        if found := pattern.search(text):
            return found[1]
    bare = BARE.match(text)
    return bare[1] if bare else None


def shape_of(structure: str) -> str | None:
    """Keys and kinds of values of the JSON at the beginning, in one canonical form; None where it cannot be read.

    Keys are in order of name, a list is the set of its items' shapes, and the name of a called tool is part of its shape.
    """
    try:
        value, _ = json.JSONDecoder().raw_decode(structure.strip())
        return _shape(value, 0)
    except (ValueError, RecursionError):
        return None


def shape_entropies(drawn: Drawn, case: Case) -> Mapping[str, Taken | Unmeasured]:
    """Entropy of the shapes over the draws that every model answered with a shape; the ratio is one of effective numbers of shapes."""
    del case
    _, shapes = _read(drawn)
    common = np.array([all(cell) for cell in zip(*shapes.values(), strict=True)], dtype=bool)
    if not common.any():
        reason = "no prompt and draw was answered with JSON or a call of a tool that can be read by every model"
        return dict.fromkeys(drawn.texts, Unmeasured(reason=reason))
    groups = np.unique(groups_of(drawn)[common], return_inverse=True)[1].astype(np.int64)
    if (count := int(groups.max()) + 1) < LEAST_GROUPS:
        reason = f"{count} groups of prompts were answered with a shape by every model, an interval needs {LEAST_GROUPS}"
        return dict.fromkeys(drawn.texts, Unmeasured(reason=reason))
    return {model: _entropy([found for found, kept in zip(shapes[model], common, strict=True) if kept], groups) for model in drawn.texts}


def shape_validity(drawn: Drawn, case: Case) -> Mapping[str, Taken | Unmeasured]:
    """Among the draws at which any model answered with structure, the share at which this one's answer has a shape."""
    del case
    meant, shapes = _read(drawn)
    if not meant.any():
        return dict.fromkeys(drawn.texts, Unmeasured(reason=NO_SHAPE))
    groups = np.unique(groups_of(drawn)[meant], return_inverse=True)[1].astype(np.int64)
    return {model: _validity(np.array([s is not None for s in found])[meant].astype(np.float64), groups) for model, found in shapes.items()}


def _read(drawn: Drawn) -> tuple[Mask, Mapping[str, Sequence[str | None]]]:
    """Where any model means structure, and the shape of each sample, None where it has none."""
    parts = {model: [structure_in(text) for text in texts] for model, texts in drawn.texts.items()}
    meant = np.array([any(part is not None for part in cell) for cell in zip(*parts.values(), strict=True)], dtype=bool)
    return meant, {model: [None if part is None else shape_of(part) for part in found] for model, found in parts.items()}


def _entropy(shapes: Sequence[str | None], groups: Whole) -> Taken:
    numbers = {shape: number for number, shape in enumerate(dict.fromkeys(shapes))}
    counts = np.zeros((int(groups.max()) + 1, len(numbers)))
    np.add.at(counts, (groups, np.array([numbers[shape] for shape in shapes])), 1)
    whole = counts.sum(axis=0)
    bits = _bits(whole)
    return Taken(shown=bits, left_out=LeftOut(value=2.0**bits, without=np.array([2.0 ** _bits(whole - one) for one in counts])))


def _bits(counts: Floats) -> float:
    shares = counts[counts > 0] / counts.sum()
    return abs(float(-(shares * np.log2(shares)).sum()))


def _validity(read: Floats, groups: Whole) -> Taken | Unmeasured:
    found = smoothed_rate(read, np.ones_like(read), groups)
    return found if isinstance(found, Unmeasured) else Taken(shown=float(read.mean()), left_out=found)


def _shape(value: Any, depth: int) -> str:
    if depth > DEEPEST:
        raise ValueError(f"deeper than {DEEPEST}")
    if isinstance(value, dict):
        return _call(value) + "{" + ",".join(f"{json.dumps(key)}:{_shape(value[key], depth + 1)}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + "|".join(sorted({_shape(item, depth + 1) for item in value})) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no JSON number")
    return "null" if value is None else "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def _call(value: Mapping[str, Any]) -> str:
    """The name of the tool where an object is a call of one."""
    called = isinstance(value.get("name"), str) and ("arguments" in value or "parameters" in value)
    return f"call {json.dumps(value['name'])} " if called else ""
