"""Bigram entropy may move 3 % either way against the pre-synthetic baseline (SCIENCE starting margins): garbage is diverse."""

from governance.gates.bounds import bound_gate
from governance.gates.margins import Margin

MARGIN = Margin(margin_percent=3.0, champion_step_percent=3.0)
GATE = bound_gate("ngram_entropy", "bigram entropy", MARGIN, unit="prompts", two_sided=True)
