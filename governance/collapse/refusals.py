"""Which samples are refusals: a list of patterns that people can read and add to, on an axis of its own and never part of diversity.

A refusal is looked for at the beginning of a sample only: a model that refuses says so first, and a text about refusing does not count.
The list is English. What it does not know it counts as an answer, so the rate is a lower bound (docs/evaluation.md).
"""

import re
from collections.abc import Sequence

OPENING_CHARACTERS = 160
"""How much of a sample is looked at."""
CANNOT = r"(?:cannot|can not|can['\u2019]?t|won['\u2019]?t|will not|(?:am |['\u2019]m )?(?:unable|not able|not allowed|not permitted) to)"
HELP = "(?:assist|help|provide|comply|answer|fulfil|discuss|share|create|generate|write|support|do that|engage|continue)"
PATTERNS = (
    rf"\bI {CANNOT} {HELP}",
    rf"\bI(?: am|['\u2019]m) (?:sorry|afraid)\b.{{0,60}}?\bI {CANNOT}",
    rf"\b(?:sorry|apologi[sz]e)\b.{{0,40}}?\bbut I (?:{CANNOT}|must decline)",
    r"\bI (?:must|have to|need to) (?:decline|refuse)\b",
    rf"\bas an? (?:AI|artificial intelligence)(?: language)? (?:model|assistant)\b.{{0,80}}?\bI (?:{CANNOT}|do not|don['\u2019]?t)\b",
    r"\b(?:against|violates?) (?:my|our) (?:guidelines|policy|policies|principles|programming)\b",
)


def refused(texts: Sequence[str], patterns: Sequence[str] = ()) -> list[bool]:
    """For each sample, whether it opens with a refusal; `patterns` are the policy's, beside the list above. Case does not matter."""
    known = re.compile("|".join(f"(?:{pattern})" for pattern in (*PATTERNS, *patterns)), re.IGNORECASE | re.DOTALL)
    return [known.search(text[:OPENING_CHARACTERS]) is not None for text in texts]
