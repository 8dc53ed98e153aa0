"""Distinct-3 may move 5 % either way against the pre-synthetic baseline (SCIENCE starting margins): garbage is diverse."""

from governance.gates.bounds import bound_gate
from governance.gates.margins import Margin

MARGIN = Margin(margin_percent=5.0, champion_step_percent=5.0)
GATE = bound_gate("distinct_3", "distinct-3", MARGIN, unit="prompts", two_sided=True)
