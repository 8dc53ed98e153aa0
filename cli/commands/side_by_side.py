"""`heirloom side-by-side`: which of two models says more, judged by people who do not know which is which."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cyclopts import App

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from flows.sides import Given, Round
    from flows.sides import Outcome as Tally
    from governance.collapse.sides.votes import WinRate

command = App(name="side-by-side", group="Decide", help="Let people compare the candidate with another model, blind.")
_KEYS = {"l": "left", "r": "right", "s": "same", "": ""}


@command.command
def export(file: Path, *, against: str = "champion", pairs: int = 60, per_side: int = 3, common: Common | None = None) -> Outcome:
    """Write pairs into a CSV file, sides drawn by lot, with an empty cell for each question.

    Parameters
    ----------
    file
        A file that is not there yet.
    against
        champion or baseline.
    pairs
        How many prompts, each slice in proportion.
    per_side
        Texts of each model a pair; one alone cannot show variety.
    """
    from cli.shop import shop_of
    from flows.sides import export as exported

    found = exported(shop_of(common), file, against=against, pairs=pairs, per_side=per_side)
    lines = [
        f"{found.pairs.height} pairs in {plain(file)}, the candidate against the {found.against}; the sheet does not say which is which.",
        " Write left, right or same under variety, nuance and novelty. Leave open what you cannot say.",
        f"Next: heirloom side-by-side import {plain(file)}",
    ]
    return Outcome(command="side-by-side-export", lines=lines, document={**round_document(found), "file": str(file)})


@command.command(name="import")
def import_(file: Path, *, against: str | None = None, common: Common | None = None) -> Outcome:
    """Record the votes of a filled sheet as yours; every cell is checked before the first counts.

    Parameters
    ----------
    file
        The sheet, as your spreadsheet saved it (CSV, UTF-8).
    against
        champion or baseline, where both rounds were drawn.
    """
    from cli.shop import shop_of
    from flows.sides import import_sheet

    return _given("import", import_sheet(shop_of(common), file, against=against))


@command.command
def vote(*, against: str = "champion", pairs: int = 60, common: Common | None = None) -> Outcome:
    """Vote here: pair after pair, `l`, `r`, `s` for the same, Enter to leave open, `q` to stop. Each pair is kept at once.

    Parameters
    ----------
    against
        champion or baseline.
    pairs
        How many prompts, where the round is not drawn yet.
    """
    from cli.shop import shop_of
    from flows.sides import ask_person, begin

    shop = shop_of(common)
    found = begin(shop, against=against, pairs=pairs)
    return _given("vote", ask_person(shop, found, asking(sys.stdin, sys.stderr)))


@command.command
def judge(*, against: str | None = None, common: Common | None = None) -> Outcome:
    """Let the language model of `[judge]` vote, each pair in both orders. It advises: no gate reads it.

    Parameters
    ----------
    against
        champion or baseline, where both rounds were drawn.
    """
    from cli.shop import shop_of
    from flows.sides import ask_judge

    return _given("judge", ask_judge(shop_of(common), against=against))


@command.command
def report(*, against: str | None = None, common: Common | None = None) -> Outcome:
    """Open the key and show win rates with their intervals, how far raters agree, and whether position or length decided.

    Parameters
    ----------
    against
        champion or baseline, where both rounds were drawn.
    """
    from cli.shop import shop_of
    from flows.sides import outcome
    from flows.signed_votes import signed_votes

    shop = shop_of(common)
    found = outcome(shop, against=against)
    signed = signed_votes(shop, found.round)
    document = {**tally_document(found), "votes_signed": signed}
    return Outcome(command="side-by-side-report", lines=tally_lines(found, signed=signed), document=document)


def asking(answers: TextIO, screen: TextIO) -> Callable[[Mapping[str, Any], str], str | None]:
    """A function that shows a pair once and asks each of its questions until it gets an answer that it knows; the end of input is `q`."""
    from governance.adapters.report.visible import visible
    from governance.collapse.sides.votes import QUESTIONS

    last: list[str] = []

    def ask(pair: Mapping[str, Any], question: str) -> str | None:
        if last != [pair["pair_id"]]:
            last[:] = [pair["pair_id"]]
            screen.write(f"\n=== {pair['pair_id']}  {visible(pair['slice'], 60)}\n{visible(pair['prompt'], 400)}\n")
            screen.writelines(
                f"\n--- {side}\n" + "\n  ·\n".join(visible(text, 1500).strip() for text in pair[side]) + "\n" for side in ("left", "right")
            )
        while True:
            screen.write(f"\n{question}: {QUESTIONS[question]} [l/r/s/Enter/q] ")
            screen.flush()
            said = answers.readline()
            if not said or (key := said.strip().lower()[:1]) == "q":
                return None
            if key in _KEYS:
                return _KEYS[key]

    return ask


def tally_lines(found: "Tally", *, signed: int = 0) -> list[str]:
    """People first, then the judges, then what else should be known before believing either; so many votes are `signed`."""
    lines = [f"The candidate against the {found.round.against}, {found.round.pairs.height} pairs; 50 % is no preference"]
    if not found.people:
        lines.append(" No person has voted yet.")
    for name, rates in (("people", found.people), *((f"judge {plain(name)}", rates) for name, rates in found.judges.items())):
        lines += [rate_line(name, rate) for rate in rates if rate.part == "all"]
    for name, controls in found.controlled.items():
        said = ", ".join(f"{question} {100 * one.rate:.0f} %" for question, one in controls.items() if one.rate is not None)
        lines += [f" judge {plain(name)} at equal lengths: {said}"] if said else []
    lines += position_lines(found)
    if signed:
        people = sum(rate.votes for rate in found.people if rate.part == "all")
        lines.append(f" {signed} of {people} votes are signed by their raters' keys.")
    if found.judges:
        lines.append(" A judge advises: no gate reads it, and it excuses no block.")
    return lines


def rate_line(name: str, rate: "WinRate") -> str:
    """` people  variety  62 % [51, 72]  60 pairs, 2 raters, agreement 0.41`."""
    agreement = f"agreement {rate.agreement:.2f}" if rate.agreement is not None else "agreement not known"
    raters = f"{rate.raters} {'rater' if rate.raters == 1 else 'raters'}"
    return (
        f" {name:<12} {rate.question:<8} {100 * rate.rate:>3.0f} % \\[{100 * rate.low:.0f}, {100 * rate.high:.0f}]"
        f"  {rate.pairs} pairs, {raters}, {agreement}"
    )


def position_lines(found: "Tally") -> list[str]:
    """A line where the left side won so often, or so seldom, that place and not text was voted on."""
    from governance.provenance.corpus.shares import wilson

    lines = []
    for name, rates in (("people", found.people), *found.judges.items()):
        for rate in rates:
            if rate.part == "all" and rate.left_share is not None:
                low, high = wilson(rate.left_share, rate.pairs)
                if low > 0.5 or high < 0.5:
                    lines.append(f" Look at: {plain(name)}, {rate.question}: the left side won {100 * rate.left_share:.0f} % of the time.")
    return lines


def tally_document(found: "Tally") -> "dict[str, Any]":
    return {
        **round_document(found.round),
        "people": [rate.document() for rate in found.people],
        "judges": {name: [rate.document() for rate in rates] for name, rates in found.judges.items()},
        "at_equal_lengths": {name: {q: asdict(one) for q, one in controls.items()} for name, controls in found.controlled.items()},
    }


def round_document(found: "Round") -> "dict[str, Any]":
    body = found.drawn.body
    return {name: body[name] for name in ("cycle", "against", "pairs", "pairs_sha256", "key_sha256")}


def _given(name: str, given: "Given") -> Outcome:
    lines = [
        f"{given.new} votes recorded, {given.votes - given.new} were there already, {given.open} questions left open.",
        "Next: heirloom side-by-side report",
    ]
    return Outcome(command=f"side-by-side-{name}", lines=lines, document={"changed": given.new > 0, **asdict(given)})
