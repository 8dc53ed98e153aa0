"""What is known of rows by their ids: in the cycle at hand, in the memory, in what people were asked and in what they said."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import polars as pl

from governance.actions.freeze import frozen_cycle
from governance.actions.label import Standing
from governance.adapters.batch.quarantined import by_ids
from governance.provenance.labels.label import KEY, RELABELS_FILE, Said, in_force, no_relabels, relabelled
from governance.provenance.labels.queue import QUEUE_SCHEMA
from governance.provenance.labels.sheet import Key, Line, Row
from governance.wiring import Shop

_SAYS = ("origin", "generator", "generator_version")
_SEEN = [*KEY, *_SAYS, "label"]


def rows_of(shop: Shop, labels: Standing, asked: pl.DataFrame, lines: Sequence[Line]) -> Mapping[Key, Row]:
    """Every row that a line speaks of: as it was asked about, as the cycle at hand or the memory has it, or as it was labelled since."""
    ids = sorted({line.row_id for line in lines if line.decided})
    last = {(row_id, sha256): label for row_id, sha256, label in heads(labels.said).iter_rows()}
    words = _words(labels)
    found: dict[Key, Row] = {}
    for frame, was_asked in ((asked, True), (seen(shop, ids), False)):
        for row_id, sha256, *says, label in frame.filter(pl.col("row_id").is_in(ids)).select(_SEEN).iter_rows():
            key = (row_id, sha256)
            fresh = label == last.get(key, 0)
            origin, generator, version = says if fresh else words.get(key, says)
            row = Row(
                origin=origin,
                generator=generator,
                generator_version=version,
                label=last.get(key, 0),
                queued=was_asked and fresh,
                word=words.get(key),
            )
            found.setdefault(key, row)
    return found


def _words(labels: Standing) -> dict[Key, tuple[str, str | None, str | None]]:
    """Row -> what its last label says it is, where that counts."""
    spoken = labels.relabels.unique(KEY).select(*KEY, "origin_now", "generator", "generator_version")
    return {(row_id, sha256): (origin, generator, version) for row_id, sha256, origin, generator, version in spoken.iter_rows()}


def seen(shop: Shop, ids: Collection[str]) -> pl.DataFrame:
    """Rows of these ids in the cycle at hand, admitted or refused, and in the memory: what each says it is, and which label it knows of.

    What the memory says may be older than any label, so it knows of none (-1).
    """
    folder, wanted = shop.workspace.cycle, pl.col("row_id").is_in(list(ids))
    frozen = frozen_labels(folder)
    at_hand = frozen_cycle(shop.workspace)
    parts = [QUEUE_SCHEMA.to_frame().select(*KEY, *_SAYS)]
    if (folder / "admitted.parquet").is_file():
        parts.append(pl.scan_parquet(folder / "admitted.parquet").filter(wanted).select(*KEY, *_SAYS).collect())
    if at_hand and (folder / "quarantine.jsonl").is_file():
        refused = by_ids(folder / "quarantine.jsonl", at_hand[0]["mapping"], shop.policy.provenance.max_row_bytes, ids).rows
        parts.append(relabelled(refused, frozen).filter(pl.col("sha256").is_not_null()).select(*KEY, *_SAYS))
    known = frozen.select(*KEY, pl.col("seq").alias("label")).unique(KEY)
    here = pl.concat(parts).join(known, on=KEY, how="left", maintain_order="left").with_columns(pl.col("label").fill_null(0))
    memory = shop.memory.settled(shop.ledger.state().memory)
    if memory is not None:
        past = pl.scan_parquet(memory).filter(wanted).select(*KEY, *_SAYS, pl.lit(-1, dtype=pl.Int64).alias("label")).collect()
        here = pl.concat([here, past])
    return here.unique(KEY, keep="first", maintain_order=True)


def heads(said: Sequence[Said]) -> pl.DataFrame:
    """Row and sha256 with the seq of the last label, whether it counts or not."""
    return in_force(said).select(*KEY, pl.col("seq").alias("label")).unique(KEY)


def frozen_labels(folder: Path) -> pl.DataFrame:
    """The labels that the cycle in a folder knows."""
    return pl.read_parquet(folder / RELABELS_FILE) if (folder / RELABELS_FILE).is_file() else no_relabels()
