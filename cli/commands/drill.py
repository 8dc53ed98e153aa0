"""`heirloom drill`: planted faults, to see whether the shipped gate catches them, and how often it does."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cli.options import Common
from cli.outcome import Outcome

command = App(name="drill", group="Prove and mend", help="Plant faults and see how often the gate catches them.")


@command.command
def flood(
    folder: Path, *, rows: int = 1200, self_percent: int = 30, mislabelled_percent: int = 60, common: Common | None = None
) -> Outcome:
    """Write a batch that the champion wrote itself with sharpened decoding, part of it mislabelled as human.

    The batch goes into FOLDER; `heirloom retrain FOLDER` then shows what the gate makes of it. Row ids say `flood-`.

    Parameters
    ----------
    folder
        Where to write the batch; it must not exist.
    rows
        How many rows.
    self_percent
        Share of rows that are declared as the champion's own.
    mislabelled_percent
        Share of rows that the champion wrote and that are labelled human.
    """
    from cli.shop import shop_of
    from flows.plant import plant_flood
    from governance.errors import UsageError

    if folder.exists():
        raise UsageError("exists", where=str(folder), fix="name a folder that is not there yet")
    counts = plant_flood(shop_of(common), folder, rows=rows, self_percent=self_percent, mislabelled_percent=mislabelled_percent)
    words = ", ".join(f"{count} {name}" for name, count in counts.items())
    return Outcome(command="drill-flood", lines=[f"Planted {folder}: {words}.", f"Next: heirloom retrain {folder}"], document=counts)


@command.command
def run(
    *,
    trainer: str = "ngram",
    model: str = "small",
    seeds: int = 2,
    rows: int = 0,
    anchors: int = 0,
    pairs: int = 400,
    faults: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    page: Path | None = None,
    common: Common | None = None,
) -> Outcome:
    """Breed sound and collapsed models on your own text, and say how often the shipped gate tells them apart.

    Every candidate goes through the stages probe, measure and judge under your policy. A whole drill is kept with the version of the gate
    and named by the ledger; one of some `faults` is only shown. A seed that was finished is not bred again: an interrupted drill goes on
    where it stopped. Exits with 3 where a promise is broken.

    Parameters
    ----------
    trainer
        Who trains: the n-gram model is done in minutes, a transformer takes longer.
    model
        `small`, `retrained` (small too, all generations retrained from one champion), `own` (the policy's recipe, trained afresh) or
        `champion` (the policy's recipe, each generation from the one before).
    seeds
        How often to breed everything.
    rows
        Human rows of a training set; 0 takes half of the base batch, at most 1,200.
    anchors
        Anchor rows of a training set; 0 takes all of them.
    pairs
        Candidates to place exactly at each margin; 0 places none, and such a drill is not recorded.
    faults
        The courses to breed; without it, all of them.
    page
        Where to write the picture with its tables: an .html page, or an .svg of the picture alone.
    """
    from cli.drilled import drill_lines
    from cli.outcome import DONE, REFUSED
    from cli.shop import shop_of
    from flows.drill import Asked, run_drill
    from governance.adapters.report.drilled import drill_page, drill_picture
    from governance.digest import write_bytes
    from governance.errors import UsageError

    if page is not None and page.suffix not in {".html", ".svg"}:
        raise UsageError(f"{page.suffix or 'no ending'!r} is no kind of page", where=str(page), expected=".html or .svg")
    shop = shop_of(common)
    report = run_drill(shop, Asked(trainer=trainer, model=model, seeds=seeds, rows=rows, anchors=anchors, pairs=pairs, faults=faults))
    if page is not None:
        made = drill_page(report.document, shop.policy.line.model) if page.suffix == ".html" else f"{drill_picture(report.document)}\n"
        write_bytes(page.absolute(), made.encode())
    lines = drill_lines(report.document, report.path, page)
    return Outcome(command="drill", lines=lines, document=report.document, code=REFUSED if report.drilled.broken else DONE)


@command.command
def calibrate(
    *,
    trainer: str = "",
    model: str = "own",
    seeds: int = 3,
    rows: int = 0,
    anchors: int = 0,
    pairs: int = 400,
    faults: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    common: Common | None = None,
) -> Outcome:
    """Propose margins that fit your model, chosen on some seeds and proved on as many others, as lines for policy.toml.

    Nothing is changed and nothing recorded: a person puts the lines in, and `heirloom drill run` then drills the gate that they make.

    Parameters
    ----------
    trainer
        Who trains; without it, the policy's trainer.
    model
        `small`, `retrained`, `own` or `champion`, as for `heirloom drill run`.
    seeds
        How many seeds to choose on, and how many others to prove on.
    rows
        Human rows of a training set; 0 takes half of the base batch, at most 1,200.
    anchors
        Anchor rows of a training set; 0 takes all of them.
    pairs
        Candidates to place exactly at each proposed margin.
    faults
        The courses to prove on; without it, all of them. A known-good one has to be among them.
    """
    from cli.drilled import calibration_lines
    from cli.outcome import DONE, REFUSED
    from cli.shop import shop_of
    from flows.drill import Asked, run_calibration

    shop = shop_of(common)
    name = trainer or shop.policy.training.trainer
    asked = Asked(trainer=name, model=model, seeds=seeds, rows=rows, anchors=anchors, pairs=pairs, faults=faults)
    found, document = run_calibration(shop, asked)
    code = REFUSED if found.proved.broken else DONE
    return Outcome(command="drill-calibrate", lines=calibration_lines(found.fragment(), document), document=document, code=code)


@command.command
def crash(
    *,
    place: Annotated[Path | None, Parameter(name="--in")] = None,
    kills: int = 0,
    seed: int = 7,
    acts: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    json: bool = False,
) -> Outcome:
    """Kill promotions, rollbacks and registrations of a throwaway line at every step, and say whether anything was lost.

    After each kill `heirloom recover` runs, then the same command again, and the invariants of docs/drill.md are held against ledger,
    registry, serving pointer and models. No workspace of yours is touched. Exits with 4 where an invariant is broken.

    Parameters
    ----------
    place
        An empty folder to work in; what was broken stays there. Without it, a temporary folder that is removed.
    kills
        Kills at random moments, beside those at every step.
    seed
        What the random moments are drawn from.
    acts
        promote, rollback, rollback-over-promotion, retrain; without it, all of them.
    json
        Answer with one JSON document on stdout.
    """
    del json
    from cli.crashed import crash_lines
    from cli.outcome import DONE, INTEGRITY
    from flows.crash import Asked, drill_crash

    found = drill_crash(Asked(kills=kills, seed=seed, acts=acts, place=place))
    code = INTEGRITY if found.broken else DONE
    return Outcome(command="crash-drill", lines=crash_lines(found), document=found.document(), code=code)
