"""How plain values become a frame of the row schema."""

from collections.abc import Mapping, Sequence

import polars as pl

from governance.digest import digest_text
from governance.provenance.row import ROW_SCHEMA


def rows_frame(records: Sequence[Mapping[str, object]], source_file: str) -> pl.DataFrame:
    """Records as rows, in the order given; what a record leaves out is unknown (null), and a slice or task left out is "none".

    The digest of the text, the file and the line (from 1) are set here, so that no caller can state them wrongly.
    """
    rows = [
        {
            "slice": "none",
            "task": "none",
            "parent_ids": [],
            **record,
            "sha256": digest_text(str(record["text"])),
            "source_file": source_file,
            "line": line,
        }
        for line, record in enumerate(records, start=1)
    ]
    return pl.DataFrame(rows, schema=ROW_SCHEMA)
