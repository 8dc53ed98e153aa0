"""A whole drill: every fault bred for every seed, judged by the instruments at hand, and counted."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from governance.collapse.intervals import generator
from governance.collapse.report import shipped_metrics
from governance.digest import Manifest
from governance.drills.at_margin import margin_promises
from governance.drills.breeding import Breeder, Size
from governance.drills.fault import Fault, Moves
from governance.drills.kept import Kept, SeedFound, key_of
from governance.drills.shelf import Shelf
from governance.drills.table import Line, Promise, line_of, promises_of
from governance.drills.trial import Instruments, Probed, Trial, examine, probe_course
from governance.plugins import discover
from governance.ports.trainer import Trainer
from governance.section import section_document
from governance.training.recipe import Recipe

FAULTS_PACKAGE = "governance.drills.faults"
Progress = Callable[[int, int, str], None]


def shipped_faults() -> Mapping[str, Fault]:
    """Every course that exists, by name."""
    return discover(FAULTS_PACKAGE, "FAULT")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stock:
    """What is bred, from what and how: the same for every seed.

    `start` None founds a model for each seed and trains all afresh; with a recipe of `champions` each seed trains a champion by it first,
    on half of the pool, and every generation is a retraining of that one.
    """

    trainer: Trainer
    recipe: Recipe
    shelf: Shelf
    size: Size
    start: Path | None = None
    champions: Recipe | None = None
    """The recipe of each seed's champion."""

    def breeder(self, seed: int, root: Path) -> Breeder:
        """The breeder of one seed, in a folder of its own."""
        start = self.start or root / "start"
        if self.start is None:
            texts = [*self.shelf.pool["text"], *self.shelf.anchors["text"]]
            self.trainer.found(texts, self.recipe, seed, start)
        breeder = Breeder(
            trainer=self.trainer,
            recipe=self.recipe,
            shelf=self.shelf,
            size=self.size,
            seed=seed,
            root=root,
            start=start,
            onward=self.start is not None,
        )
        return replace(breeder, start=breeder.champion(self.champions).checkpoint) if self.champions else breeder

    @property
    def started(self) -> str:
        """How the generations begin, in one word or two."""
        if self.champions:
            return "one champion a seed"
        return "champion" if self.start else "afresh"

    def key(self, instruments: Instruments, faults: Mapping[str, Fault]) -> str:
        """What the outcome of a seed follows from, as one digest; the text is in it by its own digests."""
        bred = {
            "trainer": self.trainer.name,
            "recipe": section_document(self.recipe),
            "size": section_document(self.size),
            "shelf": self.shelf.digests(),
            "start": Manifest.of(self.start).digest if self.start else None,
            "champions": section_document(self.champions) if self.champions else None,
        }
        return key_of(bred, instruments, faults)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drilled:
    """What a drill found."""

    lines: tuple[Line, ...]
    promises: tuple[Promise, ...]
    trials: tuple[Trial, ...]
    seeds: tuple[int, ...]

    @property
    def broken(self) -> tuple[Promise, ...]:
        return tuple(promise for promise in self.promises if promise.broken)

    def document(self, stock: Stock, instruments: Instruments) -> dict[str, Any]:
        """Counts, never texts: the part of heirloom/drill/1 that says what was found and on what."""
        shelf = stock.shelf
        return {
            "seeds": list(self.seeds),
            "trainer": stock.trainer.name,
            "start": stock.started,
            "recipe": section_document(stock.recipe),
            "size": section_document(stock.size),
            "documents": {name: getattr(shelf, name).height for name in ("anchors", "pool", "tail", "human", "prompts")},
            "probe": section_document(instruments.plan),
            "gates": section_document(instruments.rules),
            "faults": [line.document() for line in self.lines],
            "promises": [promise.document() for promise in self.promises],
            "trials": [trial.document() for trial in self.trials],
            "broken": len(self.broken),
        }


def seeds_of(seed: int, count: int, purpose: str) -> tuple[int, ...]:
    """So many seeds; those of two purposes have nothing to do with one another."""
    return tuple(int(number) for number in generator(seed, f"drill seeds {purpose}").integers(2**31, size=count))


