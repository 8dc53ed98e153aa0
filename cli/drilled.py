"""What a drill found, in a line a fault and a line a broken promise."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.outcome import plain

if TYPE_CHECKING:
    from governance.wiring import Shop


def gate_lines(shop: "Shop") -> list[str]:
    """What is known of the gate that judges here: its last drill, and whether a claim of calibration rests on one.

    The version of the gate is worked out only where there is something to hold it against: it reads the code of all gates.
    """
    state, claimed = shop.ledger.state(), shop.policy.gates.calibrated
    last = state.last_drill
    if last is None and not claimed:
        return [" gate           never drilled here: heirloom drill run"]
    lines = []
    if last is not None:
        now = "this gate" if last.gate_version == shop.gate_version else f"another gate, {last.gate_version[:12]}"
        model = "the line's own kind of model" if last.own else "a stand-in"
        drilled = f"{plain(last.trainer)}, {model}, {last.seeds} seeds, {last.broken} promises broken"
        lines.append(f" gate           last drill (ledger {last.seq}): {now}, {drilled}")
    if claimed and not state.calibrated(shop.gate_version):
        lines.append(
            f" [bold]gate[/bold]           gates.calibrated = true, and no unbroken drill of gate {shop.gate_version[:12]} backs it:"
            " heirloom drill run --model own"
        )
    return lines


def gate_document(shop: "Shop") -> dict[str, Any]:
    """The same for programs."""
    state, claimed = shop.ledger.state(), shop.policy.gates.calibrated
    last = state.last_drill
    names = ("gate_version", "trainer", "own", "seeds", "broken", "drill_sha256", "seq")
    drill = {name: getattr(last, name) for name in names} if last else None
    return {"claimed_calibrated": claimed, "calibrated": claimed and state.calibrated(shop.gate_version), "last_drill": drill}


def drill_lines(document: Mapping[str, Any], path: Path | None, page: Path | None) -> list[str]:
    """The result first, then what was bred, then what it rests on."""
    broken = [promise for promise in document["promises"] if promise["broken"]]
    found = f"[bold]{len(broken)} of {len(document['promises'])} promises are broken[/bold]" if broken else "No promise is broken"
    lines = [
        f"{found}: {document['trainer']}, {document['model']} model, {len(document['seeds'])} seeds, gate {document['gate_version'][:12]}."
    ]
    lines.append(f" {'known good':<36} {'not promoted':>20} {'blocked':>20} {'alarmed':>20}")
    lines += [_fault(fault) for fault in document["faults"] if fault["good"]]
    lines.append(f" {'planted':<36} {'caught in time':>20} {'candidates blocked':>20} {'alarmed':>20}  first caught")
    lines += [_fault(fault) for fault in document["faults"] if not fault["good"]]
    lines += [f" {promise['what']:<36} {_rate(promise):>20}  at the margin, limit 8 %" for promise in _at_margin(document["promises"])]
    lines += [plain(f" BROKEN  {p['fault']}: {p['what']} {_rate(p)}, promised {_bound(p)}") for p in broken]
    unproven = sum(not promise["shown"] and not promise["broken"] for promise in document["promises"])
    if unproven:
        lines.append(f" {unproven} promises hold in these trials and need more seeds to be proven (Wilson 95 %).")
    lines.append(f" Kept: {plain(path)}" if path else " A part of a drill: shown, not recorded.")
    if page:
        lines.append(f" Picture: {plain(page)}")
    return lines


def calibration_lines(fragment: Sequence[str], document: Mapping[str, Any]) -> list[str]:
    """How the proposal fared first, then the lines for policy.toml, then what a person does with them."""
    proved = document["proved"]
    broken = [promise for promise in proved["promises"] if promise["broken"]]
    seeds = f"chosen on {len(document['chosen_on'])} seeds, proved on {len(proved['seeds'])} others"
    lines = [f"Margins for this model, {seeds}: {len(broken)} of {len(proved['promises'])} promises are broken there."]
    lines += [plain(f" BROKEN  {p['fault']}: {p['what']} {_rate(p)}, promised {_bound(p)}") for p in broken]
    lines += ["", *(plain(line) for line in fragment), ""]
    return [*lines, "Nothing was changed. Next: put the lines into policy.toml, then heirloom drill run --model own"]


def _fault(fault: Mapping[str, Any]) -> str:
    name = fault["name"].replace("_", " ")
    if fault["missing"]:
        return plain(f" {name:<36} {'not measured':>20}  nothing reads {', '.join(fault['missing'])} here")
    first = "-" if fault["delay"] is None else f"cycle {fault['delay']:.1f}"
    counted = (fault["not_promoted"] if fault["good"] else fault["caught"], fault["blocked"], fault["alarmed"])
    return plain(
        f" {name:<36} " + " ".join(f"{_rate(rate):>20}" for rate in counted) + (_expected(fault) if fault["good"] else f"  {first}")
    )


def _expected(fault: Mapping[str, Any]) -> str:
    """What the planner gave candidates without a loss, beside what became of these."""
    return "" if fault["planned"] is None else f"  planned {100 * (1 - fault['planned']):.0f} %"


def _at_margin(promises: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [promise for promise in promises if promise["fault"] == "at_margin"]


def _rate(counted: Mapping[str, Any]) -> str:
    """`3/4 [30, 95] %`."""
    return f"{counted['hits']}/{counted['rows']} [{100 * counted['low']:.0f}, {100 * counted['high']:.0f}] %"


def _bound(promise: Mapping[str, Any]) -> str:
    side = "at_least" if "at_least" in promise else "at_most"
    return f"{side.replace('_', ' ')} {100 * promise[side]:.0f} %"
