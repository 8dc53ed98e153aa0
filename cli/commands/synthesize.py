"""`heirloom synthesize`: the frozen teacher writes rows for the batch that waits."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from flows.begin import NothingToDo
    from flows.writing import Synthesis


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
    from flows.local import prefect_at_hand
    from governance.adapters.lock import hold

    shop = shop_of(common)
    if make_key:
        from flows.marking import key_made

        key_made(shop)
    chosen = str(batch.absolute()) if batch else None
    with (
        hold(shop.workspace.lock, f"synthesize {shop.policy.line.model}", shop.clock),
        prefect_at_hand(shop, "flows.synthesize", *shop.trainer.imports),
    ):
        from flows.synthesize import synthesize  # prefect reads its environment when it is imported

        state = synthesize(str(shop.workspace.root), shop.policy.line.model, chosen, shop.actor, return_state=True)
        result: Any = state.result()
    return written_outcome(result)


def written_outcome(done: "Synthesis | NothingToDo") -> Outcome:
    """What was written and how, or why nothing was."""
    from flows.begin import NothingToDo

    if isinstance(done, NothingToDo):
        document = {"changed": False, "reason": done.reason}
        return Outcome(command="synthesize", lines=[f"Nothing to do: {plain(done.reason)}."], document=document)
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
    if found["rejected"]:
        reasons = ", ".join(f"{count} {reason}" for reason, count in found["rejection"]["reasons"].items())
        lines.append(f" {found['rejected']} drafts were rejected against people's text ({plain(reasons)}).")
    marked = found["watermark"]
    lines.append(f" Watermarked with key {plain(marked['fingerprint'][:12])}." if marked else " Not watermarked: there is no key.")
    if aside := found["prompts"]["human_rows_set_aside"]:
        lines.append(f" {aside} human rows are of slices or tasks that policy keeps human: nothing was asked about them.")
    return lines
