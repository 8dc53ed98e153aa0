"""The door for rows: foreign files in, rows of one schema and a quarantine out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from governance.provenance.memory import NO_PAST, Past
from governance.provenance.rules import ProvenanceRules

ROW_ENDINGS = (".parquet", ".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".csv", ".csv.gz")
"""Endings, in any case, of the names of files that hold rows."""


class BatchDoor(Protocol):
    """Reads, checks and admits a batch; the work of the validate stage."""

    def admit(
        self,
        files: Sequence[Path],
        mapping: Mapping[str, Any],
        rules: ProvenanceRules,
        admitted: Path,
        quarantine: Path,
        *,
        past: Past = NO_PAST,
        descent: Path | None = None,
    ) -> dict[str, Any]:
        """Write admitted.parquet and quarantine.jsonl and return the audit document; every row ends in exactly one of the two.

        The batch is held against the `past`. `descent`, where given, takes what every admitted synthetic row has been through.

        Raises: BatchError where a file cannot be read at all, or where no row is in it.
        """
