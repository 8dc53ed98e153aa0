"""What a finished seed found is read back as it was, and a drill that goes on breeds only what is missing."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import planted_language
import pytest
from drill_bench import gated_metrics, planted_stock
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.collapse.intervals import Comparison
from governance.digest import Manifest
from governance.drills.kept import Kept, SeedFound
from governance.drills.run import Stock, drill, shipped_faults
from governance.drills.table import Promise
from governance.drills.trial import Instruments, Trial
from governance.gates.gate import Verdict
from governance.gates.margins import GateRules, Margin
from governance.ports.trainer import TrainingCurve, TrainingJob
from governance.provenance.corpus.shares import Counted

SMALL = replace(planted_language.SIZE, rows=150, anchors=60)
PLAN = replace(planted_language.PLAN, samples_per_prompt=1, max_new_tokens=8, bootstrap_draws=200)
INSTRUMENTS = Instruments(plan=PLAN, rules=GateRules(), metrics=gated_metrics(), narrow=True)
FAULTS = {"human_only": replace(shipped_faults()["human_only"], cycles=1)}
shares = st.floats(-0.9, 3.0)


@settings(max_examples=20, deadline=None)
@given(found=st.lists(st.tuples(shares, shares, shares), min_size=1, max_size=3), verdict=st.sampled_from(Verdict), hits=st.integers(0, 9))
def test_a_seed_that_was_kept_is_read_back_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[float, float, float]], verdict: Verdict, hits: int
) -> None:
    rows = enumerate(map(sorted, found))
    read = {f"m{place}": Comparison(change=c, low=a, high=b, se=0.1, noise=0.004, n=9) for place, (a, c, b) in rows}
    trial = Trial(fault="f", seed=1, cycle=2, verdict=verdict, alarms=3, blocking=("a",), passing=("b",), baseline=read, planned=0.8125)
    margin = Promise(fault="at_margin", what="x passes", counted=Counted(hits=hits, rows=9), bound=0.08, at_least=False)
    kept = Kept(folder=tmp_path_factory.mktemp("kept"), key="ab" * 32)
    kept.write(1, 9, SeedFound(trials=(trial,), margins=(margin,)))
    again = kept.read(1, 9)
    assert again is not None
    assert (again.trials, again.margins) == ((trial,), (margin,))
    assert kept.read(1, 8) is None
    assert replace(kept, key="cd" * 32).read(1, 9) is None


@dataclass
class Counting:
    """Counts trainings of the planted stock's own trainer, and is cut off after so many."""

    most: int
    seen: list[Path] = field(default_factory=list)

    @property
    def stock(self) -> Stock:
        own = planted_stock()
        return replace(own, size=SMALL, trainer=replace(own.trainer, train=self._train))

    def _train(self, job: TrainingJob) -> TrainingCurve:
        if len(self.seen) == self.most:
            raise KeyboardInterrupt
        self.seen.append(job.checkpoint)
        return planted_stock().trainer.train(job)


def test_an_interrupted_drill_goes_on_where_it_stopped_and_finds_what_a_whole_one_finds(tmp_path: Path) -> None:
    kept = Kept(folder=tmp_path / "kept", key=planted_stock().key(INSTRUMENTS, FAULTS))
    cut, rest, never = Counting(most=3), Counting(most=99), Counting(most=0)
    with pytest.raises(KeyboardInterrupt):
        drill(cut.stock, INSTRUMENTS, seeds=[1, 2], root=tmp_path / "cut", faults=FAULTS, kept=kept)
    found = drill(rest.stock, INSTRUMENTS, seeds=[1, 2], root=tmp_path / "rest", faults=FAULTS, kept=kept)
    assert (len(cut.seen), len(rest.seen)) == (3, 2)
    again = drill(never.stock, INSTRUMENTS, seeds=[1, 2], root=tmp_path / "again", faults=FAULTS, kept=kept)
    assert again.trials == found.trials
    assert [trial.seed for trial in found.trials] == [1, 2]


@settings(max_examples=5, deadline=None)
@given(st.sampled_from(["faults", "size", "champions", "margins", "plan"]))
def test_another_question_has_another_key(changed: str) -> None:
    stock = planted_stock()
    rules = GateRules(margins={"tail_perplexity": Margin(margin_percent=4.0, champion_step_percent=2.0)})
    key = {
        "faults": lambda: stock.key(INSTRUMENTS, {}),
        "size": lambda: replace(stock, size=SMALL).key(INSTRUMENTS, FAULTS),
        "champions": lambda: replace(stock, champions=planted_language.RECIPE).key(INSTRUMENTS, FAULTS),
        "margins": lambda: stock.key(replace(INSTRUMENTS, rules=rules), FAULTS),
        "plan": lambda: stock.key(replace(INSTRUMENTS, plan=planted_language.PLAN), FAULTS),
    }[changed]()
    assert key != stock.key(INSTRUMENTS, FAULTS)
    assert stock.key(INSTRUMENTS, FAULTS) == planted_stock().key(INSTRUMENTS, FAULTS)


def test_with_champions_every_generation_is_a_retraining_of_one_and_the_champion_is_none_of_them(tmp_path: Path) -> None:
    breeder = replace(planted_stock(), size=SMALL, champions=planted_language.RECIPE).breeder(3, tmp_path)
    first = breeder.founded
    second = breeder.breed("human_only", [first], FAULTS["human_only"].feed(breeder, [first]))
    assert breeder.start == tmp_path / "champion" / "checkpoint"
    assert len({first.digest, second.digest, Manifest.of(breeder.start).digest}) == 3
    assert breeder.trainer.open(breeder.start).counts.tables[0].counts.sum() > 0
