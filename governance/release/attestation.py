"""What a cycle came to, in the words of others: in-toto statements of the gate's result and of the training run's provenance.

A statement is a function of the cycle's documents, with no clock in it, so that it can be made again elsewhere and compared.
"""

from collections.abc import Mapping
from typing import Any

from governance.digest import digest_document
from governance.release.state import BLOCK, PASS

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
PROVENANCE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:heirloom:retraining:1"
BUILDER = "urn:heirloom:platform"

Document = Mapping[str, Any]


def gate_result(cycle: Document, decision: Document, measures: Document, checkpoint: str, gate_version: str) -> dict[str, Any]:
    """The verdict as an in-toto test result. Only a pass is `PASSED`: an inconclusive verdict is no yes with a warning.

    What a gate could not settle stands among the warned tests; the decision's own word is an annotation of decision.json.
    """
    named = [(_test(gate), gate["verdict"]) for gate in decision["gates"]]
    said = {"verdict": decision["verdict"], "reason": decision["reason"]}
    configuration = [
        _resource("cycle.json", digest_document(cycle)),
        _resource("policy", cycle["policy_sha256"]),
        _resource("gate", gate_version),
        _resource("measures.json", digest_document(measures)),
        {**_resource("decision.json", digest_document(decision)), "annotations": said},
        *(_resource(f"shard {name}", digest) for name, digest in sorted(cycle["shards"].items())),
    ]
    predicate = {
        "result": "PASSED" if decision["verdict"] == PASS else "FAILED",
        "configuration": configuration,
        "passedTests": [name for name, verdict in named if verdict == PASS],
        "warnedTests": [name for name, verdict in named if verdict not in (PASS, BLOCK)],
        "failedTests": [name for name, verdict in named if verdict == BLOCK],
    }
    return _statement(cycle, checkpoint, TEST_RESULT, predicate)


def provenance(cycle: Document, lineage: Document, gate_version: str, key: str) -> dict[str, Any]:
    """Which frozen inputs the training run turned into the checkpoint, and by whose hand: SLSA provenance of a retraining."""
    start = cycle["start"]
    inputs = {
        "batch": cycle["batch"]["digest"],
        "policy": cycle["policy_sha256"],
        "start": start["digest"],
        **{f"shard {name}": digest for name, digest in cycle["shards"].items()},
        **{f"teacher {name}": digest for name, digest in cycle["teachers"].items()},
        **{f"frozen {name}": cycle[name]["sha256"] for name in ("emissions", "known", "relabels", "earlier", "benchmarks", "sentinels")},
    }
    outputs = {
        "lineage.json": digest_document(lineage),
        "mix": lineage["mix_root"],
        "batches": (lineage.get("batch_log") or {}).get("head"),
    }
    predicate = {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "model": cycle["model"],
                "environment": cycle["environment"],
                "cycle": cycle["number"],
                "kind": cycle["kind"],
                "attempt": cycle.get("attempt"),
            },
            "internalParameters": {"seed": cycle["seed"], "recipe": lineage["recipe"], "gate": gate_version},
            "resolvedDependencies": [_resource(name, digest) for name, digest in inputs.items()],
        },
        "runDetails": {
            "builder": {"id": f"{BUILDER}:{key}"},
            "metadata": {"invocationId": digest_document(cycle)},
            "byproducts": [_resource(name, digest) for name, digest in outputs.items() if digest],
        },
    }
    return _statement(cycle, lineage["checkpoint"], PROVENANCE, predicate)


def _test(gate: Document) -> str:
    against = gate.get("against")
    return f"{gate['gate']} against {against}" if against else str(gate["gate"])


def _statement(cycle: Document, checkpoint: str, kind: str, predicate: Document) -> dict[str, Any]:
    """Its subject is the checkpoint by the sha256 of its manifest (heirloom/manifest/1), which names every file by its own sha256."""
    subject = {"name": f"{cycle['model']} cycle {cycle['number']}", "digest": {"sha256": checkpoint}}
    return {"_type": STATEMENT, "subject": [subject], "predicateType": kind, "predicate": dict(predicate)}


def _resource(name: str, sha256: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": sha256}}
