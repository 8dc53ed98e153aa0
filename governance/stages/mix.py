"""The mix stage: admitted rows and pinned shards in, the plan of a mix out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from governance.digest import read_document, write_document
from governance.mixing.alike import Vectors, embedded, vectors_in_file
from governance.mixing.anchors import passes_document
from governance.mixing.barred import Barred, written_elsewhere
from governance.mixing.benchmarks import BENCHMARKS_FILE, Benchmarks
from governance.mixing.descent import descent_document, refuse_beyond_depth
from governance.mixing.plan import Mix, plan_pool
from governance.mixing.pool import pool_of_file, read_texts
from governance.mixing.regime import refuse_stale, refuse_without_anchors
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.mixing.sieve import DROPPED_SCHEMA
from governance.mixing.teachers import refuse_descended_teachers
from governance.mixing.woven import MIXED_SCHEMA, completed, woven
from governance.ports.desk import SHARDS, Desk
from governance.provenance.earlier import EARLIER_FILE, EARLIER_SCHEMA, as_labelled, comes_back, nothing_earlier
from governance.provenance.hashing import Places
from governance.provenance.labels.label import RELABELS_FILE
from governance.provenance.laundering.document import refuse_laundered
from governance.provenance.memory import KNOWN_FILE
from governance.provenance.passed import PASSED_SCHEMA
from governance.provenance.recalled import Recalled
from governance.provenance.row import ROW_SCHEMA
from governance.provenance.withdrawn import WITHDRAWN_FILE, without
from governance.stages.pinned import frozen_file, pinned_shard
from governance.stages.stage import Stage
from governance.stages.written import write_rows
from governance.training.founding import recipe_for
from governance.training.lineage import Start
from governance.training.rules import TrainingRules

REFERENCES = ("tail", "human", "prompts")
"""Shards that no row may overlap, in the order in which a row is charged; the anchors come last."""
_ROWS_OF_A_GROUP = 1 << 15
_TAKEN = ("place", "role", "tokens", "shard", "counted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A mix that is not written: the rows that it would hold, in training order, those it leaves out, and its mix.json."""

    selected: pl.DataFrame
    dropped: pl.DataFrame
    document: Mapping[str, Any]


def work(desk: Desk) -> None:
    """Write mix.parquet, dropped.parquet, flagged.parquet and mix.json. The texts of the batch are never in memory all at once.

    Raises: what `planned` raises.
    """
    with TemporaryDirectory(dir=desk.scratch(), prefix="mix-") as name:
        source, earlier = _sourced(desk, Path(name))
        mix = _planned(desk, desk.section("policy.mixing", MixRules), source, earlier, Path(name))
        write_rows(desk.writes("dropped.parquet"), mix.sieve.dropped_parts(), DROPPED_SCHEMA)
        mix.flagged.write_parquet(desk.writes("flagged.parquet"))
        selected, at, document = mix.selected.select(_TAKEN), mix.came_at, mix.document
        del mix  # what rows say is in files by now, and is read from them again
        rows = _rows(desk, source, selected, at, Path(name))
        write_rows(desk.writes("mix.parquet"), rows, MIXED_SCHEMA, row_group_size=_ROWS_OF_A_GROUP)
    write_document(desk.writes("mix.json"), document)


def planned(desk: Desk, rules: MixRules) -> Planned:
    """The mix of the cycle at hand under these rules; no output is written. Tokens are counted by the start checkpoint's own tokenizer.

    Raises: RefusedError where the audit of declared origins stops the batch, there is too little human text, the anchors are unfit, rows
    have been through more models than policy allows, or a teacher was swapped or descends from the student; IntegrityError naming the
    pinned shard that was altered.
    """
    with TemporaryDirectory(dir=desk.scratch(), prefix="plan-") as name:
        mix = _planned(desk, rules, *_sourced(desk, Path(name)), Path(name))
        return Planned(selected=mix.selected, dropped=mix.dropped, document=mix.document)


def _planned(desk: Desk, rules: MixRules, source: Path, earlier: pl.DataFrame, scratch: Path) -> Mix:
    refuse_laundered(read_document(desk.reads("laundering.json")))
    start: dict[str, Any] = desk.need("start")
    teachers: dict[str, str] = desk.need("teachers")
    refuse_descended_teachers(teachers, {start["digest"]: {}})
    training: TrainingRules = desk.section("policy.training", TrainingRules)
    count = desk.trainer(training.trainer).counter(desk.model(start["digest"]))
    anchors = _anchors(desk)
    show = desk.progress("texts")
    kernels = desk.kernels(pl.scan_parquet(source).select(pl.len()).collect().item())
    read = desk.executor().mapped(source, ["text"], partial(read_texts, count=count, frame_words=rules.opening_words, kernels=kernels))
    passed = pl.concat([lines.select(PASSED_SCHEMA.names()) for lines in (pl.scan_parquet(desk.reads("descent.parquet")), earlier.lazy())])
    mix = plan_pool(
        pool_of_file(
            source, read, partial(_columns, desk, source, scratch), scratch, rules=rules, show=lambda done, of: show(done, of, "read")
        ),
        anchors.with_columns(pl.Series("tokens", count(anchors["text"].to_list()), dtype=pl.Int64)),
        {name: _shard(desk, name) for name in REFERENCES},
        rules,
        teachers=teachers,
        model=desk.need("model"),
        kind=desk.need("kind"),
        start=start,
        seed=desk.need("seed"),
        earlier=earlier,
        passed=passed,
        kernels=kernels,
        selection=desk.section("policy.selection", SelectionRules),
        benchmarks=_benchmarks(desk),
        vectors=_vectors(desk, rules, source, scratch),
        barred=_barred(desk),
    )
    refuse_without_anchors(mix.document, rules)
    refuse_stale(mix.document, rules)
    refuse_beyond_depth(mix.passages, rules)
    recipe = recipe_for(training.recipe, Start.from_document(start))
    shown = passes_document(mix.document, rules, epochs=recipe.epochs, batch_blocks=recipe.batch_blocks)
    return replace(mix, document={**mix.document, **descent_document(mix.passages), **shown})


