"""`heirloom drill`: planted faults, to see whether the shipped gate catches them."""

from pathlib import Path

from cyclopts import App

from cli.options import Common
from cli.outcome import Outcome

command = App(name="drill", group="Prove and mend", help="Plant a fault and see whether the gate catches it.")


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
