"""Text files as lines of bytes with their places, in bounded memory: no line is ever held whole that is longer than the limit."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from governance.adapters.batch.chunk import CHUNK_BYTES, CHUNK_ROWS, Original
from governance.adapters.batch.signatures import HEAD_BYTES, check_bytes
from governance.errors import BatchError

UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
GZIP_MAGIC = b"\x1f\x8b"
PIECE_BYTES = 1 << 20
FREE_UNPACKED_BYTES = 256 << 20
MOST_UNPACKED_RATIO = 200
"""A gzip file may unpack to the first, or to so many times its size: real rows reach 4 to 30, and gzip cannot reach 1,033."""
ESCAPED_BYTES = 6
"""JSON may spend six bytes (\\u0041) on one byte of text."""
OTHER_FIELDS_BYTES = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Bytes of one line or record without the last line feed; `raw` is None where they are more than the limit.

    `number` is that of the (first) physical line, from 1. `unread`, where set, is the rule of the reader that it breaks already.
    """

    number: int
    offset: int
    length: int
    raw: bytes | None
    unread: str | None = None


def line_limit(max_row_bytes: int) -> int:
    """Bytes of a line that can hold a text of the largest admitted size, however it is escaped."""
    return ESCAPED_BYTES * max_row_bytes + OTHER_FIELDS_BYTES


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where its name says gzip.

    Raises: BatchError where the packed bytes are broken, unpack without end, or are not what the name says.
    """
    packed = path.suffix.lower() == ".gz"
    with path.open("rb") as plain:
        magic = plain.read(2) == GZIP_MAGIC
    if packed != magic:
        said, found = ("gzip", "not gzip") if packed else ("plain text", "gzip")
        raise BatchError(f"the name says {said}, the bytes are {found}", where=str(path), fix="give the file its right ending")
    with _unpacked(path) if packed else path.open("rb") as stream:
        try:
            check_bytes(path, stream.peek(HEAD_BYTES)[:HEAD_BYTES])
            yield stream
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BatchError(f"the gzip file is broken: {error}", where=str(path), fix="send the file again") from error


class _Unpacked(io.RawIOBase):
    """The unpacked bytes of a gzip file, up to what a file of rows can honestly unpack to."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._limit = max(FREE_UNPACKED_BYTES, MOST_UNPACKED_RATIO * path.stat().st_size)
        self._packed = gzip.open(path, "rb")  # noqa: SIM115 - closed with this stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._packed.seek(offset, whence)

    def readinto(self, buffer: Any) -> int:
        taken = self._packed.readinto(buffer)
        if self._packed.tell() > self._limit:
            found = f"unpacks to more than {self._limit} bytes, {MOST_UNPACKED_RATIO} times its size"
            raise BatchError(found, where=self.name, fix="if its rows are real, send them unpacked")
        return taken

    def close(self) -> None:
        self._packed.close()
        super().close()


def _unpacked(path: Path) -> io.BufferedReader:
    return io.BufferedReader(_Unpacked(path), PIECE_BYTES)


def lines(stream: BinaryIO, limit: int) -> Iterator[Line]:
    """Every line of a stream from its start; a byte order mark of UTF-8 is no part of the first one."""
    offset = _after_bom(stream)
    number = 0
    while head := stream.readline(limit + 1):
        number += 1
        if head.endswith(b"\n") or len(head) <= limit:
            line = Line(number=number, offset=offset, length=len(head.removesuffix(b"\n")), raw=head.removesuffix(b"\n"))
            offset += len(head)
        else:
            length, taken = _skipped(stream, len(head))
            line = Line(number=number, offset=offset, length=length, raw=None)
            offset += taken
        yield line


def runs(found: Iterable[Line]) -> Iterator[tuple[Line, ...]]:
    """Lines in runs of a bounded number of rows and bytes."""
    run: list[Line] = []
    size = 0
    for line in found:
        run.append(line)
        size += len(line.raw or b"")
        if len(run) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield tuple(run)
            run, size = [], 0
    if run:
        yield tuple(run)


def reference(path: Path, line: Line) -> Original:
    """The bytes of a line by place and digest, read again where they were too many to keep."""
    sha256 = hashlib.sha256(line.raw).hexdigest() if line.raw is not None else _digest(path, line.offset, line.length)
    return Original(offset=line.offset, length=line.length, sha256=sha256)


def originals(path: Path, run: Sequence[Line], record: Callable[[Line], str | None]) -> Callable[[int], Original]:
    """Row of a run -> its original: the record where one can be written, the place of its bytes where none can."""

    def original(place: int) -> Original:
        line = run[place]
        written = record(line)
        return reference(path, line) if written is None else Original(record=written)

    return original


def _after_bom(stream: BinaryIO) -> int:
    start = stream.read(len(UTF8_BOM))
    where = str(getattr(stream, "name", ""))
    if start.startswith(UTF16_BOMS):
        raise BatchError("is UTF-16 or UTF-32", where=where, expected="UTF-8", fix="save the file as UTF-8")
    if start.startswith(GZIP_MAGIC):
        raise BatchError("is gzip inside gzip", where=where, fix="pack the file once")
    stream.seek(len(UTF8_BOM) if start == UTF8_BOM else 0)
    return stream.tell()


def _skipped(stream: BinaryIO, length: int) -> tuple[int, int]:
    """Read to the end of a line of which `length` bytes were read: its bytes without and with the line feed."""
    while piece := stream.readline(PIECE_BYTES):
        length += len(piece)
        if piece.endswith(b"\n"):
            return length - 1, length
    return length, length


def _digest(path: Path, offset: int, length: int) -> str:
    seen = hashlib.sha256()
    with opened(path) as stream:
        stream.seek(offset)
        while length and (piece := stream.read(min(length, PIECE_BYTES))):
            seen.update(piece)
            length -= len(piece)
    return seen.hexdigest()
