"""The tail may lose 5 % against the pre-synthetic baseline (issue; SCIENCE starting margins) and 3 % in one step."""

from governance.gates.bounds import bound_gate
from governance.gates.margins import Margin

GATE = bound_gate("tail_perplexity", "tail perplexity", Margin(margin_percent=5.0, champion_step_percent=3.0))