def _sourced(desk: Desk, scratch: Path) -> tuple[Path, pl.DataFrame]:
    """The file of all rows that the mix draws from, admitted ones and then those that come back; and what the latter have been through."""
    admitted = desk.reads("admitted.parquet")
    kept, relabels = frozen_file(desk, EARLIER_FILE, "earlier"), pl.read_parquet(frozen_file(desk, RELABELS_FILE, "relabels"))
    known = pl.read_parquet(kept, columns=["row_id"])
    stays = comes_back(known, pl.read_parquet(admitted, columns=["row_id"])) if known.height else pl.Series([], dtype=pl.Boolean)
    if not stays.any():
        return admitted, nothing_earlier().select(*PASSED_SCHEMA.names(), "cycle")
    parts, done = [], 0
    for rows in desk.executor().mapped(kept, EARLIER_SCHEMA.names(), partial(as_labelled, relabels=relabels)):
        parts.append(_written(rows.filter(stays[done : done + rows.height]), scratch / f"back-{done:012}.parquet"))
        done += rows.height
    source = scratch / "rows.parquet"
    both = pl.scan_parquet([admitted, *parts], schema=ROW_SCHEMA, extra_columns="ignore")  # a union of two scans holds one of them
    both.sink_parquet(source, row_group_size=_ROWS_OF_A_GROUP)
    return source, pl.read_parquet(parts, columns=[*PASSED_SCHEMA.names(), "cycle"])


def _shard(desk: Desk, name: str) -> pl.DataFrame:
    return pl.read_parquet(pinned_shard(desk, name))


def _withdrawn(desk: Desk) -> pl.DataFrame:
    return pl.read_parquet(frozen_file(desk, WITHDRAWN_FILE, "withdrawn"))


def _anchors(desk: Desk) -> pl.DataFrame:
    """The pinned anchors but those that were withdrawn: the file stays as it was pinned, and nobody is trained on them again."""
    return without(_shard(desk, "anchors"), _withdrawn(desk))


def _vectors(desk: Desk, rules: MixRules, source: Path, scratch: Path) -> Vectors | None:
    """The texts in the frozen embedding, in a file; None where the policy does not ask for it."""
    if rules.embedding_cosine_percent is None:
        return None
    return vectors_in_file(desk.executor().mapped(source, ["text"], embedded), scratch / "vectors")


def _benchmarks(desk: Desk) -> Benchmarks:
    texts = pl.read_parquet(frozen_file(desk, BENCHMARKS_FILE, "benchmarks"))
    return Benchmarks(texts=texts, not_named=tuple(desk.need("benchmarks")["not_named"]))


def _barred(desk: Desk) -> Barred:
    recalled = tuple(Recalled.from_document(one) for one in desk.need("recalled"))
    elsewhere = written_elsewhere(pl.scan_parquet(frozen_file(desk, KNOWN_FILE, "known")), recalled)
    return Barred(recalled=recalled, elsewhere=elsewhere, withdrawn=_withdrawn(desk))


def _rows(desk: Desk, source: Path, selected: pl.DataFrame, at: Places, scratch: Path) -> Iterator[pl.DataFrame]:
    """The rows of mix.parquet, some after the others: fresh rows as the executor gathers them, with the anchors among them."""
    fresh = (rows.select(ROW_SCHEMA.names()) for rows in desk.executor().gathered(source, at, scratch))
    return (completed(lines, rows).cast(MIXED_SCHEMA) for lines, rows in woven(selected, fresh, _anchors(desk)))


def _columns(desk: Desk, source: Path, scratch: Path, places: Places, names: Sequence[str]) -> Iterator[pl.DataFrame]:
    return desk.executor().gathered(source, places, scratch, names)


def _written(rows: pl.DataFrame, path: Path) -> Path:
    rows.write_parquet(path, compression="lz4")
    return path


STAGE = Stage(
    name="mix",
    reads=(
        *("admitted.parquet", "descent.parquet", "laundering.json"),
        *(EARLIER_FILE, KNOWN_FILE, RELABELS_FILE, BENCHMARKS_FILE, WITHDRAWN_FILE, *SHARDS.values()),
    ),
    writes=("mix.parquet", "dropped.parquet", "flagged.parquet", "mix.json"),
    needs=(
        *("kind", "model", "start", "teachers", "shards", "earlier", "known", "relabels", "recalled", "withdrawn", "benchmarks", "seed"),
        *("policy.mixing", "policy.selection", "policy.training"),
    ),
    code=("governance.adapters.trainers", "governance.adapters.executors"),
    work=work,
)
