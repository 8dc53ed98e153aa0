"""What retraining alone was taken to move the gated readings by, and whether anybody measured it."""

from collections.abc import Mapping, Sequence
from typing import Any


def noise_document(metrics: Mapping[str, Mapping[str, Any]], enabled: Sequence[str]) -> dict[str, Any]:
    """Gated metric -> its noise as measures.json has it, without the names of the controls; metrics that say nothing are left out."""
    found = {name: metrics[name].get("retrain_noise") for name in enabled if name in metrics}
    return {name: {key: noise[key] for key in ("sd", "degrees", "assumed")} for name, noise in sorted(found.items()) if noise}


def noise_words(noises: Mapping[str, Mapping[str, Any]]) -> str:
    """One sentence for people; empty where nothing is known, as in decisions of older versions."""
    assumed = sorted(name for name, noise in noises.items() if noise.get("assumed"))
    pooled = {name: noise for name, noise in sorted(noises.items()) if name not in assumed}
    parts = []
    if pooled:
        parts.append("pooled over human-only controls: " + ", ".join(_measured(name, noise) for name, noise in pooled.items()))
    if assumed:
        sd = 100 * max(float(noises[name]["sd"]) for name in assumed)
        parts.append(f"assumed by the policy ({sd:.2g} %), not measured: {', '.join(map(_title, assumed))}")
    return "; ".join(parts)


def _measured(name: str, noise: Mapping[str, Any]) -> str:
    return f"{_title(name)} {100 * float(noise['sd']):.2g} % ({noise['degrees']} degrees of freedom)"


def _title(name: str) -> str:
    return name.replace("_", " ")
