"""Labels in a workspace: which rows wait for a person, and a filled sheet on its way into the ledger. Plain functions, no Prefect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.label_rows import frozen_labels, heads, rows_of, seen
from governance.actions.freeze import frozen_cycle
from governance.actions.label import LeftOut, Recorded, Seal, record_labels, standing
from governance.actions.sample import close_samples, left_to_read
from governance.adapters.batch.quarantined import by_rules
from governance.adapters.label_sheet import read_sheet, shown_digest, shown_text, write_sheet
from governance.digest import digest_file, read_document
from governance.errors import ConflictError, RefusedError, UsageError
from governance.mixing.relabelled import Shift, shift_of
from governance.ports.desk import SHARDS
from governance.provenance.labels.asked import ASKED_SCHEMA
from governance.provenance.labels.history import Word, words_on
from governance.provenance.labels.label import KEY, relabelled
from governance.provenance.labels.queue import QUEUE_SCHEMA, WHY, doubted, queue_of, refused, unanswered, unsettled
from governance.provenance.labels.sheet import Line, Reading, read_lines
from governance.provenance.laundering.doubt import DOUBTFUL_SCHEMA
from governance.provenance.row import Origin
from governance.release.electorate import named
from governance.release.reading import Sample
from governance.release.state import State
from governance.wiring import Shop, steps

_OF_ROWS = ("anchors", "tail", "human")
"""Shards that hold rows; the prompts are none."""
DOUBTFUL, LAUNDERING = "doubtful.parquet", "laundering.json"
_SAID = ("origin", "generator", "generator_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The rows that wait for a person (`QUEUE_SCHEMA`), those counted and not queued, and the labels that do not count."""

    cycle: int | None
    rows_in: int
    rows: pl.DataFrame
    beyond: int
    left_out: tuple[LeftOut, ...]

    @property
    def by_why(self) -> Mapping[str, int]:
        """Why -> rows, the most frequent first."""
        return dict(self.rows.group_by("why").len().sort("len", "why", descending=[True, False]).iter_rows())


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A sheet that was read: what was recorded (None where nothing was new), what it said, and what it does to the mix at hand."""

    recorded: Recorded | None
    reading: Reading
    shift: Shift | None
    pinned: Mapping[str, int]
    """Pinned shard -> rows whose label changes their origin there: shards stay as they are."""
    read: Sequence[Sample] = ()
    """Samples of model text that are read whole now."""


def queue(shop: Shop) -> Queue:
    """Every row of the cycle at hand that a person has to settle and nobody has."""
    state = shop.ledger.state()
    labels = standing(state, shop.labels, shop.seal)
    at_hand = frozen_cycle(shop.workspace)
    sampled = pl.concat([QUEUE_SCHEMA.to_frame(), *(rows for _, rows in left_to_read(state, shop.labels, shop.seal))])
    if at_hand is None:
        rows = queue_of(sampled, QUEUE_SCHEMA.to_frame(), heads(labels.said))
        return Queue(cycle=None, rows_in=0, rows=rows, beyond=0, left_out=labels.left_out)
    folder, limit = shop.workspace.cycle, shop.policy.labels.queue_limit
    frozen = frozen_labels(folder)
    doubts = unanswered(_doubts(folder), labels.relabels)
    refusals, more = QUEUE_SCHEMA.to_frame(), 0
    if (folder / "quarantine.jsonl").is_file():
        found = by_rules(folder / "quarantine.jsonl", at_hand[0]["mapping"], shop.policy.provenance.max_row_bytes, WHY, limit)
        refusals = unsettled(refused(relabelled(found.rows, frozen)), labels.relabels, frozen)
        more = sum(count for rule, count in found.by_rule.items() if rule in WHY) - found.rows.height
    return Queue(
        cycle=at_hand[0]["number"],
        rows_in=read_document(folder / "audit.json")["rows_in"] if (folder / "audit.json").is_file() else 0,
        rows=queue_of(pl.concat([doubts, sampled]), refusals, heads(labels.said)),
        beyond=more + _not_queued(folder),
        left_out=labels.left_out,
    )


def export(shop: Shop, path: Path) -> Queue:
    """Write the queue as a sheet, and keep what was asked, so that the answer finds its rows when the next cycle has begun."""
    found = queue(shop)
    if found.rows.height:
        write_sheet(path, found.rows)
        shop.labels.ask(asked_of(found.rows))
    return found


def asked_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the queue as what people are asked."""
    shown = [shown_digest(shown_text(text)) for text in rows["text"]]
    return rows.with_columns(pl.Series("shown", shown, dtype=pl.String)).select(ASKED_SCHEMA.names())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a person's lines decide (`reading`), and the state from which they were read."""

    state: State
    reading: Reading


def import_sheet(shop: Shop, path: Path) -> Imported:
    """Read a filled sheet, and record what it decides; the file is not touched.

    Raises: UsageError naming at most five lines where one cannot be a label: then nothing of the sheet is recorded. ConflictError where
    somebody labelled a row since the sheet was exported.
    """
    asked = shop.labels.asked()
    lines = read_sheet(path, {(row_id, sha256): shown for row_id, sha256, shown in asked.select(*KEY, "shown").iter_rows()})
    return record(shop, answers(shop, lines, asked, str(path)), digest_file(path), shop.seal)


