"""Whether the batches that were really trained on are the recorded ones, and whether they kept what the policy promises.

Nothing is taken from the log's own sums: what a batch held is recomputed from the rows (`governance.training.shown`), who wrote it from
their origin.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from governance.errors import shown as some
from governance.mixing.quotas import NO_PART
from governance.mixing.retention import rare_slices
from governance.mixing.rules import MixRules
from governance.provenance.row import Origin
from governance.training.batch_log import TOKEN_COLUMNS, Finding, Recorded, broken_caps, loose_links
from governance.training.batches import Caps
from governance.training.blocks import ANCHOR, HUMAN, ROLES, SYNTHETIC
from governance.training.shown import shown_rows

READ_COLUMNS = ("row_id", "origin", "slice", "task", "role", "shard", "tokens", "counted")
"""What a verification reads of mix.parquet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """`altered`: log or rows are not those that were trained; `broken`: they are, and a promise was not kept. Both empty: it holds.

    `tokens` has a line per run, epoch, shard and batch: `kind`, `name` and the token columns, end tokens counted. `parts` has one per
    epoch and slice or task: `kind`, `name`, `epoch`, `human`, `counted` in text tokens, and `cap` where it has one of its own.
    `rare` are the slices that hold little human text.
    """

    altered: tuple[Finding, ...]
    broken: tuple[Finding, ...]
    tokens: pl.DataFrame
    parts: pl.DataFrame
    rare: tuple[str, ...]


def verify_training(
    log: pl.DataFrame,
    rows: pl.DataFrame,
    *,
    rows_sha256: str,
    recorded: Recorded,
    block_tokens: int,
    rules: MixRules,
    rare_slice_percent: int,
) -> Verification:
    """Hold a batch log and the rows that it was made from (mix.parquet, of digest `rows_sha256`) against the record and the rules."""
    batches = log.with_row_index("batch").select(pl.col("batch").cast(pl.Int64), "epoch", "step", "shard", name=_names())
    shown = shown_rows(log, rows, block_tokens).join(batches.select("batch", "epoch"), on="batch", maintain_order="left")
    written = _written(rows)
    held = shown.filter(pl.col("place").is_not_null()).join(written, on="place", maintain_order="left")
    tokens = _tokens(held, batches)
    parts = _parts(held, written, rules)
    caps = Caps(anchor_percent=rules.anchor_percent, synthetic_cap_percent=rules.synthetic_cap_percent)
    broken = [found for kind, said in _KINDS for found in broken_caps(tokens.filter(pl.col("kind") == kind), caps, said)]
    human = Counter(rows.filter(pl.col("role") == HUMAN)["slice"].fill_null("none").to_list())
    return Verification(
        altered=tuple(_altered(log, batches, shown, held, tokens, rows_sha256=rows_sha256, recorded=recorded)),
        broken=(*broken, *_beyond(parts), *_untrained(held, written, log)),
        tokens=tokens,
        parts=parts,
        rare=rare_slices(human, rows.filter(pl.col("role") == ANCHOR).unique("row_id"), rare_slice_percent),
    )


_KINDS = (("run", "run"), ("epoch", "epochs"), ("shard", "shards"), ("batch", "batches (epoch/step)"))


def _names() -> pl.Expr:
    return pl.format("{}/{}", "epoch", "step")


def _written(rows: pl.DataFrame) -> pl.DataFrame:
    """A line per row of the mix: who wrote it by its origin, whatever its role says."""
    is_human = pl.col("origin") == Origin.HUMAN.value
    by = pl.when(~is_human).then(pl.lit(SYNTHETIC)).when(pl.col("role") == ANCHOR).then(pl.lit(ANCHOR)).otherwise(pl.lit(HUMAN))
    named = rows.select("row_id", "role", "counted", "tokens", pl.col("slice", "task").fill_null(NO_PART), by=by)
    return named.rename({"tokens": "row_tokens"}).with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))


def _tokens(held: pl.DataFrame, batches: pl.DataFrame) -> pl.DataFrame:
    sums = [pl.col("tokens").filter(pl.col("by") == role).sum().alias(f"{role}_tokens") for role in ROLES]
    summed = held.group_by("batch").agg(sums)
    by_batch = batches.join(summed, on="batch", how="left", maintain_order="left").with_columns(pl.col(TOKEN_COLUMNS).fill_null(0))
    frames = [
        by_batch.group_by(name=key, maintain_order=True).agg(pl.col(TOKEN_COLUMNS).sum()).select(pl.lit(kind).alias("kind"), pl.all())
        for kind, key in (("run", pl.lit("whole run")), ("epoch", _text("epoch")), ("shard", _text("shard")))
    ]
    return pl.concat([*frames, by_batch.select(pl.lit("batch").alias("kind"), "name", *TOKEN_COLUMNS)])


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String)