def drill(
    stock: Stock,
    instruments: Instruments,
    *,
    seeds: Sequence[int],
    root: Path,
    faults: Mapping[str, Fault] | None = None,
    pairs: int = 0,
    kept: Kept | None = None,
    progress: Progress = lambda _done, _total, _words: None,
) -> Drilled:
    """Breed and judge all of it. A seed's models are gone when it is over, so that many seeds need the room of one.

    Candidates at the margin are made from the first seed, so that more seeds leave it as it is. A seed that is `kept` is not bred again.
    """
    faults = shipped_faults() if faults is None else faults
    found: list[SeedFound] = []
    for number, seed in enumerate(seeds):
        placed, step = pairs if number == 0 else 0, _counted(progress, number, len(seeds), faults)
        known = kept.read(seed, placed) if kept else None
        if known is None:
            known = _drilled_seed(stock, instruments, faults, seed=seed, place=root / f"seed-{number}", pairs=placed, step=step)
            if kept:
                kept.write(seed, placed, known)
        found.append(known)
    trials = [trial for one in found for trial in one.trials]
    return counted(faults, trials, seeds, instruments, [promise for one in found for promise in one.margins])


def _drilled_seed(
    stock: Stock,
    instruments: Instruments,
    faults: Mapping[str, Fault],
    *,
    seed: int,
    place: Path,
    pairs: int,
    step: Callable[[str], None],
) -> SeedFound:
    trials: list[Trial] = []
    probes = dict[str, Sequence[Probed]]()
    for probed in bred(stock, instruments, faults, seed=seed, place=place, step=step):
        trials += [examine(one, instruments, plan=faults[one.fault].good) for one in probed]
        probes[probed[0].fault] = probed
    margins = tuple(_at_margin(faults, probes, instruments, pairs)) if pairs else ()
    shutil.rmtree(place, ignore_errors=True)
    return SeedFound(trials=tuple(trials), margins=margins)


def _at_margin(
    faults: Mapping[str, Fault], probes: Mapping[str, Sequence[Probed]], instruments: Instruments, pairs: int
) -> Iterator[Promise]:
    """Pairs made from a known-good candidate, and for samples from one that has to lose its variety."""
    good = next((probed[0] for name, probed in probes.items() if faults[name].good), None)
    poor = next((probed[-1] for name, probed in probes.items() if Moves.DOWN in faults[name].moves.values()), None)
    return margin_promises(good, poor, instruments, pairs) if good else iter(())


def bred(
    stock: Stock, instruments: Instruments, faults: Mapping[str, Fault], *, seed: int, place: Path, step: Callable[[str], None]
) -> Iterator[Sequence[Probed]]:
    """The probed candidates of one seed, a course at a time; a fault that nothing could see is not bred."""
    breeder = stock.breeder(seed, place)
    for fault in faults.values():
        step(fault.title)
        if not missing(fault, instruments):
            yield probe_course(breeder, fault, place, instruments)


def counted(
    faults: Mapping[str, Fault], trials: Sequence[Trial], seeds: Sequence[int], instruments: Instruments, margins: Sequence[Promise] = ()
) -> Drilled:
    """Lines and promises of trials, in order of the faults."""
    by_fault = {name: [trial for trial in trials if trial.fault == name] for name in faults}
    unseen = {name: unread(fault, by_fault[name]) or missing(fault, instruments) for name, fault in faults.items()}
    lines = tuple(line_of(fault, by_fault[name], unseen[name]) for name, fault in faults.items())
    judged = [fault for name, fault in faults.items() if by_fault[name] and not unseen[name]]
    promises = tuple(promise for fault in judged for promise in promises_of(fault, by_fault[fault.name]))
    return Drilled(lines=lines, promises=(*promises, *margins), trials=tuple(trials), seeds=tuple(seeds))


def missing(fault: Fault, instruments: Instruments) -> tuple[str, ...]:
    """Metrics without which nothing can see this fault, and which do not exist."""
    known = shipped_metrics() if instruments.metrics is None else instruments.metrics
    return tuple(name for name in fault.needs if name not in known)


def unread(fault: Fault, trials: Sequence[Trial]) -> tuple[str, ...]:
    """Metrics that this fault needs and that were read of none of its candidates: this text gives them nothing to read."""
    read = {name for trial in trials for name in trial.baseline}
    return tuple(name for name in fault.needs if name not in read) if trials else ()


def _counted(progress: Progress, number: int, seeds: int, faults: Mapping[str, Fault]) -> Callable[[str], None]:
    total, places = seeds * len(faults), iter(range(number * len(faults), (number + 1) * len(faults)))
    return lambda words: progress(next(places), total, words)