def answers(shop: Shop, lines: Sequence[Line], asked: pl.DataFrame, where: str) -> Answers:
    """Lines held against the rows that they speak of, of which `asked` were shown. Raises: as `import_sheet`."""
    state = shop.ledger.state()
    reading = read_lines(lines, rows_of(shop, standing(state, shop.labels, shop.seal), asked, lines))
    _refuse(reading, where)
    _refuse_own(shop, state, reading, where)
    return Answers(state=state, reading=reading)


def record(shop: Shop, said: Answers, sheet_sha256: str, seal: Seal) -> Imported:
    """Sign and record what answers decide; `sheet_sha256` names what they were read from."""
    reading = said.reading
    if reading.labels.is_empty():
        return Imported(recorded=None, reading=reading, shift=None, pinned={}, read=close_samples(shop.ledger, shop.labels, seal))
    recorded = record_labels(shop.ledger, shop.labels, reading.labels, sheet_sha256, seal, read=said.state, steps=steps())
    read = close_samples(shop.ledger, shop.labels, seal)
    shift, pinned = _shift(shop.workspace.cycle, reading.labels), _pinned(shop, reading.labels)
    return Imported(recorded=recorded, reading=reading, shift=shift, pinned=pinned, read=read)


def _refuse_own(shop: Shop, state: State, reading: Reading, where: str) -> None:
    """Whoever asked for a cycle, or had its rows written, does not read the sample of it."""
    for one, rows in left_to_read(state, shop.labels, shop.seal):
        own = rows.join(reading.labels, on=KEY, how="semi") if named(shop.ledger.actor, one.excluded) else rows.clear()
        if own.height:
            raise RefusedError(
                f"{own.height} of these rows were drawn from cycle {one.cycle}, which {shop.ledger.actor} asked for or had written",
                where=where,
                expected=f"somebody other than {', '.join(one.excluded)} reads them; leave their lines open, and import the rest",
                examples=own["row_id"].to_list(),
            )


def _refuse(reading: Reading, where: str) -> None:
    if reading.problems:
        raise UsageError(
            f"{len(reading.problems)} of {reading.lines} lines cannot be imported",
            where=where,
            examples=reading.problems,
            fix="correct these lines; nothing was recorded and the file is as it was",
        )
    if reading.overtaken:
        raise ConflictError(
            f"{len(reading.overtaken)} rows were labelled after this sheet was exported",
            where=where,
            examples=reading.overtaken,
            fix="heirloom label export FILE.csv shows them as they are now",
        )


def _doubts(folder: Path) -> pl.DataFrame:
    if not (folder / DOUBTFUL).is_file() or not (folder / "admitted.parquet").is_file():
        return QUEUE_SCHEMA.to_frame()
    doubtful = pl.read_parquet(folder / DOUBTFUL).select(DOUBTFUL_SCHEMA.names())
    ids = doubtful["row_id"].implode()
    admitted = pl.scan_parquet(folder / "admitted.parquet").filter(pl.col("row_id").is_in(ids)).collect()
    return doubted(doubtful, admitted)


def _not_queued(folder: Path) -> int:
    """Doubtful rows that the audit counted and did not queue."""
    if not (folder / LAUNDERING).is_file():
        return 0
    doubtful: dict[str, Any] = read_document(folder / LAUNDERING)["doubtful"]
    return int(doubtful["rows"]) - int(doubtful["queued"])


def _pinned(shop: Shop, labels: pl.DataFrame) -> Mapping[str, int]:
    """How many texts of a pinned shard are no longer human by these labels."""
    moved = labels.filter(pl.col("origin_now") != Origin.HUMAN.value)["sha256"].implode()
    found = {}
    for name in _OF_ROWS:
        place = shop.workspace.root / SHARDS[name]
        if place.is_file():
            found[name] = pl.scan_parquet(place).filter(pl.col("sha256").is_in(moved)).select(pl.len()).collect().item()
    return {name: rows for name, rows in found.items() if rows}


def _shift(folder: Path, labels: pl.DataFrame) -> Shift | None:
    if not (folder / "mix.json").is_file() or not (folder / "mix.parquet").is_file():
        return None
    return shift_of(
        labels, pl.read_parquet(folder / "mix.parquet", columns=[*KEY, "role", "tokens", "counted"]), read_document(folder / "mix.json")
    )


def history(shop: Shop, row_id: str) -> tuple[list[dict[str, Any]], tuple[Word, ...]]:
    """What the row says it is in the cycle at hand or in the memory, and every label that it ever had.

    Raises: UsageError where nothing is known of such a row.
    """
    labels = standing(shop.ledger.state(), shop.labels, shop.seal)
    known = seen(shop, [row_id]).to_dicts()
    words = words_on(row_id, labels.said, {one.seq: one.reason for one in labels.left_out})
    if not known and not words:
        raise UsageError(f"nothing is known of row {row_id[:80]!r}", expected="the id of a row of the cycle at hand or of an earlier one")
    return known, words
