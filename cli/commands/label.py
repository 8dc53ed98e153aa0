"""`heirloom label`: the rows that wait for a person's word, the sheet that asks for it, and what was ever said of a row."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.labels import Imported, Queue
    from governance.actions.label import LeftOut
    from governance.mixing.relabelled import Shift

command = App(name="label", group="Decide", help="Say who wrote the rows that nobody and no detector can be sure of.")


@command.command
def queue(*, common: Common | None = None) -> Outcome:
    """Show how many rows wait for a person, and why."""
    from cli.shop import shop_of
    from flows.labels import queue as waiting

    found = waiting(shop_of(common))
    lines = [*queue_lines(found), *left_out_lines(found.left_out)]
    if found.rows.height:
        lines.append("Next: heirloom label export FILE.csv")
    return Outcome(command="label-queue", lines=lines, document=queue_document(found))


@command.command
def export(file: Path, *, common: Common | None = None) -> Outcome:
    """Write the queue into a CSV file: what is known of each row and its text, with empty columns for the answers.

    Parameters
    ----------
    file
        A file that is not there yet.
    """
    from cli.shop import shop_of
    from flows.labels import export as exported

    found = exported(shop_of(common), file)
    document = {**queue_document(found), "file": str(file) if found.rows.height else None}
    if not found.rows.height:
        return Outcome(command="label-export", lines=queue_lines(found), document=document)
    lines = [
        f"{found.rows.height:,} rows in {plain(file)}.",
        " Write new_origin (the same to confirm), for model and hybrid a generator with its version, and in the note how you know that",
        " a row is human after all. Leave open what you do not know.",
        f"Next: heirloom label import {plain(file)}",
    ]
    return Outcome(command="label-export", lines=lines, document=document)


@command.command(name="import")
def import_(file: Path, *, common: Common | None = None) -> Outcome:
    """Record the answers of a filled sheet, signed by your key; every line is checked before the first is recorded.

    Parameters
    ----------
    file
        The sheet, as your spreadsheet saved it (CSV, UTF-8).
    """
    from cli.shop import shop_of
    from flows.labels import import_sheet

    found = import_sheet(shop_of(common), file)
    return Outcome(command="label-import", lines=import_lines(found), document=import_document(found))


@command.command
def history(row_id: str, *, common: Common | None = None) -> Outcome:
    """Show everything that was ever said of a row.

    Parameters
    ----------
    row_id
        The id of the row.
    """
    from cli.shop import shop_of, when
    from flows.labels import history as told

    known, words = told(shop_of(common), row_id)
    lines = [f" {row['origin'] or 'nobody says':<10} {plain(_author(row))}text {row['sha256'][:12]}" for row in known]
    for word in words:
        counts = f"does not count: {plain(word.doubt)}" if word.doubt else "counts"
        lines.append(
            f" {word.seq:>4}  {when(word.at)}  {plain(word.by):<16}  {plain(word.then)} -> {word.now}  {plain(_author(asdict(word)))}"
            f"text {word.sha256[:12]}  {counts}{'' if word.queued else '; was not in the queue'}"
        )
        lines += [f"       {plain(word.note)}"] if word.note else []
    lines += [] if words else [" No person said anything of it."]
    return Outcome(
        command="label-history",
        lines=[f"Row {plain(row_id)}", *lines],
        document={"row_id": row_id, "known": known, "labels": [asdict(word) for word in words]},
    )


def _author(row: "dict[str, Any]") -> str:
    return f"by {row['generator']}/{row['generator_version'] or 'unknown'}  " if row["generator"] else ""


def queue_lines(found: "Queue") -> list[str]:
    """The queue as a table: why, rows."""
    if found.cycle is None and not found.rows.height:
        return ["No cycle is at hand, and no row waits.", "Next: heirloom plan"]
    if not found.rows.height and not found.beyond:
        return [f"No row of cycle {found.cycle} needs a person."]
    return [
        f"{found.rows.height:,} rows need a person (of {found.rows_in:,} in cycle {found.cycle})",
        f" {'why':<52} {'rows':>6}",
        *(f" {why:<52} {rows:>6,}" for why, rows in found.by_why.items()),
        *([f" {found.beyond:,} more were counted and do not fit into the queue."] if found.beyond else []),
    ]


def left_out_lines(left_out: "Sequence[LeftOut]") -> list[str]:
    """Recorded labels that count for nothing, and why."""
    return [f" {one.rows:,} labels of {plain(one.by)} (ledger {one.seq}) do not count: {plain(one.reason)}." for one in left_out]


def queue_document(found: "Queue") -> "dict[str, Any]":
    return {
        "cycle": found.cycle,
        "rows_in": found.rows_in,
        "rows": found.rows.height,
        "by_why": dict(found.by_why),
        "beyond": found.beyond,
        "left_out": [asdict(one) for one in found.left_out],
    }


def import_lines(found: "Imported") -> list[str]:
    """What was recorded, by whom, and what it moves."""
    reading = found.reading
    left = f"{reading.already} already so, {reading.open} left open"
    if found.recorded is None:
        return [f"Nothing to record: {left}.", *read_lines(found)]
    said = found.recorded.relabelling
    changed = sum(said.moves.values())
    words = f"{changed:,} changed, {said.rows - changed:,} confirmed, {left}."
    who = f"Signed by {plain(said.by)}" if said.signed else f"By {plain(said.by)}, not signed"
    lines = [f"{words} {who}, ledger {said.seq}{'' if found.recorded.changed else ' (recorded before)'}."]
    lines += [f" {rows:,} {'row' if rows == 1 else 'rows'} {move.replace('->', ' -> ')}" for move, rows in said.moves.items()]
    if said.unqueued:
        lines.append(f" {said.unqueued:,} of them were not in the queue.")
    lines += [shift_line(found.shift)] if found.shift else []
    lines += [
        f" Look at: {rows:,} of them stand in the pinned shard {name}, which no label changes." for name, rows in found.pinned.items()
    ]
    lines += read_lines(found)
    return [*lines, "They hold from the next cycle on.   Next: heirloom plan"]


def read_lines(found: "Imported") -> list[str]:
    """Samples of model text that somebody has read whole now."""
    return [f" The sample of cycle {one.cycle} is read: {one.rows} rows of model text." for one in found.read]


def shift_line(shift: "Shift") -> str:
    """What the labels would have done to the mix at hand."""
    from cli.shop import percent

    before, after = percent(shift.counted, shift.total), percent(shift.counted_after, shift.total_after)
    limit = f"over the cap of {shift.cap_percent} %" if shift.over else f"still under {shift.cap_percent} %"
    return f" In the mix at hand the synthetic share would go {before} -> {after}, {limit}."


def import_document(found: "Imported") -> "dict[str, Any]":
    reading, recorded = found.reading, found.recorded
    said = asdict(recorded.relabelling) if recorded else {}
    counts = {"lines": reading.lines, "already": reading.already, "open": reading.open}
    return {
        "changed": bool(recorded and recorded.changed),
        **counts,
        **said,
        "shift": asdict(found.shift) if found.shift else None,
        "pinned": dict(found.pinned),
    }
