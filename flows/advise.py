"""What a workspace knows about its own cycles, as facts to advise on. Reads the ledger and the archive, and writes nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from flows.finish import archive_of
from governance.advice.controller import Proposal, propose
from governance.advice.course import FinishedCycle, finished_cycle
from governance.advice.facts import Batch, Champion, Facts
from governance.digest import read_document
from governance.mixing.supply import CAP_RULES
from governance.ports.desk import SHARDS
from governance.ports.language_model import Decoding
from governance.release.state import State
from governance.wiring import Shop

DOCUMENTS = ("cycle", "mix", "measures", "decision")


def history_of(shop: Shop, state: State) -> tuple[FinishedCycle, ...]:
    """Every registered cycle whose documents are in the archive, oldest first."""
    found = []
    for release in sorted(state.releases.values(), key=lambda release: (release.cycle, release.version)):
        folder = archive_of(shop, release.cycle_digest)
        if all((folder / f"{name}.json").is_file() for name in DOCUMENTS):
            cycle, mix, measures, decision = (read_document(folder / f"{name}.json") for name in DOCUMENTS)
            found.append(finished_cycle(cycle, mix, measures, decision, release.version))
    return tuple(found)


def proposal_of(shop: Shop, history: tuple[FinishedCycle, ...]) -> Proposal:
    """What the cap controller proposes after these cycles."""
    return propose(history, shop.policy.mixing, shop.settings.advice)


def facts_of(shop: Shop) -> Facts:
    """All that is known of the workspace; works before any cycle ran."""
    state = shop.ledger.state()
    history = history_of(shop, state)
    champion = state.releases[state.champion] if state.champion is not None else None
    return Facts(
        mixing=shop.policy.mixing,
        start=shop.policy.training.start,
        promotion=shop.policy.promotion.mode,
        champion=Champion(
            version=champion.version,
            synthetic_tokens=champion.synthetic_tokens,
            total_tokens=champion.total_tokens + champion.unknown_tokens,
            depth=champion.descent.least_depth,
        )
        if champion
        else None,
        batch=_newest_batch(shop, state),
        history=history,
        tail_documents=_tail_documents(shop, state),
        sharpened_teacher=Decoding.of(shop.policy.synthesis.decoding, seed=shop.policy.line.seed).sharpened,
        minutes_per_row=shop.settings.advice.minutes_per_row,
    )


def _tail_documents(shop: Shop, state: State) -> int | None:
    path = shop.workspace.root / SHARDS["tail"]
    if not state.shards or not path.is_file():
        return None
    return int(pl.scan_parquet(path).select(pl.col("source_id" if _has_sources(path) else "row_id").n_unique()).collect().item())


def _has_sources(path: Path) -> bool:
    return "source_id" in pl.read_parquet_schema(path)


def _newest_batch(shop: Shop, state: State) -> Batch | None:
    """The mix of the newest registered cycle that is no founding; the founding's where there is no other."""
    releases = sorted(state.releases.values(), key=lambda release: (release.kind != "founding", release.cycle), reverse=True)
    for release in releases:
        folder = archive_of(shop, release.cycle_digest)
        if (folder / "mix.json").is_file() and (folder / "audit.json").is_file():
            return _batch(release.cycle, read_document(folder / "mix.json"), read_document(folder / "audit.json"))
    return None


def _batch(cycle: int, mix: Mapping[str, Any], audit: Mapping[str, Any]) -> Batch:
    return Batch(
        cycle=cycle,
        human_rows=mix["rows"]["human"],
        human_tokens=mix["tokens"]["human"],
        synthetic_rows=mix["rows"]["synthetic"],
        synthetic_tokens=mix["tokens"]["synthetic"],
        anchor_tokens=mix["tokens"]["anchor"],
        anchor_repeats=mix["anchor_repeats"],
        headroom_tokens=mix["headroom_tokens"],
        held_back=sum(mix["tokens_dropped"].get(rule, 0) for rule in CAP_RULES),
        unknown_vintage=audit["unknown_vintage"],
        admitted=audit["admitted"],
    )
