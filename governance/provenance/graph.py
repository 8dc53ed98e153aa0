"""The provenance graph: texts and models, who wrote which text, from which texts it was made, and what each model learnt from.

It is the definition of depth and effective share in full. A text of people has been through no model. A synthetic text has been through
its author and everything that its author learnt from; one that was made from model text has been through no fewer models than that, and
one more where a model did the making. A model has been through what its texts and its initial weights have.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from governance.errors import IntegrityError
from governance.provenance.descent import THOUSAND, WHOLE, Bounds, Descent, human_text, synthetic_text, uncounted_text, unknown_text
from governance.provenance.row import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Tokens of one origin. `author` is the id of a model of the graph; None is a model that nobody knows, taken for a human-only one."""

    origin: Origin
    tokens: int
    author: str | None = None
    parents: tuple[str, ...] = ()
    weight: int = WHOLE

    def __post_init__(self) -> None:
        if self.origin is Origin.HUMAN and self.author is not None:
            raise ValueError(f"human text has no author model, and {self.author} is named")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a model learnt from: id of a text -> how often it was shown, on top of the model that it started from.

    `unknown_tokens` were learnt before anybody here looked; `past_share` bounds the synthetic share of a past that nobody counted.
    """

    texts: Mapping[str, int] = field(default_factory=dict)
    start: str | None = None
    unknown_tokens: int = 0
    past_share: Bounds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Models that a text went through: the most, and the mean in thousandths; both 0 for a text of people."""

    depth: int = 0
    passages: int = 0


Node = tuple[str, str]
TEXT, MODEL = "text", "model"


def descents(texts: Mapping[str, Text], models: Mapping[str, Model]) -> Mapping[str, Descent]:
    """The descent of every model, by id.

    Raises: IntegrityError naming ids: a text or model among its own ancestors, or a parent, author or start that is not in the graph.
    """
    passed: dict[str, Passed] = {}
    found: dict[str, Descent] = {}
    for kind, name in _in_order(texts, models):
        if kind == TEXT:
            passed[name] = _passed(texts[name], passed, found)
        else:
            found[name] = _descent(models[name], texts, passed, found)
    return found


def passed_by(author: Descent | None, parents: Iterable[Passed], *, made_by_model: bool) -> Passed:
    """What a synthetic text has been through, by its author's descent and its parents."""
    mean, depth = (author.mean_depth.low, author.least_depth) if author else (0, 0)
    step = 1 if made_by_model else 0
    above = list(parents)
    return Passed(
        depth=max([depth + 1, *(parent.depth + step for parent in above)]),
        passages=max([mean + THOUSAND, *(parent.passages + step * THOUSAND for parent in above)]),
    )


def _passed(text: Text, passed: Mapping[str, Passed], found: Mapping[str, Descent]) -> Passed:
    if text.origin is Origin.HUMAN:
        return Passed()
    author = found[text.author] if text.author is not None else None
    return passed_by(author, [passed[parent] for parent in text.parents], made_by_model=text.origin is Origin.MODEL)


def _descent(model: Model, texts: Mapping[str, Text], passed: Mapping[str, Passed], found: Mapping[str, Descent]) -> Descent:
    whole = unknown_text(model.unknown_tokens) + (uncounted_text(model.past_share) if model.past_share else Descent())
    if model.start is not None:
        whole += found[model.start]
    for name, count in model.texts.items():
        whole += text_descent(texts[name], passed[name]).times(count)
    return whole


def text_descent(text: Text, passed: Passed) -> Descent:
    """The descent of one text, once it is known what it has been through."""
    if text.origin is Origin.HUMAN:
        return human_text(text.tokens)
    return synthetic_text(text.tokens, passages=passed.passages, depth=passed.depth, weight=text.weight)


def _in_order(texts: Mapping[str, Text], models: Mapping[str, Model]) -> Iterable[Node]:
    """Every node after all that it comes from."""
    above: dict[Node, set[Node]] = {(TEXT, name): _above_text(text) for name, text in texts.items()}
    above |= {(MODEL, name): _above_model(model) for name, model in models.items()}
    missing = sorted({f"{kind} {name}" for nodes in above.values() for kind, name in nodes - above.keys()})
    if missing:
        raise IntegrityError(f"{len(missing)} ancestors are not known", where="provenance graph", examples=missing)
    try:
        return list(TopologicalSorter(above).static_order())
    except CycleError as error:
        circle = [f"{kind} {name}" for kind, name in error.args[1]]
        raise IntegrityError("is among its own ancestors", where=circle[0], examples=circle) from error


def _above_text(text: Text) -> set[Node]:
    author = {(MODEL, text.author)} if text.author is not None else set()
    return author | {(TEXT, parent) for parent in text.parents}


def _above_model(model: Model) -> set[Node]:
    start = {(MODEL, model.start)} if model.start is not None else set()
    return start | {(TEXT, name) for name in model.texts}
