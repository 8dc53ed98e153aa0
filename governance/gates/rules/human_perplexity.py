"""Human text as a whole may lose 3 % against the pre-synthetic baseline (SCIENCE starting margins) and 2 % in one step."""

from governance.gates.bounds import bound_gate
from governance.gates.margins import Margin

GATE = bound_gate("human_perplexity", "human perplexity", Margin(margin_percent=3.0, champion_step_percent=2.0))
