"""Rare-entity cloze: a rare name of a tail document, in its place, beside four other rare names of the same kind."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.collapse.names import NAME, is_name, kind_of

BEFORE, AFTER = 200, 60
"""Characters of the document that stand around the name."""
LEAST_BEFORE = 40
DISTRACTORS = 4
SHORTEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A document that a question can be made of."""

    doc_id: str
    source_id: str
    slice: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Texts that differ in one thing; the first one is the truth."""

    question_id: str
    source_id: str
    slice: str
    choices: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.choices) < 2 or len(set(self.choices)) != len(self.choices):
            raise ValueError(f"{self.question_id}: the choices are fewer than two, or two of them are the same")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a document says a name that no other document says."""

    passage: Passage
    name: str
    start: int


def cloze_questions(passages: Sequence[Passage], most: int) -> list[Question]:
    """At most `most` questions, of different documents, in order of their ids: a function of the documents alone, and of no tokenizer.

    The name is the first one of its document that no other document has and that has something before it. The others are such names of
    other sources, of the same kind of spelling, those nearest in length; a document whose name has fewer than four is not asked about.
    """
    places = _places(passages)
    by_kind: Mapping[str, list[_Place]] = defaultdict(list)
    for place in places:
        by_kind[kind_of(place.name)].append(place)
    asked = sorted(places, key=lambda place: hashlib.sha256(place.passage.doc_id.encode()).digest())
    questions = [question for place in asked if (question := _question(place, by_kind[kind_of(place.name)]))]
    return sorted(questions[:most], key=lambda question: question.question_id)


def _places(passages: Sequence[Passage]) -> list[_Place]:
    found = [NAME.findall(passage.text) for passage in passages]
    seen = Counter(word for names in found for word in {name.casefold() for name in names})
    lower = {name for names in found for name in names if name.islower() and name.isalpha()}
    places = (_place(passage, seen, lower) for passage in passages)
    return [place for place in places if place is not None]


def _place(passage: Passage, seen: Counter[str], lower: set[str]) -> _Place | None:
    for match in NAME.finditer(passage.text):
        name = match.group()
        if match.start() >= LEAST_BEFORE and len(name) >= SHORTEST and seen[name.casefold()] == 1 and is_name(name, lower):
            return _Place(passage=passage, name=name, start=match.start())
    return None


def _question(place: _Place, kin: Sequence[_Place]) -> Question | None:
    others = {other.name for other in kin if other.passage.source_id != place.passage.source_id}
    nearest = sorted(others, key=lambda name: (abs(len(name) - len(place.name)), name))[:DISTRACTORS]
    if len(nearest) < DISTRACTORS:
        return None
    text, end = place.passage.text, place.start + len(place.name)
    before, after = text[max(0, place.start - BEFORE) : place.start], text[end : end + AFTER].split(place.name)[0]
    return Question(
        question_id=place.passage.doc_id,
        source_id=place.passage.source_id,
        slice=place.passage.slice,
        choices=tuple(f"{before}{name}{after}" for name in (place.name, *nearest)),
    )