def _parts(held: pl.DataFrame, written: pl.DataFrame, rules: MixRules) -> pl.DataFrame:
    """Text of slices and tasks, an epoch at a time; of a row that counts in part, as much as was shown of it."""
    shown = held.group_by("epoch", "place").agg(pl.col("text_tokens").sum()).join(written, on="place")
    whole = pl.max_horizontal(pl.col("row_tokens"), 1)
    counted = pl.when(pl.col("by") == SYNTHETIC).then((pl.col("counted") * pl.col("text_tokens") + whole - 1) // whole).otherwise(0)
    shown = shown.with_columns(counted=counted, human=pl.col("text_tokens") * (pl.col("by") == HUMAN))
    caps: tuple[tuple[str, Callable[[str], int | None]], ...] = (("slice", rules.cap_of_slice), ("task", rules.cap_of_task))
    frames = []
    for kind, cap_of in caps:
        sums = shown.group_by("epoch", name=pl.col(kind)).agg(pl.col("human", "counted").sum()).sort("epoch", "name")
        cap = pl.Series("cap", [cap_of(name) for name in sums["name"]], dtype=pl.Int64)
        frames.append(sums.select(pl.lit(kind).alias("kind"), "name", "epoch", "human", "counted", cap))
    return pl.concat(frames)


def _beyond(parts: pl.DataFrame) -> Sequence[Finding]:
    """Slices and tasks that hold more than their own cap in an epoch."""
    over = parts.filter(pl.col("counted") * 100 > pl.col("cap") * (pl.col("human") + pl.col("counted")))
    names = over.select(pl.format("{} {} in epoch {}", "kind", "name", "epoch")).to_series()
    return [Finding(phrase=f"{over.height} slices or tasks beyond their own cap", names=tuple(names))] if over.height else []


def _untrained(held: pl.DataFrame, written: pl.DataFrame, log: pl.DataFrame) -> Sequence[Finding]:
    """Slices of which human text was left out of an epoch: every epoch shows all of it, so that no rare slice is ever skipped."""
    human = written.filter((pl.col("by") == HUMAN) & (pl.col("row_tokens") > 0))
    wanted = human.join(log.select("epoch").unique(), how="cross")
    shown = held.group_by("epoch", "place").agg(pl.col("text_tokens").sum())
    found = wanted.join(shown, on=["epoch", "place"], how="left").with_columns(pl.col("text_tokens").fill_null(0))
    short = found.filter(pl.col("text_tokens") < pl.col("row_tokens")).group_by("epoch", "slice").agg(pl.len()).sort("epoch", "slice")
    names = short.select(pl.format("{} in epoch {} ({} rows)", "slice", "epoch", "len")).to_series()
    return [Finding(phrase=f"{short.height} slices whose human text was not shown in full", names=tuple(names))] if short.height else []


def _altered(
    log: pl.DataFrame,
    batches: pl.DataFrame,
    shown: pl.DataFrame,
    held: pl.DataFrame,
    tokens: pl.DataFrame,
    *,
    rows_sha256: str,
    recorded: Recorded,
) -> Sequence[Finding]:
    """Everything that shows that log or rows were changed after the training, the plainest first."""
    names = batches["name"].to_list()
    found = []
    if rows_sha256 != recorded.rows_sha256:
        found.append(Finding(phrase=f"mix.parquet is {rows_sha256[:12]}, trained on {recorded.rows_sha256[:12]}", names=()))
    if log.height != recorded.batches:
        found.append(Finding(phrase=f"{log.height} batches, {recorded.batches} were trained", names=tuple(_absent(log, recorded.batches))))
    head = str(log["sha256"][-1]) if log.height else "nothing"
    if head != recorded.head:
        found.append(Finding(phrase=f"the last batch is {head[:12]}, recorded as {recorded.head[:12]}", names=tuple(names[-1:])))
    checks = (
        ("whose digest does not follow from their content and the batch before", loose_links(log, recorded.rows_sha256)),
        ("out of their order", _places(batches.filter(pl.col("step") != pl.col("batch")))),
        ("with blocks that the rows do not fill", _places(shown.filter(pl.col("place").is_null()))),
        ("of another shard than their blocks", _places(shown.join(batches, on="batch").filter(pl.col("shard") != pl.col("shard_right")))),
        ("whose rows are not those of their blocks", _other_rows(log, held)),
        ("whose token counts are not those of their rows", _other_counts(log, tokens)),
        (_relabelled(held), _places(held.filter(pl.col("role") != pl.col("by")))),
    )
    for phrase, places in checks:
        if places:
            found.append(Finding(phrase=f"{len(places)} batches {phrase}", names=tuple(names[place] for place in places)))
    return found


def _absent(log: pl.DataFrame, count: int) -> Sequence[str]:
    steps = set(log["step"].to_list())
    return [f"step {step}" for step in range(count) if step not in steps]


def _places(lines: pl.DataFrame) -> Sequence[int]:
    found: list[int] = lines["batch"].unique().sort().to_list()
    return found


def _other_rows(log: pl.DataFrame, held: pl.DataFrame) -> Sequence[int]:
    found = held.group_by("batch").agg(pl.col("row_id").unique().sort())
    said = log.select(pl.int_range(pl.len(), dtype=pl.Int64).alias("batch"), pl.col("row_ids").list.sort().alias("said"))
    both = said.join(found, on="batch", how="left", maintain_order="left")
    return _places(both.filter(pl.col("row_id").is_null() | (pl.col("said") != pl.col("row_id"))))


def _other_counts(log: pl.DataFrame, tokens: pl.DataFrame) -> Sequence[int]:
    found = tokens.filter(pl.col("kind") == "batch").select(TOKEN_COLUMNS)
    differs = [log[name].cast(pl.Int64) != found[name].cast(pl.Int64) for name in TOKEN_COLUMNS]
    return [place for place, wrong in enumerate(zip(*differs, strict=True)) if any(wrong)]


def _relabelled(held: pl.DataFrame) -> str:
    rows = held.filter(pl.col("role") != pl.col("by"))["row_id"].unique().sort().to_list()
    return f"with rows whose role is not that of their origin ({some(rows)})"
