"""One decision over all gates: pass only if every gate passes, block if any blocks, else inconclusive."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.errors import PolicyError
from governance.gates.alarms import SLICED, raise_alarms, slice_readings, slices_beyond, worst_slice
from governance.gates.diagnosis import diagnose
from governance.gates.extension import at_look, look_document
from governance.gates.gate import FOUNDING, NO_REFERENCE, Gate, GateCase, GateResult, Verdict
from governance.gates.known import judge_controls
from governance.gates.margins import GateRules
from governance.gates.matched import Matched, beside_controls, cause_of, cause_words
from governance.gates.references import references_of, stand_ins_of
from governance.gates.retraining import noise_document
from governance.gates.sequential import Look, looks
from governance.plugins import discover

RULES_PACKAGE = "governance.gates.rules"
SHOWN_REASONS = 3
REWARDED = "reward models prefer modes, so it may have been narrow before this line began"
PREFERS_MODES = f"The start was tuned on preferences: {REWARDED}."


def decide(
    *,
    measures: Mapping[str, Any],
    mix: Mapping[str, Any],
    lineage: Mapping[str, Any],
    rules: GateRules,
    kind: str,
    policy_sha256: str,
    champion: Mapping[str, Any] | None,
    baseline: Mapping[str, Any] | None,
    best_ever: Mapping[str, Any] | None = None,
    history: Mapping[str, Any] | None = None,
    extension: Mapping[str, Any] | None = None,
    matched: Sequence[Mapping[str, Any]] = (),
    gates: Mapping[str, Gate] | None = None,
) -> dict[str, Any]:
    """The document `heirloom/decision/1`, a function of the readings, the token counts and the policy alone.

    `champion`, `baseline`, `best_ever` and `history` are those of cycle.json. A retraining is compared with all of them; a founding cycle
    has nothing to compare with and passes on human-only lineage and whole readings. Nothing else is looked at, so that nothing else can
    excuse a block. A drill names other `gates`, to see whether it would notice them. `matched` are the human-only controls of this cycle:
    they name the cause of a loss, and the verdict is what it is without them.

    Raises: PolicyError where the policy names a gate that does not exist.
    """
    gates = shipped_gates() if gates is None else gates
    _check_names(gates, rules)
    metrics = at_look({str(entry["name"]): entry for entry in measures.get("metrics", ())}, rules.extension, extension)
    references = () if kind == FOUNDING else references_of(champion, baseline, best_ever)
    case = GateCase(
        metrics=metrics, mix=mix, lineage=lineage, rules=rules, references=references, stand_ins=stand_ins_of(champion, baseline, best_ever)
    )
    results = [result for name in gates if name in rules.enabled for result in gates[name].judge(case)]
    results += _structural(case, kind)
    looked = () if kind == FOUNDING else looks(metrics, history, rules)
    results += _sequential(looked) if rules.sequential_blocks else []
    off = [name for name in gates if name not in rules.enabled]
    valid = _valid_run(measures, case, gates, kind)
    results += valid
    verdict = overall(results) if all(result.verdict is Verdict.PASS for result in valid) else Verdict.INCONCLUSIVE
    tuned = lineage.get("preference_tuned")
    beside = beside_controls(metrics, matched, gates, rules)
    return {
        "schema": "heirloom/decision/1",
        "verdict": verdict.value,
        **_reasoned(verdict, [*valid, *results[: len(results) - len(valid)]], kind, beside),
        "policy_sha256": policy_sha256,
        "gates": [result.document() for result in results],
        "gates_off": off,
        "calibrated": rules.calibrated,
        "look": look_document(rules.extension, extension),
        "worst_slice": worst_slice(metrics),
        "sequential": [look.document() for look in looked],
        "alarms": _alarms(gates, off, case, looked),
        "diagnosis": " ".join(part for part in (diagnose(metrics, rules), cause_words(beside), PREFERS_MODES if tuned else "") if part),
        "preference_tuned": tuned,
        "retrain_noise": noise_document(metrics, rules.enabled),
    }


def shipped_gates() -> Mapping[str, Gate]:
    """Every gate that exists, by name."""
    return discover(RULES_PACKAGE, "GATE")


def _valid_run(measures: Mapping[str, Any], case: GateCase, gates: Mapping[str, Gate], kind: str) -> list[GateResult]:
    """Whether the controls of the run were judged rightly: without that not even a block counts. A founding cycle has none."""
    if kind == FOUNDING or "controls" not in measures:
        return []
    return [judge_controls(measures["controls"], case, gates)]


def overall(results: Sequence[GateResult]) -> Verdict:
    """Intersection-union: a pass needs every gate, one block is enough, and no gates at all decide nothing."""
    verdicts = {result.verdict for result in results}
    if Verdict.BLOCK in verdicts:
        return Verdict.BLOCK
    return Verdict.PASS if verdicts == {Verdict.PASS} else Verdict.INCONCLUSIVE


def _structural(case: GateCase, kind: str) -> list[GateResult]:
    """What no policy can turn off: a founding cycle is human-only, something is measured, and slices block where policy says so."""
    found = [_founding(case)] if kind == FOUNDING else []
    if not set(case.rules.enabled) & set(case.metrics):
        found.append(_plain("readings", Verdict.INCONCLUSIVE, "not-measured: no gate that reads a metric is both enabled and measured"))
    if case.rules.slices_block:
        found += [_slices(case, name) for name in SLICED]
    return found


def _founding(case: GateCase) -> GateResult:
    synthetic, total = case.lineage.get("synthetic_tokens"), case.lineage.get("total_tokens")
    if not (isinstance(synthetic, int) and isinstance(total, int) and total > 0):
        return _plain("founding", Verdict.INCONCLUSIVE, "not-measured: lineage.json does not say how many tokens were synthetic")
    if synthetic != 0:
        said = f"a founding model is human-only, and {synthetic} of {total} tokens in its lineage are synthetic"
        return _plain("founding", Verdict.BLOCK, said)
    return _plain("founding", Verdict.PASS, f"none of the {total} tokens in the lineage is synthetic")


def _slices(case: GateCase, name: str) -> GateResult:
    beyond = slices_beyond(slice_readings(case.metrics, name), case.rules.slice_margin_percent / 100)
    if beyond:
        said = "; ".join(reading.sentence() for reading in beyond[:SHOWN_REASONS])
        return _plain(f"{name}_slices", Verdict.BLOCK, f"{said}: beyond the slice margin of {case.rules.slice_margin_percent:g} %")
    return _plain(f"{name}_slices", Verdict.PASS, "no slice is surely beyond the slice margin")


def _sequential(looked: Sequence[Look]) -> list[GateResult]:
    """A level that is no chance any more, where the policy lets that block."""
    return [_plain(f"{look.metric}_level", Verdict.BLOCK, look.sentence()) for look in looked if look.alarmed]


def _plain(gate: str, verdict: Verdict, reason: str) -> GateResult:
    return GateResult(gate=gate, metric=NO_REFERENCE, against=NO_REFERENCE, verdict=verdict, reason=reason)


def _alarms(gates: Mapping[str, Gate], off: Sequence[str], case: GateCase, looked: Sequence[Look]) -> list[str]:
    tuned = case.lineage.get("preference_tuned")
    return [
        *raise_alarms(case.metrics, case.rules),
        *(look.sentence() for look in looked if look.alarmed),
        *_off_and_blocking(gates, off, case),
        *([f"the start was tuned on preferences, {tuned}: {REWARDED}"] if tuned else []),
    ]


def _off_and_blocking(gates: Mapping[str, Gate], off: Sequence[str], case: GateCase) -> list[str]:
    results = [result for name in off for result in gates[name].judge(case)]
    return [f"a gate that is switched off would have blocked: {r.reason}" for r in results if r.verdict is Verdict.BLOCK]


def _reasoned(verdict: Verdict, results: Sequence[GateResult], kind: str, beside: Sequence[Matched]) -> dict[str, Any]:
    """The reason, which begins with the cause of a block where human-only controls show it."""
    cause, reason = cause_of(beside) if verdict is Verdict.BLOCK else None, _reason(verdict, results, kind)
    return {"reason": f"{cause}: {reason}" if cause else reason, "cause": cause, "matched": [one.document() for one in beside]}


def _reason(verdict: Verdict, results: Sequence[GateResult], kind: str) -> str:
    if verdict is Verdict.PASS and kind == FOUNDING:
        return f"founding cycle: human text only, all {len(results)} readings were taken, and there is nothing to compare with"
    if verdict is Verdict.PASS:
        return f"all {len(results)} gated readings are inside their margins, with their whole interval"
    said = [result.reason for result in results if result.verdict is verdict]
    rest = f" (+{len(said) - SHOWN_REASONS} more)" if len(said) > SHOWN_REASONS else ""
    return "; ".join(said[:SHOWN_REASONS]) + rest


def _check_names(gates: Mapping[str, Gate], rules: GateRules) -> None:
    for where, names in (("enabled", rules.enabled), ("margins", tuple(rules.margins))):
        if unknown := sorted(set(names) - set(gates)):
            raise PolicyError(f"{unknown[0]!r} is no gate", where=f"policy.gates.{where}", expected=", ".join(gates))
