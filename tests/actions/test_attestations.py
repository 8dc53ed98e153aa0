"""In-toto statements of a finished cycle: what they say, their form beside the specification's examples, and ssh-keygen's word on them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from governance.actions.attest import ATTESTATIONS, attest
from governance.digest import digest_document, read_document, write_document
from governance.release.attestation import PROVENANCE, STATEMENT, TEST_RESULT
from governance.release.platform_key import NAMESPACE, PLATFORM
from tests.report.cycle_on_disk import write_cycle
from tests.witnessed_line import Line

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures" / "in-toto"
GATE = "c0" * 32
FROZEN = ("emissions", "known", "relabels", "earlier", "benchmarks", "sentinels")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    found = Line.made(tmp_path_factory.mktemp("attested") / "line")
    found.found()
    return found


def attested(line: Line, folder: Path, verdict: str) -> tuple[Path, dict[str, dict[str, Any]]]:
    cycle = write_cycle(folder / "cycle", verdict)
    said = read_document(cycle / "cycle.json")
    write_document(cycle / "cycle.json", {**said, **{name: {"sha256": digest_document(name)} for name in FROZEN}})
    attest(line.shop().notary, cycle, GATE)
    return cycle, {name: read_document(cycle / "review" / f"{name}.json") for name in ("test-result", "provenance")}


@pytest.mark.parametrize(("verdict", "result"), [("pass", "PASSED"), ("block", "FAILED"), ("inconclusive", "FAILED")])
def test_only_a_pass_is_a_pass_and_every_gate_stands_where_it_belongs(line: Line, tmp_path: Path, verdict: str, result: str) -> None:
    cycle, made = attested(line, tmp_path, verdict)
    decision, predicate = read_document(cycle / "decision.json"), made["test-result"]["predicate"]
    assert predicate["result"] == result
    counted = {kind: sum(gate["verdict"] == kind for gate in decision["gates"]) for kind in ("pass", "inconclusive", "block")}
    assert [len(predicate[f"{kind}Tests"]) for kind in ("passed", "warned", "failed")] == list(counted.values())
    named = {one["name"]: one["digest"]["sha256"] for one in predicate["configuration"]}
    assert named["decision.json"] == digest_document(decision)
    assert (named["gate"], named["cycle.json"]) == (GATE, digest_document(read_document(cycle / "cycle.json")))


def test_both_speak_of_the_checkpoint_and_the_provenance_names_every_frozen_input(line: Line, tmp_path: Path) -> None:
    cycle, made = attested(line, tmp_path, "pass")
    lineage, document = read_document(cycle / "lineage.json"), read_document(cycle / "cycle.json")
    assert {one["subject"][0]["digest"]["sha256"] for one in made.values()} == {lineage["checkpoint"]}
    build = made["provenance"]["predicate"]["buildDefinition"]
    inputs = {one["name"]: one["digest"]["sha256"] for one in build["resolvedDependencies"]}
    assert inputs["batch"] == document["batch"]["digest"]
    assert inputs["start"] == document["start"]["digest"]
    assert {f"shard {name}" for name in document["shards"]} | {f"frozen {name}" for name in FROZEN} <= inputs.keys()
    assert build["internalParameters"]["seed"] == document["seed"]
    assert made["provenance"]["predicateType"] == PROVENANCE


def test_ssh_keygen_alone_verifies_each_file_and_no_other_bytes(line: Line, tmp_path: Path) -> None:
    cycle, _ = attested(line, tmp_path, "pass")
    for name in ("test-result", "provenance"):
        place = cycle / "review" / f"{name}.json"
        words = [
            "ssh-keygen",
            "-Y",
            "verify",
            "-n",
            NAMESPACE,
            "-I",
            PLATFORM,
            "-f",
            str(line.root / "platform_signers"),
            "-s",
            f"{place}.sig",
        ]
        content = place.read_bytes()
        assert subprocess.run(words, input=content, capture_output=True, check=False).returncode == 0
        altered = content.replace(b"PASSED", b"FAILED") if name == "test-result" else content.replace(b"retraining", b"founding")
        assert altered != content
        assert subprocess.run(words, input=altered, capture_output=True, check=False).returncode != 0


def test_attesting_again_writes_the_same_bytes(line: Line, tmp_path: Path) -> None:
    cycle, _ = attested(line, tmp_path, "pass")
    before = {name: (cycle / name).read_bytes() for name in ATTESTATIONS}
    attest(line.shop().notary, cycle, GATE)
    assert {name: (cycle / name).read_bytes() for name in ATTESTATIONS} == before


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the specification's examples are not here (../shared/fixtures/in-toto)")
def test_the_form_is_that_of_the_specifications_examples(line: Line, tmp_path: Path) -> None:
    example = json.loads((FIXTURES / "predicates__test-result__1.json").read_text())
    descriptor = json.loads((FIXTURES / "v1__resource_descriptor__4.json").read_text())
    said = attested(line, tmp_path, "block")[1]["test-result"]
    assert (said["_type"], said["predicateType"]) == (example["_type"], example["predicateType"]) == (STATEMENT, TEST_RESULT)
    assert said.keys() == example.keys()
    assert said["predicate"].keys() == example["predicate"].keys() - {"url"}
    assert {type(said["predicate"][key]) for key in ("passedTests", "warnedTests", "failedTests", "configuration")} == {list}
    assert said["subject"][0].keys() - {"name"} == example["subject"][0].keys()
    for one in said["predicate"]["configuration"]:
        assert one.keys() <= {"name", "digest", "annotations", *descriptor}
        assert set(one["digest"]) == {"sha256"}
        assert len(one["digest"]["sha256"]) == 64
