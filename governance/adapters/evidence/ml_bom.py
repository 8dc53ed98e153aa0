"""A machine-learning bill of materials: CycloneDX 1.6, with synthetic share and depth as properties."""

from collections.abc import Iterator, Mapping
from typing import Any

from governance.adapters.evidence.story import PRODUCER, Story, moment

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
MIX = "mix"
LIMITS = (
    "Gates compare readings on locked human shards; what the shards do not hold is not watched.",
    "Origins are as declared; see the estimated share in the report.",
)


def ml_bom(story: Story) -> dict[str, Any]:
    """The model with its card, and what it was made of: mix, shards, start and teachers, each by digest."""
    parts = list(_parts(story))
    model = {
        "type": "machine-learning-model",
        "bom-ref": story.name,
        "name": story.model,
        "version": str(story.version),
        "properties": _properties(story.facts),
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "self-supervised"},
                "task": "text-generation",
                "datasets": [{"ref": part["bom-ref"]} for part in parts if part["type"] == "data"],
            },
            "quantitativeAnalysis": {"performanceMetrics": _metrics(story)},
            "considerations": {"technicalLimitations": list(LIMITS)},
        },
    }
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{story.identity('bom')}",
        "version": 1,
        "metadata": {
            "timestamp": moment(story.registered.at),
            "tools": {"components": [{"type": "application", "name": PRODUCER, "version": story.release.rpartition(" ")[2]}]},
            "component": model,
        },
        "components": parts,
        "dependencies": [{"ref": story.name, "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def _parts(story: Story) -> Iterator[dict[str, Any]]:
    told = {f"{role}_tokens": str(count) for role, count in story.mix["tokens"].items()} | {"root": str(story.mix["root"])}
    mix: dict[str, Any] = {"type": "data", "bom-ref": MIX, "name": "training mix", "properties": _properties(told)}
    yield {**mix, "hashes": [_hash(story.rows[0])], "description": "hashes are those of rows.csv"} if story.rows else mix
    for name, sha256 in story.cycle["shards"].items():
        yield {"type": "data", "bom-ref": f"shard:{name}", "name": f"locked shard {name}", "hashes": [_hash(sha256)]}
    for file in story.cycle["batch"]["files"]:
        name = file["path"].rpartition("/")[2]
        yield {"type": "data", "bom-ref": f"batch:{name}", "name": f"batch file {name}", "hashes": [_hash(file["sha256"])]}
    yield _model("start", "initial weights", story.cycle["start"]["digest"])
    for name, digest in sorted(story.cycle["teachers"].items()):
        yield _model(f"teacher:{name}", f"teacher {name}", digest)


def _model(ref: str, name: str, manifest: str) -> dict[str, Any]:
    """A model by the digest of its manifest, which is no hash of one file."""
    found = {"type": "machine-learning-model", "bom-ref": ref, "name": name}
    return {**found, "properties": _properties({"checkpoint_manifest_sha256": manifest})}


def _metrics(story: Story) -> list[dict[str, Any]]:
    return [
        {
            "type": f"{gate['gate']}, relative change",
            "value": repr(gate["change"]),
            "slice": f"against {gate['against']}",
            "confidenceInterval": {"lowerBound": repr(gate["low"]), "upperBound": repr(gate["high"])},
        }
        for gate in story.judged
    ]


def _hash(sha256: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": sha256}


def _properties(facts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": f"heirloom:{name}", "value": value} for name, value in facts.items()]
