"""What a name is, in text that is much about names: identifiers, products, persons."""

import re
from collections.abc import Set as AbstractSet

NAME = re.compile(r"[A-Za-z_][\w.]*\w")


def is_name(word: str, lower: AbstractSet[str]) -> bool:
    """A word with a capital beyond its first letter, a digit, a dot or an underscore inside, or a capitalised one never seen in lower case.

    `lower` are the words of all texts that are seen in lower case.
    """
    inside = any(c.isupper() or c.isdigit() or c in "._" for c in word[1:])
    return inside or (word[0].isupper() and word.casefold() not in lower)


def kind_of(name: str) -> str:
    """The kind of a name by its spelling: names of one kind can stand for each other in a sentence."""
    if "." in name:
        return "dotted"
    if "_" in name:
        return "underscored"
    if any(c.isdigit() for c in name):
        return "numbered"
    if name.isupper():
        return "capitals"
    return "humped" if any(c.isupper() for c in name[1:]) else "capitalised"
