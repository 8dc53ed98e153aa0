"""`heirloom trend`: where the tails went over all generations, what margin is left, and where a proxy says that caps would lead."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from cli.options import Common
from cli.outcome import DONE, REFUSED, Outcome, plain

if TYPE_CHECKING:
    from flows.generations import Generation
    from governance.drills.what_if import Spread, WhatIf

command = App(name="trend", group="Every cycle", help="Where the tails have gone over the cycles, and where caps would lead.")


@command.default
def trend(*, common: Common | None = None) -> Outcome:
    """Show every generation that served, with baseline, best-ever release and the margin left, then a line a cycle.

    Exit code 3 where the champion has no margin left against the baseline: the next loss, however small, cannot pass.
    """
    from cli.shop import shop_of
    from cli.tails import trend_lines
    from flows.advise import history_of
    from flows.generations import cycles_left, generations

    shop = shop_of(common)
    state = shop.ledger.state()
    history, line = history_of(shop, state), generations(shop, state)
    if not history and not line:
        return Outcome(
            command="trend", lines=["No cycle was judged yet.", "Next: heirloom retrain"], document={"cycles": [], "generations": []}
        )
    left = cycles_left(line, RANKED_FIRST)
    lines = [*generation_lines(line, left), *(trend_lines(history) if history else []), "Next: heirloom advise"]
    document = {
        "generations": [_generation_document(one) for one in line],
        "cycles_left": left,
        "cycles": [asdict(cycle) for cycle in history],
    }
    return Outcome(command="trend", lines=lines, document=document, code=REFUSED if overdrawn(line) else DONE)


RANKED_FIRST = "tail_perplexity"


def overdrawn(line: "Sequence[Generation]") -> bool:
    """True where the champion's interval reaches the margin against the baseline in a perplexity."""
    return any(standing.left <= 0 for one in line if one.champion for standing in one.standings.values())


def generation_lines(line: "Sequence[Generation]", left: float | None) -> list[str]:
    """A line a generation, the newest last, with what of the margin is left; then the pace."""
    if not line:
        return []
    head = f" {'release':>7} {'cycle':>5}  {'bits/byte':>9}   {'tail vs baseline':<24} {'left':>7}   {'human vs baseline':<24} {'left':>7}"
    lines = [head, *(_generation_line(one) for one in line)]
    if left is not None:
        lines.append(f" At the pace since the baseline the tail margin is used up in {left:.1f} retrainings.")
    if overdrawn(line):
        lines.append(" [bold]No margin is left[/bold]: no candidate that loses anything more can pass.")
    return lines


def _generation_line(one: "Generation") -> str:
    bits = f"{one.tail_bits:.4f}" if one.tail_bits is not None else "-"
    cells = "   ".join(_standing_words(one, metric) for metric in (RANKED_FIRST, "human_perplexity"))
    names = ("champion", "baseline", "original_baseline", "best_ever", "quarantined")
    marks = [name for name in names if getattr(one, name) and not (name == "original_baseline" and one.baseline)]
    return f" {one.version:>7} {one.cycle:>5}  {bits:>9}   {cells}  {', '.join(marks).replace('_', '-')}".rstrip()


def _standing_words(one: "Generation", metric: str) -> str:
    standing = one.standings.get(metric)
    if standing is None:
        return f"{'not measured against it':<24} {'-':>7}"
    moved = plain(f"{100 * standing.change:+.1f} % [{100 * standing.low:+.1f}, {100 * standing.high:+.1f}]")
    return f"{'itself' if one.baseline else moved:<24} {standing.left:>5.1f} %"


def _generation_document(one: "Generation") -> dict[str, Any]:
    standings = {metric: {**asdict(found), "left_percent": found.left} for metric, found in one.standings.items()}
    return {**asdict(one), "standings": standings}


