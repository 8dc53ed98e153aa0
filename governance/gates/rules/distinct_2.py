"""Distinct-2 may move 10 % either way against the pre-synthetic baseline (SCIENCE starting margins): garbage is diverse."""

from governance.gates.bounds import bound_gate
from governance.gates.margins import Margin

MARGIN = Margin(margin_percent=10.0, champion_step_percent=10.0)
GATE = bound_gate("distinct_2", "distinct-2", MARGIN, unit="prompts", two_sided=True)
