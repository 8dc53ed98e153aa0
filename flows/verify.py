"""The cycle at hand, its batches recomputed from the files on disk; nothing is written. Plain functions, no Prefect."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from governance.digest import digest_document, digest_file, read_document
from governance.errors import IntegrityError, UsageError
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.release.state import State
from governance.section import read_section
from governance.training.batch_log import BATCH_LOG_SCHEMA, Finding, Recorded
from governance.training.founding import recipe_for
from governance.training.lineage import Start
from governance.training.rules import TrainingRules
from governance.training.verification import READ_COLUMNS, Verification, verify_training
from governance.wiring import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProof:
    """What came of it. `version` is None where the cycle has no candidate yet, `in_ledger` None where the ledger keeps no head of it."""

    cycle: int
    version: int | None
    recorded: Recorded
    in_ledger: str | None
    rules: MixRules
    found: Verification

    @property
    def altered(self) -> tuple[Finding, ...]:
        """What was changed since the training, the ledger's word first."""
        if self.in_ledger in (None, self.recorded.head):
            return self.found.altered
        said = f"lineage.json names {self.recorded.head[:12]} as the last batch, the ledger {str(self.in_ledger)[:12]}"
        return (Finding(phrase=said, names=()), *self.found.altered)


def prove_training(shop: Shop) -> TrainingProof:
    """Recompute the batches of the cycle at hand from mix.parquet, under the policy that was frozen with it.

    Raises: IntegrityError where a file is missing, cannot be read, or is of a version that chained no batches; UsageError where nothing
    has been trained yet.
    """
    folder = shop.workspace.cycle
    if not (folder / "cycle.json").is_file():
        raise UsageError("no cycle is at hand", fix="heirloom retrain")
    cycle, state = read_document(folder / "cycle.json"), shop.ledger.state()
    release = next((r for r in state.releases.values() if r.cycle_digest == digest_document(cycle)), None)
    if release is None and not (folder / "lineage.json").is_file():
        raise UsageError(f"cycle {cycle['number']} is not trained yet", fix="heirloom retrain")
    _known_cycle(state, cycle, folder)
    policy, recorded = cycle["policy"], _recorded(folder / "lineage.json")
    rules: MixRules = read_section(MixRules, policy["mixing"], "cycle.json policy.mixing")
    selection: SelectionRules = read_section(SelectionRules, policy["selection"], "cycle.json policy.selection")
    training: TrainingRules = read_section(TrainingRules, policy["training"], "cycle.json policy.training")
    found = verify_training(
        _table(folder / "batches.parquet", tuple(BATCH_LOG_SCHEMA)),
        _table(folder / "mix.parquet", READ_COLUMNS),
        rows_sha256=digest_file(folder / "mix.parquet"),
        recorded=recorded,
        block_tokens=recipe_for(training.recipe, Start.from_document(cycle["start"])).block_tokens,
        rules=rules,
        rare_slice_percent=selection.rare_slice_percent,
    )
    return TrainingProof(
        cycle=cycle["number"],
        version=release.version if release else None,
        recorded=recorded,
        in_ledger=release.batches_head if release else None,
        rules=rules,
        found=found,
    )


def _recorded(path: Path) -> Recorded:
    recorded = Recorded.from_document(read_document(path).get("batch_log"))
    if recorded is None:
        raise IntegrityError("names no batch log", where=str(path), fix="heirloom retrain trains the cycle again")
    return recorded


def _known_cycle(state: State, cycle: Mapping[str, Any], folder: Path) -> None:
    """The caps are those of a cycle that the ledger knows, or nobody's."""
    if digest_document(cycle) not in state.frozen_against:
        raise IntegrityError(
            f"cycle {cycle['number']} ({digest_document(cycle)[:12]}) was never frozen",
            where=str(folder / "cycle.json"),
            expected="a cycle that the ledger names",
            fix="heirloom retrain freezes the cycle again",
        )


def _table(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, columns=list(columns))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise IntegrityError(f"cannot be read: {error}", where=str(path), expected=f"the columns {', '.join(columns)}") from error
