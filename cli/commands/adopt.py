"""`heirloom adopt`: the line starts from a model that a team has already."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from governance.actions.outcomes import AdoptionOutcome
    from governance.training.adoption import StatedPast


def command(
    checkpoint: Path, *, reason: str, synthetic_share: str = "0:1", tokens: int | None = None, common: Common | None = None
) -> Outcome:
    """Make a checkpoint the first release of this line, and what every candidate is measured against, on your word.

    The folder holds safetensors and JSON only. What the model learnt before is unknown: its synthetic share is anything from none to all
    unless you vouch for less. It does not count as pre-synthetic unless you state a share of 0.

    Parameters
    ----------
    checkpoint
        The folder of the checkpoint, for the trainer that the policy names.
    reason
        Why this model; it stands in the ledger under your name.
    synthetic_share
        LOW:HIGH, between 0 and 1: the share of model text in all that it learnt from, as you vouch for it.
    tokens
        How many tokens it learnt from; without it, nobody knows, and the interval stays as wide however much the line learns.
    """
    from cli.shop import shop_of
    from flows.adopt import adopt
    from governance.adapters.lock import hold
    from governance.errors import UsageError
    from governance.training.adoption import StatedPast, stated_share

    try:
        past = StatedPast(share=stated_share(synthetic_share), tokens=tokens)
    except ValueError as error:
        raise UsageError(str(error), where="--tokens") from error
    shop = shop_of(common)
    with hold(shop.workspace.lock, f"adopt {shop.policy.line.model}", shop.clock):
        done = adopt(shop, checkpoint.absolute(), past, reason)
    return Outcome(command="adopt", lines=_lines(done, past), document={**asdict(done), "share": past.share.document(), "tokens": tokens})


def _lines(done: "AdoptionOutcome", past: "StatedPast") -> list[str]:
    from governance.provenance.descent_words import share_words, token_words

    if not done.changed:
        return [f"Release {done.version} was adopted so by {plain(done.by)} already. Nothing was changed."]
    descent = past.start(done.checkpoint).descent
    word = f"as {plain(done.by)} vouches" if past.narrowed else "nobody knows"
    origin = "It counts as pre-synthetic, on that word alone." if done.pre_synthetic else "It does not count as pre-synthetic."
    return [
        f"Release {done.version} is adopted and serves; ledger {done.seq}. No gate has seen it.",
        f" Synthetic share of its past: {share_words(descent.share)}, {word}; it learnt from {token_words(descent)}.",
        f" {origin} Every candidate is measured against it.",
        f" Report: {plain(done.report)}",
        "Next: heirloom retrain",
    ]