@command.command(name="what-if")
def what_if(
    *,
    caps: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (20, 35, 50),
    cycles: int = 5,
    seeds: int = 5,
    tokens: int = 60_000,
    page: Path | None = None,
    common: Common | None = None,
) -> Outcome:
    """Play caps and regimes over some cycles on your own pinned human text, with an n-gram model as a proxy. Nothing is recorded.

    Replace, accumulate, and each cap beside anchors: tail perplexity and distinct-2 against generation 0. A proxy shows mechanism and
    order, not your model's rate.

    Parameters
    ----------
    caps
        Synthetic caps in percent; the policy's own and 0, the control, are always among them.
    cycles
        How many cycles to play.
    seeds
        How often to play everything, each time with the texts parted anew.
    tokens
        The most tokens of a training set; half of the pinned human text is the most that is possible.
    page
        Where to write the pictures: an .html page, or an .svg of the tails alone.
    """
    from cli.shop import shop_of
    from flows.what_if import charts, play_what_if
    from flows.what_if import page as page_of
    from governance.digest import write_bytes
    from governance.errors import UsageError

    if page is not None and page.suffix not in {".html", ".svg"}:
        raise UsageError(f"{page.suffix or 'no ending'!r} is no kind of page", where=str(page), expected=".html or .svg")
    shop = shop_of(common)
    cap = shop.policy.mixing.synthetic_cap_percent
    found = play_what_if(shop, caps, cycles=cycles, seeds=seeds, tokens=tokens)
    if page is not None:
        title = f"{shop.policy.line.model}, what if"
        text = str(charts(found, cap)[0].picture) + "\n" if page.suffix == ".svg" else page_of(found, cap, title, headline(found, cap))
        write_bytes(page.absolute(), text.encode())
    lines = what_if_lines(found, cap)
    lines.append(
        f"Nothing was recorded. Pictures: {plain(page)}"
        if page
        else "Nothing was recorded.   Next: heirloom trend what-if --page what-if.html"
    )
    return Outcome(command="trend-what-if", lines=lines, document=asdict(found))


def headline(found: "WhatIf", cap: int) -> str:
    """The policy's cap against the human-only control and against replacing, in one sentence."""
    own, control, replace = (found.course(name).tail_perplexity[-1] for name in (f"cap {cap} %", "human only", "replace"))
    cycles = found.grid.cycles
    return (
        f"After {cycles} cycles of the proxy: tail perplexity {change(own)} under the policy's cap of {cap} %, "
        f"{change(control)} with human text only, {change(replace)} where model text replaces it."
    )


def what_if_lines(found: "WhatIf", cap: int) -> list[str]:
    """The result first, then a line an arm, then what it is worth."""
    cycles, grid = range(1, found.grid.cycles + 1), found.grid
    seeds, diversity = "seeds of the last", "distinct-2"
    head = f" {'tail perplexity after':<22} {' '.join(f'{cycle:>8}' for cycle in cycles)}   {seeds:<20} {diversity}"
    lines = [plain(headline(found, cap)), head]
    for course in found.courses:
        name = f"{course.arm.name}{' (policy)' if course.arm.cap_percent == cap else ''}"
        ratios = " ".join(f"{100 * spread.mean - 100:>+7.1f}%" for spread in course.tail_perplexity)
        lines.append(plain(f" {name:<22} {ratios}   {bounds(course.tail_perplexity[-1]):<20} {change(course.distinct_2[-1])}"))
    return [
        *lines,
        f" {found.set_tokens:,} tokens a set, {grid.seeds} seeds, {found.tail_documents:,} tail documents,"
        f" {grid.anchor_percent} % anchors beside a cap.",
        " A proxy: it shows mechanism and order, not your model's rate. Distinct-2 hardly sees text written at temperature 1.",
    ]


def change(spread: "Spread") -> str:
    """`+14.4 % [+13.0, +15.9]`."""
    return f"{100 * spread.mean - 100:+.1f} % {bounds(spread)}"


def bounds(spread: "Spread") -> str:
    """The extremes of the seeds."""
    return f"[{100 * spread.low - 100:+.1f}, {100 * spread.high - 100:+.1f}]"
