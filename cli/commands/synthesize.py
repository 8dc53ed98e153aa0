"""`heirloom synthesize`: the frozen teacher writes rows for the batch that waits."""

from dataclasses import asdict
from pathlib import Path

from cli.options import Common
from cli.outcome import Outcome, plain


def command(batch: Path | None = None, *, common: Common | None = None) -> Outcome:
    """Let the pinned teacher write model and hybrid rows beside the human rows of a waiting batch.

    The first time, the teacher is made (or brought in) and its weights are pinned. Its decoding is set in heirloom.toml: temperature 1
    unless somebody says otherwise, and then it is recorded.

    Parameters
    ----------
    batch
        A folder in the inbox; without it, the next one that waits.
    """
    from cli.shop import shop_of
    from flows.synthesize import synthesize
    from governance.adapters.lock import hold

    shop = shop_of(common)
    with hold(shop.workspace.lock, "synthesize", shop.clock):
        done = synthesize(shop, batch.absolute() if batch else None)
    if done is None:
        return Outcome(command="synthesize", lines=["Nothing to do: no batch waits in the inbox."], document={"changed": False})
    verb = "wrote" if done.changed else "had written"
    who = f"{plain(done.teacher)} ({done.digest[:12]})"
    lines = [f"{who} {verb} {done.model_rows} model rows and {done.hybrid_rows} hybrid rows for {plain(done.batch)}."]
    lines += [f" Warning: {plain(w)}" for w in done.warnings]
    lines.append("Next: heirloom retrain")
    return Outcome(command="synthesize", lines=lines, document=asdict(done))
