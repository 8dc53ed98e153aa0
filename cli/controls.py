"""What human-only controls say, in lines: the candidate beside them, and what retraining alone moves."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from cli.outcome import Outcome

if TYPE_CHECKING:
    from flows.controls import ControlsMade
    from governance.policy import Policy


def controls_outcome(made: "ControlsMade", policy: "Policy") -> Outcome:
    """Candidate against baseline and controls against baseline, metric by metric; where they moved alike the cause is a shift."""
    from governance.gates.decision import shipped_gates
    from governance.gates.matched import matched_with
    from governance.release.controls import pooled_noises

    terms = made.controls[0].terms
    noises = pooled_noises(made.controls, terms)
    total = len(made.controls)
    lines = [f"{made.made} human-only controls trained beside cycle {made.cycle}, {total} in all. None of them can be promoted."]
    changes = {name: math.expm1(log) for name, log in made.candidate.items()}
    found = matched_with(changes, [control.readings for control in made.controls], shipped_gates(), policy.gates)
    lines += [f" {one.sentence()}." for one in found]
    lines += [
        f" Retrain noise of {name.replace('_', ' ')}: {100 * n.sd:.2f} % ({n.degrees} degrees of freedom)." for name, n in noises.items()
    ]
    if not noises:
        lines.append(" Retrain noise stays assumed: six controls of one cycle, or more of several, measure it.")
    return Outcome(command="retrain-control", lines=lines, document={"changed": True, **asdict(made)})
