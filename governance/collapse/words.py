"""The one rule by which text becomes words, for every lexical metric and every model."""

import re
from itertools import islice

WORD = re.compile(r"\w+(?:['\u2019]\w+)*")


def split_words(text: str) -> list[str]:
    """Unicode words, case folded: runs of letters, digits and underscores, with apostrophes inside a word kept.

    The rule is the same for all models and uses no tokenizer, so a reading survives a change of tokenizer. Scripts written without spaces
    come out as long words: their diversity is then counted over runs, equally for all models compared.
    """
    return WORD.findall(text.casefold())


def cut_text(text: str, words: int) -> str:
    """The text up to the end of its word number `words`, as it was written; whole where it has no more words than that."""
    last = None
    for last in islice(WORD.finditer(text), words):  # noqa: B007
        pass
    return text[: last.end()] if last else ""
