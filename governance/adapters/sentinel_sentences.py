"""Sentinels out of documentation: a sentence that names something, and the same sentence with another name of the same kind."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from governance.adapters.stdlib_texts import Document
from governance.collapse.names import NAME, is_name, kind_of
from governance.collapse.sentinels import SENTINEL_SCHEMA

SENTENCE = re.compile(r"(?<=[.!?])\s+")
CHARACTERS = (50, 300)
KNOWN_IN = 3
"""A name is known that so many of the taught documents have: a swap of names that nobody was taught says nothing."""
NEAREST = 8


def sentinel_rows(held: Sequence[Document], taught: Sequence[Document]) -> pl.DataFrame:
    """At most one sentinel of each held document, from its sentences after the first; a function of the documents alone.

    A sentence that a taught document says too is passed over. Its first known name is swapped, everywhere in it, for another known one of
    the same kind of spelling: one of the eight nearest in length, by the hash of the document's id.
    """
    found = [NAME.findall(document.text) for document in (*taught, *held)]
    lower = {name for names in found for name in names if name.islower() and name.isalpha()}
    seen = Counter(name for names in found[: len(taught)] for name in set(names))
    known = sorted(name for name, count in seen.items() if count >= KNOWN_IN and _is_whole(name) and is_name(name, lower))
    said = " ".join(word for document in taught for word in document.text.split())
    pairs = ((document, pair) for document in held if (pair := next(_pairs(document, known, said), None)))
    rows = [(f"sentinel-{document.row_id}", document.slice, *pair) for document, pair in pairs]
    return pl.DataFrame(rows, schema=SENTINEL_SCHEMA, orient="row").sort("sentinel_id")


def _is_whole(name: str) -> bool:
    """No abbreviation such as "e.g"."""
    return all(len(part) > 1 for part in name.split("."))


def _pairs(document: Document, known: Sequence[str], said: str) -> Iterator[tuple[str, str]]:
    sentences = (" ".join(sentence.split()) for sentence in SENTENCE.split(document.text)[1:])
    for true in sentences:
        usable = CHARACTERS[0] <= len(true) <= CHARACTERS[1] and true not in said
        for name in (name for name in NAME.findall(true) if usable and name in known):
            if other := _other(name, true, document.row_id, known):
                yield true, re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", other, true)


def _other(name: str, sentence: str, row_id: str, known: Sequence[str]) -> str | None:
    kin = [other for other in known if other != name and kind_of(other) == kind_of(name) and other not in sentence]
    nearest = sorted(kin, key=lambda other: (abs(len(other) - len(name)), other))[:NEAREST]
    if not nearest:
        return None
    return nearest[int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:4], "big") % len(nearest)]
