"""A drill on a workspace's own pinned text: bred, judged, written down, and named by the ledger."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from flows.begin import admitted_humans, pin
from flows.sentinels import pinned_sentinels
from governance.adapters.bars import bars
from governance.collapse.sentinels import no_sentinels
from governance.digest import write_document
from governance.drills.breeding import Size
from governance.drills.calibration import Calibration, calibrate
from governance.drills.fault import Fault
from governance.drills.kept import Kept
from governance.drills.narrow import asked_for_verdicts, read_for_verdicts
from governance.drills.run import Drilled, Stock, drill, seeds_of, shipped_faults
from governance.drills.shelf import Shelf
from governance.drills.trial import Instruments
from governance.errors import RefusedError, UsageError
from governance.ports.desk import SHARDS
from governance.ports.trainer import Trainer
from governance.release import kinds
from governance.training.recipe import Recipe
from governance.wiring import Shop

SCHEMA = "heirloom/drill/1"
SMALL, RETRAINED, OWN, CHAMPION = MODELS = ("small", "retrained", "own", "champion")
CHOOSE, PROVE = "choose", "prove"
"""Two sets of seeds that share none: margins are chosen on one and proved on the other."""
MARGINS = "the policy's; no seed of this drill had a part in choosing margins: heirloom drill calibrate chooses on others"
MOST_ROWS = 1_200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants drilled."""

    trainer: str
    model: str = SMALL
    seeds: int = 2
    rows: int = 0
    anchors: int = 0
    pairs: int = 400
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise UsageError(f"{self.model!r} is no model to drill", expected=", ".join(MODELS), where="--model")
        if not (1 <= self.seeds <= 1000 and 0 <= self.pairs <= 10_000 and self.rows >= 0 and self.anchors >= 0):
            raise UsageError(
                f"{self.seeds} seeds, {self.pairs} pairs, {self.rows} rows", expected="1..1000, 0..10000, 0 or more", where="drill"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A drill with where it was written; `sha256` is what the ledger recorded, empty where only some faults were drilled."""

    drilled: Drilled
    document: Mapping[str, Any]
    path: Path | None = None
    sha256: str = ""


def run_drill(shop: Shop, asked: Asked) -> Report:
    """Breed and judge; seeds that an interrupted drill finished are not bred again. A whole drill enters the ledger; a part is only shown.

    Raises: UsageError where there is no such trainer or fault or too little text; RefusedError where there is no base batch or champion.
    """
    faults = _faults(asked.faults)
    stock, instruments = stock_of(shop, asked), instruments_of(shop, faults)
    seeds = seeds_of(shop.policy.line.seed, asked.seeds, PROVE)
    with _scratch(shop) as root:
        kept = Kept(folder=shop.workspace.scratch / "drilled-seeds", key=stock.key(instruments, faults))
        drilled = drill(stock, instruments, seeds=seeds, root=root, faults=faults, pairs=asked.pairs, kept=kept, progress=bars("drill"))
    document = {
        "schema": SCHEMA,
        "gate_version": shop.gate_version,
        "model": asked.model,
        "own": _is_own(shop, asked),
        "margins": MARGINS,
        "line_seed": shop.policy.line.seed,
        **drilled.document(stock, instruments),
    }
    if asked.faults or not asked.pairs:
        return Report(drilled=drilled, document=document)
    return _recorded(shop, asked, drilled, document)


def run_calibration(shop: Shop, asked: Asked) -> tuple[Calibration, Mapping[str, Any]]:
    """Propose margins for a model, with the drill that they were proved by. Nothing is recorded: the policy is not changed by it.

    Raises: as `run_drill`.
    """
    faults = _faults(asked.faults)
    if not any(fault.good for fault in faults.values()):
        raise UsageError("no known-good course is among them", where="--faults", expected="human_only, or governed_mix")
    stock, instruments = stock_of(shop, asked), instruments_of(shop, faults)
    choose, prove = (seeds_of(shop.policy.line.seed, asked.seeds, purpose) for purpose in (CHOOSE, PROVE))
    with _scratch(shop) as root:
        found = calibrate(
            stock,
            instruments,
            faults,
            choose=choose,
            prove=prove,
            root=root,
            pairs=asked.pairs,
            progress=bars("drill"),
        )
    document = {"schema": "heirloom/calibration/1", "model": asked.model, "own": _is_own(shop, asked), **found.document(stock, instruments)}
    return found, document


@contextmanager
def _scratch(shop: Shop) -> Iterator[Path]:
    """An empty folder that is gone afterwards, and that a killed drill before this one leaves nothing in."""
    folder = shop.workspace.scratch / "drill"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stock_of(shop: Shop, asked: Asked) -> Stock:
    """The workspace's text, and the model that was asked for.

    Raises: RefusedError where there is no base batch, or no champion to start from.
    """
    trainer, start = _trainer(shop, asked.trainer), _champion(shop) if asked.model == CHAMPION else None
    prepared = pin(shop)
    if prepared.base is None:
        raise RefusedError("no base batch to breed on", where="inbox", fix="name a source that lays one out: docs/demo.md")
    base = admitted_humans(shop, shop.workspace.root / prepared.base, shop.workspace.scratch / "drill-base")
    shutil.rmtree(shop.workspace.scratch / "drill-base")
    shards = {name: pl.read_parquet(shop.workspace.root / place) for name, place in SHARDS.items()}
    planted = pinned_sentinels(shop, shop.ledger.state())
    shelf = Shelf(pool=base, **shards, sentinels=no_sentinels() if planted is None else planted)
    mixing = shop.policy.mixing
    rows = asked.rows or min(MOST_ROWS, base.height // 2)
    anchors = asked.anchors or shelf.anchors.height
    size = Size(rows=rows, anchors=anchors, anchor_percent=mixing.anchor_percent, synthetic_cap_percent=mixing.synthetic_cap_percent)
    recipe, champions = _recipe(shop, asked.model), _recipe(shop, SMALL) if asked.model == RETRAINED else None
    return Stock(trainer=trainer, recipe=recipe, shelf=shelf, size=size, start=start, champions=champions)


def instruments_of(shop: Shop, faults: Mapping[str, Fault]) -> Instruments:
    """The policy's gates and margins, asking and reading only what their verdicts rest on; the verdicts are the same."""
    plan, metrics = asked_for_verdicts(shop.policy.probe), read_for_verdicts(faults.values())
    return Instruments(plan=plan, rules=shop.policy.gates, metrics=metrics, narrow=True)


def _faults(names: Sequence[str]) -> Mapping[str, Fault]:
    every = shipped_faults()
    if unknown := sorted(set(names) - set(every)):
        raise UsageError(f"{unknown[0]!r} is no fault", expected=", ".join(every), where="--faults")
    return {name: fault for name, fault in every.items() if not names or name in names}


def _trainer(shop: Shop, name: str) -> Trainer:
    if name not in shop.trainers:
        raise UsageError(f"{name!r} is no trainer", expected=", ".join(shop.trainers), where="--trainer")
    return shop.trainers[name]


def _champion(shop: Shop) -> Path:
    state = shop.ledger.state()
    if state.champion is None:
        raise RefusedError("no champion to start from", fix="heirloom retrain")
    return shop.store.path(state.releases[state.champion].checkpoint)


def _recipe(shop: Shop, model: str) -> Recipe:
    """Trained afresh, a model takes the founding epochs; the small one has 157,000 parameters (SCIENCE section 6)."""
    own = shop.policy.training.recipe
    founding = replace(own, epochs=own.founding_epochs, learning_rate=own.founding_learning_rate)
    recipe = own if model in (CHAMPION, RETRAINED) else founding
    small = {"vocabulary": 2048, "width": 48, "layers": 2, "heads": 2, "accumulation_steps": 1, "processes": 1}
    return replace(recipe, **small) if model in (SMALL, RETRAINED) else recipe


def _is_own(shop: Shop, asked: Asked) -> bool:
    """Whether the line's own kind of model was bred."""
    return asked.model not in (SMALL, RETRAINED) and asked.trainer == shop.policy.training.trainer


def _recorded(shop: Shop, asked: Asked, drilled: Drilled, document: Mapping[str, Any]) -> Report:
    """Written first, recorded then: the ledger never names a drill that is not there."""
    version = shop.gate_version
    path = shop.workspace.drills / f"{version[:16]}-{asked.trainer}-{asked.model}.json"
    sha256 = write_document(path, document)
    body = {
        "gate_version": version,
        "trainer": asked.trainer,
        "own": _is_own(shop, asked),
        "seeds": len(drilled.seeds),
        "broken": len(drilled.broken),
        "drill_sha256": sha256,
    }
    shop.ledger.record(kinds.GATE_DRILLED, body)
    return Report(drilled=drilled, document=document, path=path, sha256=sha256)
