"""A descent in words for people: `12.5 %`, or `12.5 to 37.5 %` where part of the past is unknown."""

from collections.abc import Mapping
from typing import Any

from governance.provenance.descent import THOUSAND, Bounds, Descent, descent_of


def descent_of_document(counts: Mapping[str, Any]) -> Descent:
    """The descent behind lineage.json or the start of cycle.json, whatever version wrote it."""
    return descent_of(
        synthetic=counts["synthetic_tokens"],
        known=counts["total_tokens"],
        depth=counts["depth"],
        passages=counts.get("passages"),
        unknown=counts.get("unknown_tokens", 0),
        past=Bounds.from_document(counts.get("past_share")),
    )


def share_words(bounds: Bounds) -> str:
    """A share for people, rounded up to a tenth of a percent."""
    return _words(bounds, 10, " %", 1)


def mean_words(bounds: Bounds) -> str:
    """A mean depth for people."""
    return _words(bounds, THOUSAND, "", 2)


def depth_words(descent: Descent) -> str:
    """The depth, as far as it is known."""
    return f"at least {descent.least_depth}, the past before adoption is unknown" if descent.open else str(descent.depth)


def token_words(descent: Descent) -> str:
    """How much text it was: `1,000 tokens, 400 of them unknown`, and what nobody counted beside them."""
    counted = f"{descent.total // THOUSAND:,} tokens"
    if descent.unknown:
        counted += f", {descent.unknown // THOUSAND:,} of them unknown"
    if descent.past is None:
        return counted
    return f"{counted}, beside a past that nobody counted" if descent.total else "a past that nobody counted"


def _words(bounds: Bounds, unit: int, sign: str, digits: int) -> str:
    high = f"{bounds.high / unit:.{digits}f}{sign}"
    return high if bounds.exact else f"{bounds.low / unit:.{digits}f} to {high}"
