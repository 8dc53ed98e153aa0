"""The cards: valid by the schemas of those who read them, the same numbers in each, and hostile names inert in all."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from governance.adapters.evidence.clauses import CLAUSES, FRAMEWORKS
from governance.adapters.evidence.croissant import croissant
from governance.adapters.evidence.ml_bom import ml_bom
from governance.adapters.evidence.model_card import model_card
from governance.adapters.evidence.open_lineage import open_lineage
from governance.adapters.evidence.story import Story
from governance.release.ledger import follow
from tests.evidence.forgery import opened

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures"
HOSTILE = '"]\n---\n<script>alert(1)</script>|[x](http://evil)'


def schema(*path: str) -> dict[str, Any]:
    place = FIXTURES.joinpath(*path)
    if not place.is_file():
        pytest.skip(f"{place.name} is not beside this checkout: ../shared/fixtures is missing")
    found: dict[str, Any] = json.loads(place.read_text())
    return found


def story(name: str = "student", gate: str = "tail_perplexity") -> Story:
    frozen = follow(None, kind="cycle.frozen", actor="engineer-a", at="2026-11-20T03:07:01+00:00", body={"cycle_digest": "c" * 64})
    body = {"cycle_digest": "c" * 64, "decision_sha256": "d" * 64, "policy_sha256": "e" * 64}
    tokens = {"anchor": 100, "human": 650, "synthetic": 350}
    read = {"gate": gate, "against": "baseline", "verdict": "pass", "reason": "inside", "limit": 0.05, "n": 120}
    return Story(
        model=name,
        version=17,
        release="heirloom-governance 0.1.0",
        cycle={
            "number": 3,
            "shards": {"anchors": "1" * 64, "tail": "2" * 64},
            "batch": {"digest": "b" * 64, "files": [{"path": f"cycle/batch/{name}.jsonl", "sha256": "3" * 64}]},
            "start": {"digest": "4" * 64},
            "teachers": {name: "5" * 64},
        },
        mix={
            "tokens": tokens,
            "rows": {"anchor": 1, "human": 6, "synthetic": 3},
            "counted_tokens": 350,
            "synthetic_cap_percent": 35,
            "anchor_percent": 15,
            "root": "6" * 64,
            "authors": {f"{name}/1": 350},
        },
        lineage={"checkpoint": "7" * 64, "depth": 1, "synthetic_tokens": 350, "total_tokens": 1100},
        measures={"metrics": [{"name": gate, "title": gate, "values": {"candidate": 2.1}}]},
        decision={"verdict": "pass", "reason": gate, "gates": [{**read, "change": 0.012, "low": 0.004, "high": 0.021}]},
        frozen=frozen,
        registered=follow(frozen, kind="candidate.registered", actor=name, at="2026-11-20T04:00:00+00:00", body=body),
        decided=(),
        rows=("8" * 64, 1234),
    )


@pytest.mark.parametrize("told", [story(), story(HOSTILE, HOSTILE)], ids=["plain", "hostile"])
def test_the_bill_of_materials_is_valid_cyclonedx(told: Story):
    jsonschema, referencing = pytest.importorskip("jsonschema"), pytest.importorskip("referencing")
    names = ("bom-1.6.schema.json", "spdx.schema.json", "jsf-0.82.schema.json")
    documents = [schema("cyclonedx", "schema", name) for name in names]
    known = referencing.Registry().with_contents([(document["$id"], document) for document in documents])
    checker = jsonschema.Draft7Validator(documents[0], registry=known, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
    assert [error.message for error in checker.iter_errors(ml_bom(told))] == []
    broken = ml_bom(told)
    broken["metadata"]["component"]["modelCard"]["modelParameters"]["approach"]["type"] = "guessed"
    assert list(checker.iter_errors(broken))


@pytest.mark.parametrize("told", [story(), story(HOSTILE, HOSTILE)], ids=["plain", "hostile"])
def test_the_run_events_are_valid_openlineage_and_so_are_their_facets(told: Story):
    jsonschema, referencing = pytest.importorskip("jsonschema"), pytest.importorskip("referencing")
    core = schema("openlineage", "OpenLineage.json")
    facets = ("TestRunFacet", "DatasetVersionDatasetFacet", "DataQualityMetricsInputDatasetFacet")
    documents = {name: schema("openlineage", "facets", f"{name}.json") for name in facets}
    known = referencing.Registry().with_contents([(one["$id"], one) for one in (core, *documents.values())])

    def valid(document: dict[str, Any], by: dict[str, Any]) -> None:
        checker = jsonschema.Draft202012Validator(by, registry=known, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        assert [error.message for error in checker.iter_errors(document)] == []

    events = open_lineage(told)
    assert [event["eventType"] for event in events] == ["START", "COMPLETE"]
    assert len({event["run"]["runId"] for event in events}) == 1
    for event in events:
        valid(event, core)
        for data in [*event["inputs"], *event["outputs"]]:
            valid(data["facets"], documents["DatasetVersionDatasetFacet"])
            valid(data.get("inputFacets", {}), documents["DataQualityMetricsInputDatasetFacet"])
            assert data["facets"]["version"]["_schemaURL"] == documents["DatasetVersionDatasetFacet"]["$id"]
        valid(event["run"]["facets"], documents["TestRunFacet"])
    assert events[1]["run"]["facets"]["test"]["tests"][0]["status"] == "pass"


def test_the_data_set_is_described_as_croissant_describes_tables():
    """What the reference checker asks of a table: the context's words, mandatory properties, and sources that exist."""
    told = croissant(story())
    assert told is not None
    like = schema("croissant", "valid", "1.1__huggingface-squad_v2__metadata.json")
    assert told["conformsTo"] == like["conformsTo"]
    shared = told["@context"].keys() & like["@context"].keys()
    assert {"cr", "sc", "@vocab", "recordSet", "field", "source", "dataType"} <= shared
    assert {key: told["@context"][key] for key in shared} == {key: like["@context"][key] for key in shared}
    (file,), (records,) = told["distribution"], told["recordSet"]
    assert (file["@type"], file["sha256"], file["encodingFormat"]) == ("cr:FileObject", "8" * 64, "text/csv")
    for field in records["field"]:
        assert field["@type"] == "cr:Field"
        assert field["source"]["fileObject"]["@id"] == file["@id"]
        assert field["dataType"] in {"sc:Text", "sc:Integer"}
    assert told["prov:wasGeneratedBy"]["@type"] == "prov:Activity"
    assert {"5" * 64, "3" * 64, "1" * 64} == {one["@id"].removeprefix("urn:sha256:") for one in told["prov:wasDerivedFrom"]}


