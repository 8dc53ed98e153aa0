"""`heirloom synthesize`: the frozen teacher writes rows for the batch that waits."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cli.options import Common
from cli.outcome import Outcome, plain


def command(batch: Path | None = None, *, make_key: bool = False, common: Common | None = None) -> Outcome:
    """Let the pinned teacher write model and hybrid rows beside the human rows of a waiting batch.

    The first time, the teacher is made (or brought in) and its weights are pinned; every time they are proved. How it decodes is the
    policy's to say: temperature 1 unless [synthesis.decoding] says otherwise, and then it is warned about and recorded.

    Parameters
    ----------
    batch
        A folder in the inbox; without it, the next one that waits.
    make_key
        Make the key of the watermark first, where heirloom.toml names a file that is not there.
    """
    from cli.shop import shop_of
    from flows.marking import key_made
    from flows.synthesize import synthesize
    from governance.adapters.lock import hold

    shop = shop_of(common)
    if make_key:
        key_made(shop)
    with hold(shop.workspace.lock, "synthesize", shop.clock):
        done = synthesize(shop, batch.absolute() if batch else None)
    if done is None:
        return Outcome(command="synthesize", lines=["Nothing to do: no batch waits in the inbox."], document={"changed": False})
    found = done.document
    verb = "wrote" if done.changed else "had written"
    who = f"{plain(found['generator'])} ({plain(found['digest'][:12])})"
    lines = [f"{who} {verb} {found['rows']['model']} model rows and {found['rows']['hybrid']} hybrid rows for {plain(done.batch)}."]
    lines += _how(found)
    lines += [f" Warning: {plain(w)}" for w in done.warnings]
    lines.append("Next: heirloom retrain")
    return Outcome(command="synthesize", lines=lines, document={**asdict(done), "warnings": done.warnings})


def _how(found: Mapping[str, Any]) -> list[str]:
    """How the rows were made, whether they are marked; and the human rows that policy set aside, where there are any."""
    decoding = found["decoding"]
    lines = [f" Decoding: temperature {decoding['temperature']:g}, top-p {decoding['top_p']:g}, seed {decoding['seed']}."]
    marked = found["watermark"]
    lines.append(f" Watermarked with key {plain(marked['fingerprint'][:12])}." if marked else " Not watermarked: there is no key.")
    if aside := found["prompts"]["human_rows_set_aside"]:
        lines.append(f" {aside} human rows are of slices or tasks that policy keeps human: nothing was asked about them.")
    return lines
