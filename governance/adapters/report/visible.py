"""Text that came from data or from a model, made safe to show: hostile characters visible, lengths bounded, markup and formulae inert.

The HTML page escapes by Jinja2's autoescape and by `markupsafe`; what is here comes before that, and serves Markdown and CSV.
"""

import re
import unicodedata

ELLIPSIS = "…"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")
"""What a spreadsheet may take for the beginning of a formula, full-width forms too, and our own mark."""

_MARKUP = re.compile(r"([\\`*_{}\[\]()|~!#]|^[-+=]|(?<=\d)\.(?=\s|$))")


def visible(text: str, limit: int = 600) -> str:
    """Text whose every character can be seen: control, bidirectional, zero-width and unassigned ones are written as their code point.

    Line ends and tabs stay. At most `limit` characters of the text are kept, and a cut is marked.
    """
    cut = text if len(text) <= limit else text[:limit] + ELLIPSIS
    return "".join(_seen(character) for character in cut.replace("\r\n", "\n"))


def line(text: str, limit: int = 200) -> str:
    """The same on one line."""
    return visible(" ".join(text.split()), limit)


def markdown(text: str, limit: int = 200) -> str:
    """Text that is only text in Markdown, also inside a table: no emphasis, link, image, heading or HTML comes of it."""
    entities = line(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    unlinked = entities.replace("://", ": //").replace("www.", "www .")
    return _MARKUP.sub(r"\\\1", unlinked)


def csv_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; `csv_text` is the inverse."""
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_text(cell: str) -> str:
    """What was written by `csv_cell`: `csv_text(csv_cell(text)) == text`."""
    return cell.removeprefix("'")


def _seen(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _UNSEEN:
        return character
    return f"⟦U+{ord(character):04X}⟧"