def test_the_reference_checker_finds_nothing_wrong(tmp_path: Path):
    library = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    (tmp_path / "rows.csv").write_text("place\n")
    (tmp_path / "croissant.json").write_text(json.dumps(croissant(story())))
    assert not library.Dataset(jsonld=tmp_path / "croissant.json").metadata.ctx.issues.errors


@pytest.mark.parametrize("told", [story(), story(HOSTILE, HOSTILE)], ids=["plain", "hostile"])
def test_the_hub_reads_the_model_card(told: Story):
    hub = pytest.importorskip("huggingface_hub")
    text = model_card(told)
    card = hub.ModelCard(text)
    (result,) = card.data.eval_results
    assert (card.data.model_name, result.metric_value, result.metric_type) == (told.name, 2.1, told.measures["metrics"][0]["name"])
    assert card.data.pipeline_tag == "text-generation"
    assert "synthetic-share-35-percent" in card.data.tags
    assert "<script" not in card.text
    assert "](http" not in card.text
    assert card.text.lstrip().startswith("# ")


def test_every_card_says_the_same_of_the_share_and_of_the_depth():
    told = story()
    wanted = {"synthetic_share_percent": "35.00", "recursion_depth": "1", "verdict": "pass"}
    properties = {one["name"]: one["value"] for one in ml_bom(told)["metadata"]["component"]["properties"]}
    facet = open_lineage(told)[1]["outputs"][0]["facets"]["heirloom_provenance"]
    for name, value in wanted.items():
        assert properties[f"heirloom:{name}"] == facet[name] == value
        assert f"{name.replace('_', ' ')}: {value.replace('.', '.')}" in model_card(told).replace("\\", "")
        assert f"{name.replace('_', ' ')} {value}" in croissant(told)["description"]


def test_a_bundle_has_the_cards_of_its_release_and_no_clock_of_its_own(bundle: Path, line: Any):
    files = opened(bundle)
    names = {name for name in files if name.startswith("cards/")}
    assert names == {f"cards/{one}" for one in ("clauses.md", "croissant.json", "ml-bom.cdx.json", "modelcard.md", "openlineage.ndjson")}
    bom, data = json.loads(files["cards/ml-bom.cdx.json"]), json.loads(files["cards/croissant.json"])
    about = json.loads(files["bundle.json"])["files"]
    assert data["distribution"][0]["sha256"] == about["rows.csv"]["sha256"]
    registered = next(e for e in line.ledger.events() if e.kind == "candidate.registered" and e.body["version"] == 2)
    assert bom["metadata"]["timestamp"] == registered.at.replace("+00:00", "Z")
    assert len(files["cards/openlineage.ndjson"].splitlines()) == 2


def test_a_clause_that_nothing_answers_says_so(capsys: pytest.CaptureFixture[str]):
    assert main(["evidence", "clauses", "--framework", "eu-ai-act"]) == 0
    told = capsys.readouterr().out
    assert "EU AI Act 15(4)" in told
    assert "in it: nothing" in told
    assert "AISVS" not in told
    assert main(["evidence", "clauses", "--framework", "iso"]) == 2
    assert {one.framework for one in CLAUSES} == set(FRAMEWORKS.values())
    assert len({(one.framework, one.clause) for one in CLAUSES}) == len(CLAUSES)
