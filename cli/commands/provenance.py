"""`heirloom provenance show`: where a row is from, what people said of it, what cycles did with it, and who learnt from it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cyclopts import App

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from flows.row_story import Declared, Story
    from governance.provenance.labels.history import Word
    from governance.release.state import State

command = App(name="provenance", group="Prove and mend", help="Where rows are from, and what became of them.")


@command.command
def show(row_id: str, *, common: Common | None = None) -> Outcome:
    """Show everything that is known of a row; its text is never shown.

    Parameters
    ----------
    row_id
        The id of the row.
    """
    from cli.shop import shop_of
    from flows.row_story import story_of

    shop = shop_of(common)
    story = story_of(shop, row_id)
    return Outcome(command="provenance-show", lines=story_lines(story, shop.ledger.state()), document=_document(story))


def story_lines(story: "Story", state: "State") -> list[str]:
    """The row in the order in which somebody asks: declared, labels, cycles, releases, withdrawal."""
    from cli.learnt import learnt_lines, shard_lines

    lines = [f"Row {plain(story.row_id)}"]
    lines += [_declared_line(one) for one in story.declared] or [" declared     nothing here: neither at hand nor remembered nor kept"]
    lines += [_word_line(word) for word in story.words] or [" labels       no person said anything of it"]
    lines += [f" cycle {one.cycle:<6} {one.what}" + (f": {plain(one.why)}" if one.why else "") for one in story.happened]
    lines += [*learnt_lines(story.learnt, state), *shard_lines(story.learnt)]
    if story.withdrawn is not None:
        gone = story.withdrawn
        lines.append(f" Withdrawn by {plain(gone.by)} (ledger {gone.seq}): {plain(gone.reason)}. No later mix takes it.")
    return lines


def _declared_line(one: "Declared") -> str:
    by = f" by {plain(one.generator)}/{plain(one.generator_version or 'unknown')}" if one.generator else ""
    more = "".join(f", {name} {plain(value)}" for name, value in one.more.items())
    return f" declared     {one.origin or 'nobody says'}{by}{more}, text {one.sha256[:12]} ({one.where})"


def _word_line(word: "Word") -> str:
    from cli.shop import when

    counts = f"; does not count: {plain(word.doubt)}" if word.doubt else ""
    by = f" by {plain(word.generator)}/{plain(word.generator_version or 'unknown')}" if word.generator else ""
    note = f": {plain(word.note)}" if word.note else ""
    said = f"{plain(word.then)} -> {word.now}{by}, said by {plain(word.by)} {when(word.at)[:10]}"
    return f" label        {said} (ledger {word.seq}{counts}){note}"


def _document(story: "Story") -> dict[str, Any]:
    return {
        "row_id": story.row_id,
        "declared": [asdict(one) for one in story.declared],
        "labels": [asdict(one) for one in story.words],
        "happened": [asdict(one) for one in story.happened],
        "learnt": asdict(story.learnt),
        "withdrawn": story.withdrawn.document() if story.withdrawn else None,
    }
