"""Files that are packed, packed badly, packed without end, no files at all, or code that waits to be opened."""

import gzip
import io
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.adapters.bad_input.case import HEADER, Case, Content, json_lines, row

PACKED, FOLDER, PICKLES = "Packed files", "Folders, links and names", "Pickles"
ROWS = json_lines(row("x"))
OPENED = "HEIRLOOM_TEST_PICKLE_OPENED"
"""An environment variable that the pickles below set where anything opens them."""


class Trap:
    """A pickle of this runs code when it is loaded."""

    def __reduce__(self) -> tuple[object, ...]:
        return exec, (f"import os; os.environ[{OPENED!r}] = '1'",)


def refused(topic: str, name: str, files: dict[str, Content], said: str, note: str = "") -> Case:
    return Case(topic=topic, name=name, files=files, refused=said, note=note)


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "../"), content)
    return out.getvalue()


def tarred(name: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(ROWS)
        archive.addfile(member, io.BytesIO(ROWS))
    return out.getvalue()


def bomb(path: Path) -> None:
    """300 MiB of blank lines and rows in as many packed members of one MiB."""
    member = gzip.compress(b" " * ((1 << 20) - 1) + b"\n")
    path.write_bytes(gzip.compress(ROWS) + member * 300)


def linked(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def saved(array: object) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([array], dtype=object), allow_pickle=True)
    return out.getvalue()


TRAP = pickle.dumps(Trap())
_PLAIN = "has an ending that no reader knows"
_NOT_OPENED = "may be a pickle"
_ODD = "holds something that is no plain file"

CASES: tuple[Case, ...] = (
    Case(
        topic=PACKED,
        name="gzip of several members, with zeros after them",
        files={"a.jsonl.gz": gzip.compress(ROWS) + gzip.compress(json_lines(row("y"))) + b"\0" * 9},
        read=("x", "y"),
    ),
    refused(PACKED, "gzip cut short", {"a.jsonl.gz": gzip.compress(ROWS * 99)[:-9]}, "the gzip file is broken"),
    refused(PACKED, "gzip with other bytes after it", {"a.jsonl.gz": gzip.compress(ROWS) + b"more"}, "the gzip file is broken"),
    refused(PACKED, "gzip with a wrong checksum", {"a.jsonl.gz": gzip.compress(ROWS)[:-8] + b"\0" * 8}, "the gzip file is broken"),
    refused(PACKED, "gzip that holds gzip", {"a.jsonl.gz": gzip.compress(gzip.compress(ROWS))}, "is gzip inside gzip"),
    refused(PACKED, "gzip without the ending", {"a.jsonl": gzip.compress(ROWS)}, "the bytes are gzip"),
    refused(PACKED, "the ending without gzip", {"a.jsonl.gz": ROWS}, "the bytes are not gzip"),
    refused(PACKED, "gzip that unpacks to 300 times its size and more than 256 MiB", {"a.jsonl.gz": bomb}, "unpacks to more than"),
    refused(PACKED, "an empty gzip", {"a.jsonl.gz": gzip.compress(b"")}, "the batch holds no row"),
    refused(PACKED, "gzip of a tar archive", {"a.jsonl.gz": gzip.compress(tarred("a.jsonl"))}, "is a tar archive"),
    refused(PACKED, "gzip of UTF-16", {"a.csv.gz": gzip.compress(HEADER.decode().encode("utf-16"))}, "is UTF-16"),
    refused(PACKED, "a zip archive", {"a.zip": zipped(rows=ROWS)}, _PLAIN, "archives are not opened"),
    refused(PACKED, "a zip archive whose members climb out of the folder", {"a.zip": zipped(____evil=ROWS)}, _PLAIN, "nothing is unpacked"),
    refused(PACKED, "a zip archive under the name of JSON Lines", {"a.jsonl": zipped(____evil=ROWS)}, "is a zip archive"),
    refused(PACKED, "a tar archive", {"a.tar": tarred("../../evil")}, _PLAIN),
    refused(PACKED, "a tar archive under the name of CSV", {"a.csv": tarred("../../evil")}, "is a tar archive"),
    refused(PACKED, "a spreadsheet under the name of CSV", {"a.csv": zipped(sheet=ROWS)}, "is a zip archive"),
    refused(PACKED, "zstd under the name of JSON Lines", {"a.jsonl": b"(\xb5/\xfd" + ROWS}, "is zstd"),
    refused(PACKED, "JSON Lines under the name of Parquet", {"a.parquet": ROWS}, "is no Parquet, its name says it is"),
    refused(PACKED, "Parquet under the name of CSV", {"a.csv": b"PAR1" + ROWS}, "is Parquet, its name says otherwise"),
    refused(FOLDER, "a link to a file outside", {"a.jsonl": ROWS, "b.jsonl": linked("../outside.jsonl")}, _ODD),
    refused(FOLDER, "a link to a file beside it", {"a.jsonl": ROWS, "b.jsonl": linked("a.jsonl")}, _ODD),
    refused(FOLDER, "a link to nothing", {"a.jsonl": ROWS, "b.jsonl": linked("nowhere")}, _ODD),
    refused(FOLDER, "a link to itself", {"a.jsonl": ROWS, "b.jsonl": linked("b.jsonl")}, _ODD),
    refused(FOLDER, "a link to a folder", {"a.jsonl": ROWS, "b": linked("..")}, _ODD),
    refused(FOLDER, "a folder named like a file of rows", {"a.jsonl": ROWS, "b.jsonl": Path.mkdir}, _ODD),
    refused(FOLDER, "a pipe named like a file of rows", {"a.jsonl": ROWS, "b.jsonl": os.mkfifo}, _ODD),
    refused(FOLDER, "a hidden file of rows", {"a.jsonl": ROWS, ".b.jsonl": ROWS}, "hides files of rows"),
    refused(FOLDER, "the shadow that a Mac puts beside a file", {"a.csv": ROWS, "._a.csv": b"\0\5\x16\7"}, "hides files of rows"),
    Case(topic=FOLDER, name="a hidden file that is named like no rows", files={"a.jsonl": ROWS, ".DS_Store": b"\0"}, read=("x",)),
    refused(FOLDER, "a note beside the rows", {"a.jsonl": ROWS, "README.txt": b"rows of May"}, _PLAIN),
    refused(FOLDER, "a name with a right-to-left override", {"a\u202elnosj.jsonl": ROWS}, "characters that do not show"),
    Case(topic=FOLDER, name="an ending in capitals", files={"A.JSONL": ROWS}, read=("x",)),
    refused(FOLDER, "an empty folder", {}, "is empty"),
    refused(PICKLES, "a pickle", {"a.pkl": TRAP}, _NOT_OPENED),
    refused(PICKLES, "a checkpoint", {"a.pt": zipped(data=TRAP)}, _NOT_OPENED),
    refused(PICKLES, "a NumPy file of objects", {"a.npy": saved(Trap())}, _NOT_OPENED),
    refused(PICKLES, "a pickle under the name of JSON Lines", {"a.jsonl": TRAP}, "is a pickle, its name says otherwise"),
    refused(PICKLES, "a pickle under the name of Parquet", {"a.parquet": TRAP}, "is a pickle, its name says otherwise"),
    refused(PICKLES, "a pickle inside gzip", {"a.jsonl.gz": gzip.compress(TRAP)}, "is a pickle, its name says otherwise"),
    refused(PICKLES, "a NumPy file under the name of CSV", {"a.csv": saved(Trap())}, "is a NumPy array, its name says otherwise"),
    Case(
        topic=PICKLES,
        name="a pickle in its oldest form, which is text",
        files={"a.jsonl": pickle.dumps(Trap(), 0).splitlines()[0] + b"\n" + ROWS},
        read=("x",),
        quarantined={1: "not-json"},
    ),
)
