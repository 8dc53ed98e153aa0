"""A person settles rows through the real command, signed with a real key, and the next plan takes them as they were labelled."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.e2e.shell import run
from tests.e2e.test_bad_batches import audit_of, good, human, lines, planned
from tests.keys import allow, make_key

UNNAMED = {**human("edit-1", "a draft of a machine that somebody mended in town"), "origin": "hybrid"}


def filled(sheet: Path, answers: Mapping[str, Mapping[str, str]], added: Mapping[str, str]) -> None:
    with sheet.open(encoding="utf-8-sig", newline="") as stream:
        header = next(csv.reader(stream))
        asked = [dict(zip(header, cells, strict=True)) for cells in csv.reader(stream)]
    with sheet.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, header, restval="")
        writer.writeheader()
        writer.writerows([*({**line, **answers.get(line["row_id"], {})} for line in asked), added])


@pytest.mark.e2e
def test_rows_are_settled_by_a_signed_sheet_and_the_next_plan_takes_them_as_labelled(copy: Callable[[], Path], tmp_path: Path):
    workspace = copy()
    key = make_key(tmp_path / "keys" / "steward-a")
    allow(workspace / "allowed_signers", ("steward-a", key))
    steward = {"HEIRLOOM_ACTOR": "steward-a", "HEIRLOOM_SIGNING_KEY": str(key)}
    batch = lines(workspace / "week.jsonl", [*good(200), UNNAMED])
    assert audit_of(planned(workspace, batch), 201)["by_rule"] == {"missing-generator": 1}
    queue = run(workspace, "label", "queue", "--json").document
    assert queue["by_why"]["model or hybrid without its generator's version"] == 1
    sheet = tmp_path / "doubtful.csv"
    assert run(workspace, "label", "export", str(sheet), "--json").document["rows"] == queue["rows"]
    known = run(workspace, "label", "history", "good-7", "--json").document["known"][0]
    machine = {"new_generator": "desk-assist", "new_generator_version": "10"}
    added = {
        **machine,
        **{name: known[name] for name in ("row_id", "sha256", "origin")},
        "new_origin": "model",
        "note": "the tool's log shows it",
    }
    filled(sheet, {"edit-1": machine}, added)
    done = run(workspace, "label", "import", str(sheet), "--json", **steward)
    assert done.code == 0, done.out + done.err
    assert (done.document["moves"], done.document["unqueued"]) == ({"human->model": 1, "hybrid->hybrid": 1}, 1)
    assert done.document["signature"].startswith("-----BEGIN SSH SIGNATURE-----")
    audit = audit_of(planned(workspace, batch), 201)
    assert (audit["quarantined"], audit["relabelled"]) == (0, {"human->model": 1, "hybrid->hybrid": 1})
    assert audit["labellers"] == {"steward-a": 2}
    frozen = json.loads((workspace / "cycle" / "cycle.json").read_text())["relabels"]
    assert frozen["left_out"] == []
    assert run(workspace, "ledger", "verify").code == 0
    again = run(workspace, "label", "import", str(sheet), "--json", **steward)
    assert (again.code, again.document["changed"]) == (0, False)
    allow(workspace / "allowed_signers")
    assert audit_of(planned(workspace, batch), 201)["relabelled"] == {}
