"""Planted-fault batches of a workspace: the champion itself writes them."""

from pathlib import Path

import polars as pl

from flows.begin import admitted_humans, pin
from flows.emission import enter_emissions
from governance.drills.batches import flood
from governance.errors import RefusedError
from governance.ports.generator import VERSION_DIGITS, Author
from governance.provenance.row import ROW_SCHEMA
from governance.wiring import Shop


def plant_flood(shop: Shop, folder: Path, *, rows: int, self_percent: int, mislabelled_percent: int) -> dict[str, int]:
    """Write the flood and say how many rows of each kind it holds.

    Raises: RefusedError where there is no champion to write it.
    """
    prepared = pin(shop)
    state = shop.ledger.state()
    if state.champion is None or prepared.base is None:
        raise RefusedError("no champion and base batch to write a flood from", fix="heirloom retrain")
    digest = state.releases[state.champion].checkpoint
    author = Author(name=shop.policy.line.model, version=digest[:VERSION_DIGITS], model=shop.trainer.open(shop.store.path(digest)))
    human = admitted_humans(shop, shop.workspace.root / prepared.base, shop.workspace.scratch / "plant")
    planted = flood(
        author,
        human,
        rows=rows,
        share_self=self_percent / 100,
        share_mislabelled=mislabelled_percent / 100,
        seed=shop.policy.line.seed,
    )
    own_texts = planted.filter(pl.col("row_id").str.starts_with("flood-"))["text"].to_list()
    enter_emissions(shop, author, own_texts, [""] * len(own_texts))
    folder.mkdir(parents=True)
    columns = [n for n in ROW_SCHEMA.names() if n not in ("sha256", "source_file", "line")]
    planted.select(columns).write_parquet(folder / "flood.parquet")
    lies = planted.filter(pl.col("row_id").str.starts_with("flood-mislabelled")).height
    own = planted.filter(pl.col("row_id").str.starts_with("flood-self")).height
    return {"declared": own, "mislabelled": lies, "human": planted.height - own - lies}
