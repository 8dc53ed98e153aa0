"""Which reader reads which file: by the ending of the name, checked against the bytes; links and folders are no batch files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from governance.adapters.batch import comma_separated, json_lines, parquet
from governance.adapters.batch.chunk import Chunk
from governance.adapters.batch.signatures import HEAD_BYTES, check_bytes, unknown_ending
from governance.errors import BatchError
from governance.provenance.mapping import ColumnMapping

Reader = Callable[[Path, ColumnMapping, int], Iterator[Chunk]]

READERS: Mapping[str, Reader] = MappingProxyType(
    {ending: module.chunks for module in (parquet, json_lines, comma_separated) for ending in module.ENDINGS}
)
"""Ending of a file name -> its reader."""


def read_chunks(path: Path, mapping: ColumnMapping, max_row_bytes: int) -> Iterator[Chunk]:
    """The rows of one file, a bounded run at a time.

    Raises: BatchError where the file is missing, a link, or nothing that a reader can read.
    """
    return _reader(path)(path, mapping, max_row_bytes)


def check_files(files: Sequence[Path]) -> None:
    """Raises: BatchError where there is no file, one cannot be a batch file, or two have one name (rows are placed by name and line)."""
    if not files:
        raise BatchError("the batch holds no file", fix=f"put a file ending in {', '.join(READERS)} into the inbox")
    names = [path.name for path in files]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BatchError("two files of the batch have one name", examples=twice, fix="rename one of them")
    for path in files:
        if not path.name.isprintable():
            raise BatchError("has a name with characters that do not show", where=ascii(path.name), fix="rename the file")
        _reader(path)


def _reader(path: Path) -> Reader:
    if path.is_symlink():
        raise BatchError("is a symbolic link", where=str(path), fix="put the file itself into the inbox")
    if not path.is_file():
        found = "is no file" if path.exists() else "is missing"
        raise BatchError(found, where=str(path), expected="a plain file of rows", fix="put the file itself into the inbox")
    reader = next((READERS[ending] for ending in READERS if path.name.lower().endswith(ending)), None)
    if reader is None:
        raise unknown_ending(path, ", ".join(READERS))
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    check_bytes(path, head)
    is_parquet = head.startswith(parquet.MAGIC)
    if is_parquet != (reader is parquet.chunks):
        said = "is Parquet, its name says otherwise" if is_parquet else "is no Parquet, its name says it is"
        raise BatchError(said, where=str(path), fix="give the file its right ending, or send it again")
    return reader
