"""A folder of batches: people or pipelines drop files into the inbox, and the pinned shards are given ready made."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.shards import lay_out, prepared_before
from governance.collapse.sentinels import SENTINELS_FILE
from governance.errors import BatchError
from governance.ports.batch import BatchDoor
from governance.ports.desk import SHARDS
from governance.ports.source import Prepared, Source
from governance.section import read_section


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSettings:
    """Relative paths are the workspace's; the table `mapping` beside them is the row door's."""

    name: str = "folder"
    shards: str = "given"
    """Folder with anchors, tail, human (row schema) and prompts (prompt_id, text, slice) as Parquet; it is read once and copied."""
    inbox: str = "inbox"


def prepare(workspace: Path, settings: Mapping[str, Any], door: BatchDoor) -> Prepared:
    """Copy the given shards into the workspace, and sentinels where there are any, checked: human, disjoint by id and text.

    Raises: BatchError naming a shard that cannot be read.
    """
    del door
    given = workspace / _settings(settings).shards
    if known := prepared_before(workspace):
        return known
    shards = {name: _read(given / Path(path).name) for name, path in SHARDS.items()}
    planted = given / SENTINELS_FILE
    sentinels = _read(planted) if planted.is_file() else None
    return lay_out(workspace, SOURCE.name, shards, {}, base=None, dropped={}, sentinels=sentinels)


def _settings(settings: Mapping[str, Any]) -> FolderSettings:
    plain = {name: value for name, value in settings.items() if name != "mapping"}
    return read_section(FolderSettings, plain, "source")


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BatchError(
            f"cannot be read: {error}", where=str(path), expected="a Parquet file", fix="put it there, or set source.shards"
        ) from error


SOURCE = Source(name="folder", prepare=prepare)
