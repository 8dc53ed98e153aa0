"""The mix stage: admitted rows and pinned shards in, the plan of a mix out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from governance.digest import read_document, write_document
from governance.mixing.anchors import passes_document
from governance.mixing.descent import descent_document, refuse_beyond_depth
from governance.mixing.plan import Mix, plan_mix
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.mixing.teachers import refuse_descended_teachers
from governance.ports.desk import SHARDS, Desk
from governance.ports.language_model import LanguageModel
from governance.provenance.laundering.document import refuse_laundered
from governance.stages.pinned import pinned_shard
from governance.stages.stage import Stage
from governance.training.lineage import Start
from governance.training.rules import TrainingRules, recipe_for

REFERENCES = ("tail", "human", "prompts")
"""Shards that no row may overlap, in the order in which a row is charged; the anchors come last."""
_TEXTS_AT_A_TIME = 2_000


def work(desk: Desk) -> None:
    """Write mix.parquet, dropped.parquet, flagged.parquet and mix.json.

    Raises: what `planned` raises.
    """
    mix = planned(desk, desk.section("policy.mixing", MixRules))
    mix.selected.write_parquet(desk.writes("mix.parquet"))
    mix.dropped.write_parquet(desk.writes("dropped.parquet"))
    mix.flagged.write_parquet(desk.writes("flagged.parquet"))
    write_document(desk.writes("mix.json"), mix.document)


def planned(desk: Desk, rules: MixRules) -> Mix:
    """The mix of the cycle at hand under these rules; nothing is written. Tokens are counted by the start checkpoint's own tokenizer.

    Raises: RefusedError where the audit of declared origins stops the batch, there is too little human text, the anchors are unfit, rows
    have been through more models than policy allows, or a teacher was swapped or descends from the student; IntegrityError naming the
    pinned shard that was altered.
    """
    refuse_laundered(read_document(desk.reads("laundering.json")))
    start: dict[str, Any] = desk.need("start")
    teachers: dict[str, str] = desk.need("teachers")
    refuse_descended_teachers(teachers, {start["digest"]: {}})
    training: TrainingRules = desk.section("policy.training", TrainingRules)
    student = desk.trainer(training.trainer).open(desk.model(start["digest"]))
    rows = pl.read_parquet(desk.reads("admitted.parquet"))
    mix = plan_mix(
        _counted(rows, student, desk.progress),
        _counted(_shard(desk, "anchors"), student, desk.progress),
        {name: _shard(desk, name) for name in REFERENCES},
        rules,
        teachers=teachers,
        model=desk.need("model"),
        kind=desk.need("kind"),
        start=start,
        seed=desk.need("seed"),
        kernels=desk.kernels(rows.height),
        selection=desk.section("policy.selection", SelectionRules),
    )
    passed = pl.read_parquet(desk.reads("descent.parquet"))
    refuse_beyond_depth(mix.selected, passed, rules)
    recipe = recipe_for(training.recipe, Start.from_document(start))
    shown = passes_document(mix.document, rules, epochs=recipe.epochs, batch_blocks=recipe.batch_blocks)
    return replace(mix, document={**mix.document, **descent_document(mix.selected, passed), **shown})


def _shard(desk: Desk, name: str) -> pl.DataFrame:
    return pl.read_parquet(pinned_shard(desk, name))


def _counted(rows: pl.DataFrame, student: LanguageModel, progress: Callable[[str], Callable[[int, int, str], None]]) -> pl.DataFrame:
    """The rows with their tokens."""
    show = progress("tokens")
    texts: Sequence[str] = rows["text"].to_list()
    counts: list[int] = []
    for first in range(0, len(texts), _TEXTS_AT_A_TIME):
        counts += student.count_tokens(texts[first : first + _TEXTS_AT_A_TIME])
        show(len(counts), len(texts), "counted")
    return rows.with_columns(pl.Series("tokens", counts, dtype=pl.Int64))


STAGE = Stage(
    name="mix",
    reads=("admitted.parquet", "descent.parquet", "laundering.json", *SHARDS.values()),
    writes=("mix.parquet", "dropped.parquet", "flagged.parquet", "mix.json"),
    needs=("kind", "model", "start", "teachers", "shards", "policy.mixing", "policy.selection", "policy.training", "seed"),
    code=("governance.adapters.trainers",),
    work=work,
)
