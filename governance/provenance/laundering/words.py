"""What a laundering.json says, for people: groups with their shares in words, the ones to look at first, and the whole in a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.provenance.laundering.findings import BATCH

Document = Mapping[str, Any]

LONGEST_DETAIL = 160


def told(document: Document, most: int) -> Sequence[Document]:
    """At most so many groups: the batch, then those with the largest sure gap, then the largest that claim to be human."""
    whole, *others = document["groups"]
    return [whole, *sorted(others, key=lambda group: (-group["gap"], -group["claimed_human"], group["by"], group["group"]))[: most - 1]]


def group_name(group: Document) -> str:
    return "whole batch" if group["by"] == BATCH else f"{group['by'].replace('_', ' ')} {group['group']}"


def declared_share(group: Document) -> float:
    return float(group["declared_synthetic"] / max(group["rows"], 1))


def floor_share(group: Document) -> float | None:
    """The share of the group's rows that is declared, and at least laundered beside it (95 %, this group alone); None without a signal."""
    if "at_least" not in group:
        return None
    seen = group["claimed_human"] * group["covered"] / max(group["looked_at"], 1)
    return float((group["declared_synthetic"] + group["at_least"]["low"] * seen) / max(group["rows"], 1))


def estimate_words(group: Document) -> str:
    """`31.4 % [24.0, 38.9]`, or `not identifiable: why`, with the lower bound where there is one above what is declared."""
    if "synthetic" in group:
        found = group["synthetic"]
        return f"{100 * found['share']:.1f} % [{100 * found['low']:.1f}, {100 * found['high']:.1f}]"
    why = str(group["not_identifiable"]["detail"])[:LONGEST_DETAIL]
    floor = floor_share(group)
    bound = f"at least {100 * floor:.1f} %; " if floor is not None and floor > declared_share(group) else ""
    return f"{bound}not identifiable: {why}"


def sentence(document: Document) -> str:
    """Declared beside estimated, for the whole batch, and how many rows people are asked about."""
    whole, doubtful = document["groups"][0], document["doubtful"]["rows"]
    asked = f"; {doubtful:,} rows are doubtful and wait for people" if doubtful else ""
    return f"{100 * declared_share(whole):.1f} % of the batch's rows are declared synthetic, estimated {estimate_words(whole)}{asked}."


def unmeasured(document: Document) -> Sequence[str]:
    """`watermark: why` of every signal that could not be read."""
    return [f"{name}: {found['not_measured']}" for name, found in document["signals"].items() if "not_measured" in found]
