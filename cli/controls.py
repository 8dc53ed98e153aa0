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
    from governance.release.controls import pooled_noises

    terms = made.controls[0].terms
    noises = pooled_noises(made.controls, terms)
    total = len(made.controls)
    lines = [f"{made.made} human-only controls trained beside cycle {made.cycle}, {total} in all. None of them can be promoted."]
    for name, gate in shipped_gates().items():
        readings = [control.readings[name] for control in made.controls if name in control.readings]
        if name not in made.candidate or not readings or gate.margin is None:
            continue
        limit = policy.gates.margins.get(name, gate.margin).margin_percent
        lines.append(_line(name, made.candidate[name], readings, limit, two_sided=gate.two_sided))
    lines += [
        f" Retrain noise of {name.replace('_', ' ')}: {100 * n.sd:.2f} % ({n.degrees} degrees of freedom)." for name, n in noises.items()
    ]
    if not noises:
        lines.append(" Retrain noise stays assumed: six controls of one cycle, or more of several, measure it.")
    return Outcome(command="retrain-control", lines=lines, document={"changed": True, **asdict(made)})


def _line(name: str, candidate: float, readings: list[float], limit: float, *, two_sided: bool) -> str:
    mean = sum(readings) / len(readings)
    ours, theirs = (100 * math.expm1(log) for log in (candidate, mean))
    said = f" {name.replace('_', ' ')}: candidate {ours:+.1f} %, controls {theirs:+.1f} % against the baseline, limit {limit:g} %"
    if (abs(ours) if two_sided else ours) <= limit:
        return f"{said}."
    word = "shift: human text alone moves it as far" if abs(theirs) > limit and ours * theirs > 0 else "collapse: human text alone does not"
    return f"{said}; {word}."
