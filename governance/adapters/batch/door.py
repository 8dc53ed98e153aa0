"""The door: every row of a batch ends in admitted.parquet or in quarantine.jsonl, and the audit counts both.

The files are read twice: once to fill the register that the batch rules need (ids and hashes, no texts), once to write. So memory is
bounded by ids and one run of rows, and a row that the second reading finds changed stops the stage.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import polars as pl

from governance.adapters.batch.chunk import Chunk
from governance.adapters.batch.files import check_files, read_chunks
from governance.adapters.batch.quarantine import quarantine_line
from governance.adapters.great_expectations import expectations_of
from governance.errors import BatchError, IntegrityError
from governance.provenance.audit import ProvenanceAudit
from governance.provenance.batch_rules import edges_of, judge_batch, register_of
from governance.provenance.claims import claims
from governance.provenance.labels.label import no_relabels, relabelled
from governance.provenance.labels.past import corrected
from governance.provenance.laundering.relabels import returned_nearer
from governance.provenance.mapping import ColumnMapping
from governance.provenance.memory import NO_PAST, Past, known_of
from governance.provenance.outline import BatchOutline
from governance.provenance.passed import PASSED_SCHEMA, KnownModel, by_author, through_parents
from governance.provenance.past_rules import strangers
from governance.provenance.row import ADMITTED_SCHEMA, ROW_SCHEMA
from governance.provenance.row_rules import judge_rows
from governance.provenance.rules import ProvenanceRules
from governance.provenance.success_names import first_names
from schemas.rows import require_rows

Expect = Callable[[ProvenanceAudit, BatchOutline], Sequence[Mapping[str, Any]]]
"""Counts of a batch -> results of the batch expectations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBatchDoor:
    """Reads Parquet, JSON Lines and CSV (see `governance.ports.batch.BatchDoor`)."""

    expect: Expect = field(default=expectations_of)

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
        check_files(files)
        reading = _Reading(
            files=tuple(sorted(files, key=lambda path: path.name)),
            mapping=ColumnMapping.from_document(mapping),
            rules=rules,
            relabels=no_relabels() if past.relabels is None else pl.read_parquet(past.relabels),
        )
        register = pl.concat([_registered(judged, past.models) for _, judged in reading.judged()] or [_registered(_no_rows(), ())])
        if register.is_empty():
            raise BatchError("the batch holds no row", examples=[path.name for path in reading.files], fix="send the files again")
        known = corrected(known_of(past, register), reading.relabels, register)
        refusals = judge_batch(register, known, rules.unknown_parent)
        audit, outline, success = _write(reading, register, refusals, admitted, quarantine)
        entering = register.filter(~pl.col("refused")).join(refusals, on=["source_file", "line"], how="anti", maintain_order="left")
        if descent is not None:
            write_whole(through_parents(entering, known).filter(pl.col("depth") > 0).select(PASSED_SCHEMA.names()), descent)
        lost = strangers(edges_of(entering), register, known).height
        nearer = returned_nearer(register, known)
        said = audit.document(
            self.expect(audit, replace(outline, last=past.last)), aliases=rules.aliases, unknown_parents=lost, returned_nearer=nearer
        )
        return {**said, "unmapped_success": list(success)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    files: tuple[Path, ...]
    mapping: ColumnMapping
    rules: ProvenanceRules
    relabels: pl.DataFrame = field(default_factory=no_relabels)

    def judged(self) -> Iterator[tuple[Chunk, pl.DataFrame]]:
        """Every row in order of file and line, as people labelled it, with the first row rule it breaks."""
        for path in self.files:
            for chunk in read_chunks(path, self.mapping, self.rules.max_row_bytes):
                claimed = relabelled(claims(chunk.raw, self.mapping, path.name), self.relabels)
                yield chunk, judge_rows(claimed, self.rules)


def read_rows(path: Path, mapping: Mapping[str, Any], rules: ProvenanceRules | None = None) -> pl.DataFrame:
    """The rows of one file that break no row rule, in the row schema; for files that are small enough to hold, such as shards.

    Raises: BatchError where the file cannot be read, or where a row of it breaks a rule: nothing is left out in silence.
    """
    check_files([path])
    reading = _Reading(files=(path,), mapping=ColumnMapping.from_document(mapping), rules=rules or ProvenanceRules())
    judged = pl.concat([found for _, found in reading.judged()] or [_no_rows()])
    if (broken := judged.filter(pl.col("rule").is_not_null())).height:
        places = [f"line {line} {rule}" for line, rule in broken.select("line", "rule").iter_rows()]
        raise BatchError(f"{broken.height} rows break a rule", where=str(path), examples=places)
    return require_rows(judged.select(ROW_SCHEMA.names()), str(path))


def _registered(judged: pl.DataFrame, models: Sequence[KnownModel]) -> pl.DataFrame:
    """The register of judged rows, with what each has been through by its author."""
    return register_of(judged).hstack(by_author(judged, models).select("depth", "passages"))


def write_whole(frame: pl.DataFrame, target: Path) -> None:
    """A Parquet file, whole or not at all."""
    partial = target.with_name(f".{target.name}.partial")
    frame.write_parquet(partial)
    partial.replace(target)


def _write(
    reading: _Reading, register: pl.DataFrame, batch_refusals: pl.DataFrame, admitted: Path, quarantine: Path
) -> tuple[ProvenanceAudit, BatchOutline, Sequence[str]]:
    """Read again and write both files, each whole or not at all; returns the audit, the outline of the admitted rows, and which columns
    that nobody mapped are about success.
    """
    import pyarrow.parquet as pq

    audit, outline = ProvenanceAudit(), BatchOutline()
    contents: list[pl.Series] = []
    success: Sequence[str] = ()
    partial = [path.with_name(f".{path.name}.partial") for path in (admitted, quarantine)]
    schema = ADMITTED_SCHEMA.to_frame().to_arrow().schema
    with (
        pq.ParquetWriter(partial[0], schema, compression="zstd") as rows_out,
        partial[1].open("w", encoding="utf-8", newline="\n") as lines_out,
    ):
        for chunk, judged in reading.judged():
            verdicts = _with_batch(judged, batch_refusals)
            audit += ProvenanceAudit.of(verdicts)
            rows = require_rows(verdicts.filter(pl.col("rule").is_null()).select(ADMITTED_SCHEMA.names()), verdicts["source_file"][0])
            rows_out.write_table(rows.to_arrow().cast(schema))
            _write_refused(lines_out, chunk, verdicts)
            outline += BatchOutline.of(rows)
            contents.append(register_of(judged)["content"])
            success = first_names((*success, *chunk.success))
    if not pl.concat(contents or [register["content"].clear()]).equals(register["content"]):
        raise IntegrityError("a file of the batch changed while it was read", where=str(reading.files[0].parent))
    for path, target in zip(partial, (admitted, quarantine), strict=True):
        path.replace(target)
    return audit, outline, success


def _with_batch(judged: pl.DataFrame, batch_refusals: pl.DataFrame) -> pl.DataFrame:
    """Judged rows with the refusals of the batch where no row rule was broken; the order of the rows stays."""
    joined = judged.join(batch_refusals, on=["source_file", "line"], how="left", maintain_order="left", suffix="_batch")
    return joined.with_columns(
        pl.coalesce("rule", "rule_batch").alias("rule"),
        pl.when(pl.col("rule").is_null()).then("found_batch").otherwise("found").alias("found"),
    )


def _write_refused(out: IO[str], chunk: Chunk, verdicts: pl.DataFrame) -> None:
    refused = verdicts.with_row_index("place").filter(pl.col("rule").is_not_null())
    for refusal in refused.select("place", "source_file", "line", "rule", "found").iter_rows(named=True):
        out.write(quarantine_line(chunk.original(refusal["place"]), refusal) + "\n")


def _no_rows() -> pl.DataFrame:
    return ROW_SCHEMA.to_frame().with_columns(pl.lit(None, dtype=pl.String).alias("rule"), pl.lit(None, dtype=pl.String).alias("found"))
