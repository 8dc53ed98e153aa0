"""Human-only controls of the cycle at hand: trained with fresh seeds, asked in the same probe, their readings kept by the ledger."""

import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from governance.actions.freeze import RETRAINING
from governance.collapse.controls import control_plan, pair_with
from governance.collapse.evidence import BASELINE, Evidence
from governance.collapse.intervals import generator
from governance.collapse.metric import Metric
from governance.collapse.report import measure_evidence, shipped_metrics
from governance.digest import Manifest, digest_document, digest_file, read_document, write_document
from governance.errors import RefusedError
from governance.gates.decision import shipped_gates
from governance.gates.matched import MATCHED_FILE, matched_document
from governance.mixing.rules import MixRules
from governance.ports.language_model import LanguageModel
from governance.ports.trainer import TrainingJob
from governance.release import kinds
from governance.release.controls import Control, controls_due, terms_of
from governance.release.rules import ControlRules
from governance.section import read_section
from governance.stages.asking import Questions, ask
from governance.stages.probe import questions_of
from governance.training.founding import recipe_for
from governance.training.lineage import Start
from governance.training.matched import human_only
from governance.training.rules import TrainingRules
from governance.wiring import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlsMade:
    """The controls of one cycle, old and new, and the candidate's own readings beside them, as log ratios to the baseline."""

    cycle: int
    made: int
    controls: tuple[Control, ...]
    candidate: Mapping[str, float]


def make_controls(shop: Shop, count: int) -> ControlsMade:
    """Train so many controls of the cycle at hand and write their readings down. The cycle, its verdict and the registry stay as they are.

    Raises: RefusedError where no retraining has been measured here, which is what a control stands beside.
    """
    folder = shop.workspace.cycle
    cycle = _at_hand(shop)
    if not cycle.get("baseline") or not (folder / "measures.json").exists():
        raise RefusedError("no retraining was measured here, and a control stands beside one", where="cycle", fix="heirloom retrain BATCH")
    measured = read_document(folder / "measures.json")
    group, terms = _names(shop, cycle)
    known = _known(shop, group, terms)
    asked = Asked.of(shop, cycle)
    for place in range(len(known), len(known) + count):
        seed = int(generator(cycle["seed"], f"control {place}").integers(2**31))
        blank = Control(cycle=cycle["number"], group=group, terms=terms, seed=seed, checkpoint="", readings={})
        control = _control(shop, cycle, asked, blank)
        body = {name: getattr(control, name) for name in ("cycle", "group", "terms", "seed", "checkpoint")}
        shop.ledger.record(kinds.CONTROL_READ, {**body, "readings": dict(control.readings)})
        known.append(control)
    return ControlsMade(cycle=cycle["number"], made=count, controls=tuple(known), candidate=log_changes(measured["metrics"]))


def lay_out_matched(shop: Shop) -> int:
    """Train the controls that the schedule wants of the cycle at hand, and lay the readings of all that it has beside its measures.

    Returns how many were trained. What was trained before a kill is in the ledger and is not trained again.
    """
    cycle = _at_hand(shop)
    made, known = 0, list[Control]()
    if cycle["kind"] == RETRAINING and cycle.get("baseline"):
        group, terms = _names(shop, cycle)
        rules = read_section(ControlRules, cycle["policy"].get("controls", {}), "cycle.json policy.controls")
        made = controls_due(rules, shop.ledger.state().controls.values(), cycle["number"], group, terms)
        known = list(make_controls(shop, made).controls) if made else _known(shop, group, terms)
    controls = [{name: getattr(one, name) for name in ("seed", "checkpoint")} | {"readings": dict(one.readings)} for one in known]
    write_document(shop.workspace.cycle / MATCHED_FILE, matched_document(controls))
    return made


def _at_hand(shop: Shop) -> Mapping[str, Any]:
    path = shop.workspace.cycle_document
    return read_document(path) if path.exists() else {}


