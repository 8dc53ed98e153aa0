"""The pinned shards and the inbox on disk: laid out whole or not at all, and checked when they are found there already."""

import io
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from governance.collapse.sentinels import SENTINELS_FILE, checked_sentinels
from governance.digest import digest_file, read_document, sync_folder, write_bytes, write_document
from governance.errors import ConflictError, IntegrityError
from governance.ports.desk import SHARDS
from governance.ports.source import Prepared
from governance.ports.workspace import Workspace
from governance.provenance.row import ROW_SCHEMA, Origin

PREPARED = "prepared.json"
Describe = Callable[[Mapping[str, str]], Prepared]
"""Digest of every shard -> the layout that has them."""
PROMPT_SCHEMA = pl.Schema({"prompt_id": pl.String, "text": pl.String, "slice": pl.String})


def prepared_before(workspace: Path) -> Prepared | None:
    """The layout that is there already, every shard hashed; None where there is none.

    Raises: IntegrityError naming the shard that is missing or altered.
    """
    record = Workspace(root=workspace).shards / PREPARED
    if not record.is_file():
        return None
    prepared = Prepared.from_document(read_document(record))
    for name, expected in prepared.shards.items():
        path = workspace / SHARDS[name]
        found = digest_file(path) if path.is_file() else "missing"
        if found != expected:
            raise IntegrityError(
                f"shard {name} is {found[:12]}, laid out as {expected[:12]}", where=str(path), fix="restore the file from DVC or a backup"
            )
    return prepared


def lay_out(
    workspace: Path,
    source: str,
    shards: Mapping[str, pl.DataFrame],
    batches: Mapping[str, pl.DataFrame],
    *,
    base: str | None,
    dropped: Mapping[str, int],
    sentinels: pl.DataFrame | None = None,
) -> Prepared:
    """Write the batches into the inbox and then all shards with one rename: `shards/` is there whole or is not there.

    `batches` are by file stem, in their order; a batch may keep foreign columns. A kill before the rename leaves nothing that counts,
    and the next call writes the same bytes again. `sentinels` lie beside the shards, where there are any.

    Raises: ConflictError where shards are there that no source laid out; IntegrityError where the shards overlap or hold model text.
    """
    check_shards(shards)
    planted = {} if sentinels is None else {SENTINELS_FILE: parquet_bytes(_pairs(sentinels))}
    place = Workspace(root=workspace)
    if place.shards.is_dir() and any(place.shards.iterdir()):
        raise ConflictError("shards are here already", where=str(place.shards), fix="move them away, or use the source 'folder'")
    names = {stem: f"{place.inbox.name}/{stem}.parquet" for stem in batches}
    for stem, frame in batches.items():
        write_bytes(workspace / names[stem], parquet_bytes(frame))
    return _rename_into_place(
        place,
        {name: parquet_bytes(frame) for name, frame in shards.items()},
        planted,
        lambda digests: Prepared(
            source=source,
            shards=digests,
            batches={names[stem]: digest_file(workspace / names[stem]) for stem in batches},
            base=None if base is None else names[base],
            documents={name: frame.height for name, frame in (*shards.items(), *batches.items())},
            dropped=dict(dropped),
        ),
    )


def _pairs(sentinels: pl.DataFrame) -> pl.DataFrame:
    try:
        return checked_sentinels(sentinels)
    except ValueError as error:
        raise IntegrityError(str(error), where=f"shards/{SENTINELS_FILE}") from error


def _rename_into_place(place: Workspace, contents: Mapping[str, bytes], others: Mapping[str, bytes], describe: Describe) -> Prepared:
    """`others` lie beside the shards by their file names."""
    waiting = place.root / f".{place.shards.name}.new"
    shutil.rmtree(waiting, ignore_errors=True)
    for name, content in contents.items():
        write_bytes(waiting / Path(SHARDS[name]).name, content)
    for file, content in others.items():
        write_bytes(waiting / file, content)
    prepared = describe({name: digest_file(waiting / Path(SHARDS[name]).name) for name in contents})
    write_document(waiting / PREPARED, prepared.document())
    if place.shards.is_dir():
        place.shards.rmdir()
    waiting.rename(place.shards)
    sync_folder(place.root)
    return prepared


def check_shards(shards: Mapping[str, pl.DataFrame]) -> None:
    """Hold that shards are human, share no id and no text, and have their columns.

    Raises: IntegrityError naming the shard and at most five ids.
    """
    for name, frame in shards.items():
        wanted = PROMPT_SCHEMA if name == "prompts" else ROW_SCHEMA
        if wrong := [column for column, kind in wanted.items() if frame.schema.get(column) != kind]:
            raise IntegrityError(f"column {wrong[0]!r} is missing or of another type", where=f"shard {name}", expected=", ".join(wanted))
    _check_prompts(shards["prompts"])
    rows = pl.concat(
        [shards[name].select("row_id", "sha256", "origin", pl.lit(name).alias("shard")) for name in shards if name != "prompts"]
    )
    for problem, found in (
        ("rows that are not human", rows.filter(pl.col("origin").ne_missing(Origin.HUMAN.value))),
        ("ids in more than one shard or twice in one", rows.filter(pl.col("row_id").is_duplicated())),
        ("texts in more than one shard or twice in one", rows.filter(pl.col("sha256").is_duplicated())),
    ):
        if found.height:
            where = "shards " + ", ".join(found["shard"].unique().sort())
            raise IntegrityError(f"{found.height} {problem}", where=where, examples=found["row_id"].unique(maintain_order=True).to_list())


def _check_prompts(prompts: pl.DataFrame) -> None:
    """Prompts need not say who wrote them; where they do, people did."""
    if "origin" in prompts.columns:
        made = prompts.filter(pl.col("origin").ne_missing(Origin.HUMAN.value))
        if made.height:
            raise IntegrityError(f"{made.height} rows that are not human", where="shard prompts", examples=made["prompt_id"].to_list())


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """A frame as Parquet; equal frames give equal bytes with one version of polars."""
    stream = io.BytesIO()
    frame.write_parquet(stream, compression="zstd")
    return stream.getvalue()
