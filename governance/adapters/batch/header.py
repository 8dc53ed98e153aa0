"""What the columns of a table must be called, and what they may not: one name, one column, however it is written."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from governance.errors import BatchError
from governance.provenance.mapping import ColumnMapping


def check_header(where: str, names: Sequence[str], mapping: ColumnMapping) -> None:
    """Every column has a name of its own, those that the mapping needs are there, and none could be taken for one of them.

    Raises: BatchError naming the columns.
    """
    fix = "correct the header, or [source.mapping]"
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise BatchError("names a column twice", where=where, examples=[_shown(name) for name in twice], fix=fix)
    if missing := sorted(set(mapping.columns_a_table_must_have) - set(names)):
        raise BatchError(f"has no column {missing[0]!r}", where=where, examples=missing, fix=fix)
    if alike := rivals(names, mapping):
        said = [f"{_shown(theirs)} beside {ours!r}" for theirs, ours in sorted(alike.items())]
        raise BatchError("has columns whose names differ only in case, blanks or invisible characters", where=where, examples=said, fix=fix)


def rivals(names: Iterable[str], mapping: ColumnMapping) -> Mapping[str, str]:
    """Names that are not read but look like one that is and is there too -> that one: which of them is true is not ours to say."""
    given, mapped = set(names), {*mapping.scalar_columns, *mapping.list_columns}
    read = {likeness(name): name for name in sorted(given & mapped)}
    return {name: read[likeness(name)] for name in given - mapped if likeness(name) in read}


def likeness(name: str) -> str:
    """What a reader's eye takes a name for: no case, no blanks, nothing that does not show."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in plain if not c.isspace() and unicodedata.category(c) not in {"Cc", "Cf"})


def _shown(name: str) -> str:
    return ascii(name[:40])
