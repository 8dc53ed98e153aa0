"""The controls of the run itself: where a model of which the answer is known is judged wrongly, the run decides nothing."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from governance.collapse.controls import ASKED_AGAIN, KNOWN_COLLAPSED, KNOWN_GOOD, SCORED, WRITTEN
from governance.collapse.evidence import BASELINE
from governance.gates.bounds import NOT_MEASURED, percent
from governance.gates.gate import NO_REFERENCE, Gate, GateCase, GateResult, Verdict

NAME = "controls"
INVALID_RUN = "invalid-run"
ALIKE_PERCENT = 90
"""Answers that must come back the same: one model, one prompt, one seed. The rest is what other batches may do to the last digits."""
STILL = 0.002
"""A log ratio that an unchanged model, and a planted loss, may be off by: twice what a trainer may differ by with its batching."""


def judge_controls(controls: Mapping[str, Any] | None, case: GateCase, gates: Mapping[str, Gate]) -> GateResult:
    """Pass where every control is judged rightly, else inconclusive, whatever the gates say of the candidate."""
    if controls is None:
        return _result(Verdict.INCONCLUSIVE, f"{NOT_MEASURED}: the run made no controls of its own")
    wrong = [*_good(controls, case, gates), *_collapsed(controls, case, gates), *_prompts(controls)]
    if wrong:
        return _result(
            Verdict.INCONCLUSIVE, f"{INVALID_RUN}: {'; '.join(wrong[:3])}" + (f" (+{len(wrong) - 3} more)" if len(wrong) > 3 else "")
        )
    said = (
        f"the champion against itself is not blocked, and with {percent(float(controls['planted']))} % perplexity and sharpened text it is"
    )
    return _result(Verdict.PASS, said)


def _good(controls: Mapping[str, Any], case: GateCase, gates: Mapping[str, Gate]) -> Iterator[str]:
    for result in _judged(controls, KNOWN_GOOD, case, gates):
        if result.verdict is Verdict.BLOCK:
            yield f"the champion against itself is blocked: {result.reason}"
        elif result.metric in SCORED and not (_close(result.change, 0.0) and _sampling(controls, result.metric) <= STILL):
            yield f"the champion against itself is not the same, document by document: {result.reason}"


def _collapsed(controls: Mapping[str, Any], case: GateCase, gates: Mapping[str, Gate]) -> Iterator[str]:
    planted = float(controls["planted"])
    for result in _judged(controls, KNOWN_COLLAPSED, case, gates):
        if result.verdict is not Verdict.BLOCK:
            yield f"a collapsed model is not blocked: {result.reason}"
        elif result.metric in SCORED and not _close(result.change, planted):
            yield f"a planted loss of {percent(planted)} % is not read as that: {result.reason}"


def _prompts(controls: Mapping[str, Any]) -> Iterator[str]:
    found = controls.get(ASKED_AGAIN) or {}
    asked, same = found.get("asked", 0), found.get("same", 0)
    if same * 100 < ALIKE_PERCENT * asked or not asked:
        yield f"{same} of {asked} answers of the champion are the same when half of the prompts are asked again"


def _judged(controls: Mapping[str, Any], name: str, case: GateCase, gates: Mapping[str, Gate]) -> Iterator[GateResult]:
    """The control as the candidate in front of the gates that are enabled and of which the right answer is known."""
    metrics = {str(entry["name"]): entry for entry in controls.get(name) or ()}
    own = replace(case, metrics=metrics, references=(BASELINE,), stand_ins={})
    for gate in (gates[n] for n in gates if n in case.rules.enabled):
        if gate.metric in (*SCORED, *WRITTEN):
            yield from gate.judge(own)


def _sampling(controls: Mapping[str, Any], metric: str) -> float:
    """The standard error of the known-good reading without retrain noise: of one model on the same documents it is nothing."""
    found = next(entry["against"][BASELINE] for entry in controls[KNOWN_GOOD] if entry["name"] == metric)
    return math.sqrt(max(float(found["se"]) ** 2 - float(found["noise"]) ** 2, 0.0))


def _close(change: float | None, wanted: float) -> bool:
    return change is not None and change > -1 and abs(math.log1p(change) - math.log1p(wanted)) <= STILL


def _result(verdict: Verdict, reason: str) -> GateResult:
    return GateResult(gate=NAME, metric=NO_REFERENCE, against=NO_REFERENCE, verdict=verdict, reason=reason)
