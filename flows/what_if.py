"""A what-if play on a workspace's pinned human text. Nothing is recorded, and no file of the workspace changes."""

from collections.abc import Sequence

import polars as pl

from flows.begin import prove_shards
from governance.adapters.bars import bars
from governance.adapters.report.charts import Chart, chart_page
from governance.adapters.report.lines import Line
from governance.drills.what_if import Course, Grid, Spread, WhatIf, play
from governance.errors import UsageError
from governance.ports.desk import SHARDS
from governance.wiring import Shop

TAILS = "Tail perplexity against generation 0"
DIVERSITY = "Distinct-2 of what it writes, against generation 0"
WORDS = (
    "A proxy shows mechanism and order, not your model's rate: generations of an n-gram model learn from your pinned human and anchor "
    "texts and from what the generation before them wrote, at temperature 1, and are scored on your locked tail documents.",
    "Bounds are the lowest and highest of the seeds. A seed parts the texts anew, so they hold the luck of the draw and not the error "
    "of the proxy.",
    "Every set but accumulate's has one size. A frozen teacher does less harm than a model's own last generation, sharpened decoding "
    "does more. Distinct-2 is nearly blind to text that was written at temperature 1: it cannot clear a cap.",
)


def play_what_if(shop: Shop, caps: Sequence[int], *, cycles: int, seeds: int, tokens: int) -> WhatIf:
    """Play caps and regimes, the policy's cap and the human-only control always among them.

    Raises: UsageError where no shard is pinned yet, or where the numbers make no grid; IntegrityError where a shard was altered.
    """
    state = shop.ledger.state()
    if not state.shards:
        raise UsageError("no human text is pinned yet", where="shards", fix="heirloom plan lays the shards out and pins them")
    prove_shards(shop, state)
    texts = {name: pl.read_parquet(shop.workspace.root / SHARDS[name])["text"].to_list() for name in ("human", "anchors", "tail")}
    mixing = shop.policy.mixing
    try:
        grid = Grid(
            caps=tuple(sorted({0, mixing.synthetic_cap_percent, *caps})),
            cycles=cycles,
            seeds=seeds,
            tokens=tokens,
            anchor_percent=mixing.anchor_percent,
            vocabulary=shop.policy.training.recipe.vocabulary,
        )
    except ValueError as error:
        raise UsageError(str(error), where="what-if") from error
    return play([*texts["human"], *texts["anchors"]], texts["tail"], grid, shop.policy.line.seed, bars("what if"))


def charts(found: WhatIf, cap_percent: int) -> tuple[Chart, Chart]:
    """Tails and diversity; the policy's own cap is drawn strong."""
    policy = f"cap {cap_percent} %"

    def line(course: Course, spreads: Sequence[Spread]) -> Line:
        name = course.arm.name
        return Line(
            name=f"{name} (policy)" if name == policy else name,
            values=[spread.mean for spread in spreads],
            low=[spread.low for spread in spreads],
            high=[spread.high for spread in spreads],
            strong=name == policy,
        )

    tails = [line(course, course.tail_perplexity) for course in found.courses]
    diversity = [line(course, course.distinct_2) for course in found.courses]
    return (
        Chart(
            title=TAILS, note="Higher is worse. The scale is logarithmic; bands are the extremes of the seeds.", across="cycle", lines=tails
        ),
        Chart(title=DIVERSITY, note="Lower is poorer. Bands are the extremes of the seeds.", across="cycle", lines=diversity),
    )


def page(found: WhatIf, cap_percent: int, title: str, headline: str) -> str:
    """The play as one HTML file."""
    size = (
        f"{found.set_tokens:,} tokens a set of {found.corpus_tokens:,} pinned ones, {found.tail_documents:,} tail documents, "
        f"{found.grid.seeds} seeds, {found.grid.anchor_percent} % anchors beside every cap."
    )
    return chart_page(title=title, headline=headline, charts=charts(found, cap_percent), words=(size, *WORDS))