def _names(shop: Shop, cycle: Mapping[str, Any]) -> tuple[str, str]:
    """(group, terms) of the controls of a cycle."""
    mix = digest_file(shop.workspace.cycle / "mix.parquet")
    group = digest_document({"mix": mix, "start": cycle["start"]["digest"], "baseline": cycle["baseline"]["digest"]})
    return group, terms_of(cycle["policy"], cycle["shards"])


def _known(shop: Shop, group: str, terms: str) -> list[Control]:
    return [control for control in shop.ledger.state().controls.values() if (control.group, control.terms) == (group, terms)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What all controls of a cycle have in common: the human rows that they learn from, what gates ask, and the baseline's answers."""

    start: Path
    rows: pl.DataFrame
    few: Questions
    answers: Evidence

    @classmethod
    def of(cls, shop: Shop, cycle: Mapping[str, Any]) -> "Asked":
        desk, folder = shop.desk("probe"), shop.workspace.cycle
        questions = questions_of(desk)
        scores, samples = (pl.read_parquet(folder / f"{name}.parquet") for name in ("scores", "samples"))
        return cls(
            start=desk.model(cycle["start"]["digest"]),
            rows=human_only(pl.read_parquet(folder / "mix.parquet")),
            few=questions.of_gates(control_plan(questions.plan)),
            answers=Evidence(scores=scores, samples=samples),
        )


def _control(shop: Shop, cycle: Mapping[str, Any], asked: Asked, blank: Control) -> Control:
    place = shop.workspace.scratch / "control"
    shutil.rmtree(place, ignore_errors=True)
    (place / "scratch").mkdir(parents=True)
    asked.rows.write_parquet(place / "rows.parquet")
    rules = read_section(TrainingRules, cycle["policy"]["training"], "cycle.json policy.training")
    mixing = read_section(MixRules, cycle["policy"]["mixing"], "cycle.json policy.mixing")
    trainer = shop.trainers[rules.trainer]
    job = TrainingJob(
        start=asked.start,
        rows=place / "rows.parquet",
        scratch=place / "scratch",
        checkpoint=place / "checkpoint",
        batch_log=place / "batches.parquet",
        recipe=recipe_for(rules.recipe, Start.from_document(cycle["start"])),
        seed=blank.seed,
        anchor_percent=mixing.anchor_percent,
        synthetic_cap_percent=mixing.synthetic_cap_percent,
        progress=_bar(),
    )
    trainer.train(job)
    readings = _readings(trainer.open(place / "checkpoint"), asked)
    checkpoint = Manifest.of(place / "checkpoint").digest
    shutil.rmtree(place)
    return replace(blank, checkpoint=checkpoint, readings=readings)


def _readings(model: LanguageModel, asked: Asked) -> Mapping[str, float]:
    """What gated metrics read of it against the baseline's answers in the cycle's own probe: the same code, the same seeds."""
    scores, samples = (frame.select(pl.lit("control").alias("model"), pl.all()) for frame in ask(model, asked.few, lambda _: None)[:2])
    pair = pair_with("control", Evidence(scores=scores, samples=samples), asked.answers, asked.few.plan, reference=BASELINE)
    return log_changes(measure_evidence(pair, (), asked.few.plan, asked.few.seed, _gated())["metrics"])


def _gated() -> Mapping[str, Metric]:
    gated = {gate.metric for gate in shipped_gates().values()}
    return {name: metric for name, metric in shipped_metrics().items() if name in gated}


def log_changes(entries: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Gated metric -> log ratio to the baseline, of those that were measured."""
    gated = _gated()
    found = {entry["name"]: (entry["against"].get(BASELINE) or {}).get("change") for entry in entries if entry["name"] in gated}
    return {name: math.log1p(change) for name, change in found.items() if change is not None}


def _bar() -> Callable[[int, int, float], None]:
    from governance.adapters.bars import bars

    show = bars("control")
    return lambda done, total, loss: show(done, total, f"loss {loss:.3f} nats per token")
