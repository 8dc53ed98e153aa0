"""OpenLineage run events of a cycle, a line each: for a file transport, no server needed."""

from collections.abc import Mapping
from typing import Any

from governance.adapters.evidence.story import Story, moment

RUN_EVENT = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
VERSION_FACET = "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json"
TEST_FACET = "https://openlineage.io/spec/facets/1-0-1/TestRunFacet.json"
QUALITY_FACET = "https://openlineage.io/spec/facets/1-0-3/DataQualityMetricsInputDatasetFacet.json"
OWN_FACET = "urn:heirloom:facet:provenance:1"
NAMESPACE = "heirloom"


def open_lineage(story: Story) -> tuple[dict[str, Any], ...]:
    """The cycle as one run: when it was frozen, and when its candidate was registered with the outcome of every gate."""
    started = _event(story, "START", story.frozen.at, {})
    ended = _event(story, "COMPLETE", story.registered.at, {"test": _facet(story, TEST_FACET, tests=_tests(story))})
    output = _dataset(story, story.name, story.checkpoint, {"heirloom_provenance": _facet(story, OWN_FACET, **story.facts)})
    return (started, {**ended, "outputs": [output]})


def _event(story: Story, kind: str, at: str, facets: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "eventType": kind,
        "eventTime": moment(at),
        "producer": _producer(story),
        "schemaURL": RUN_EVENT,
        "run": {"runId": story.identity("cycle"), "facets": dict(facets)},
        "job": {"namespace": NAMESPACE, "name": f"{story.model}.retrain"},
        "inputs": _inputs(story),
        "outputs": [],
    }


def _inputs(story: Story) -> list[dict[str, Any]]:
    cycle, mix = story.cycle, story.mix
    batch = _dataset(story, f"{story.model}.batch", cycle["batch"]["digest"])
    columns = {"tokens": {"sum": sum(mix["tokens"].values()), "count": sum(mix["rows"].values())}}
    quality = _facet(story, QUALITY_FACET, rowCount=sum(mix["rows"].values()), columnMetrics=columns)
    used = {**_dataset(story, f"{story.model}.mix", mix["root"]), "inputFacets": {"dataQualityMetrics": quality}}
    shards = [_dataset(story, f"{story.model}.shard.{name}", digest) for name, digest in sorted(cycle["shards"].items())]
    models = {f"{story.model}.start": cycle["start"]["digest"], **{f"teacher.{name}": d for name, d in cycle["teachers"].items()}}
    return [batch, used, *shards, *(_dataset(story, name, digest) for name, digest in sorted(models.items()))]


def _dataset(story: Story, name: str, version: str, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    facets = {"version": _facet(story, VERSION_FACET, datasetVersion=version), **(more or {})}
    return {"namespace": NAMESPACE, "name": name, "facets": facets}


def _tests(story: Story) -> list[dict[str, Any]]:
    """A gate against one reference is a test; only a pass is a pass."""
    words = {"pass": "pass", "block": "fail"}
    return [
        {
            "name": f"{gate['gate']} against {gate['against']}",
            "status": words.get(gate["verdict"], "skip"),
            "severity": "error",
            "type": "non-inferiority",
            "description": str(gate["reason"])[:400],
        }
        for gate in story.decision["gates"]
    ]


def _facet(story: Story, schema: str, **values: Any) -> dict[str, Any]:
    return {"_producer": _producer(story), "_schemaURL": schema, **values}


def _producer(story: Story) -> str:
    return f"urn:heirloom:{story.release.replace(' ', ':')}"
