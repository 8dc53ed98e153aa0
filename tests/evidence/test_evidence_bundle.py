"""The bundle of a line that really trained: it verifies alone, says itself again byte by byte, and holds no text unless it is told to."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest

from cli.main import main
from flows.evidence import write_evidence
from flows.finish import archive_of
from governance.adapters.evidence import verify
from governance.adapters.report.visible import csv_text
from governance.errors import RefusedError, UsageError
from governance.release.ledger import follow
from tests.evidence.forgery import failed, mended, opened, packed, said, with_events
from tests.evidence.real_line import CANARY, HOSTILE, RealShop, document


def alone(bundle: Path, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    """The program out of the bundle, in a folder of its own, with nothing of ours and no environment but PATH."""
    program = folder / "verify.py"
    program.write_bytes(opened(bundle)["verify.py"])
    words = [os.path.realpath(sys.executable), "-I", str(program), str(bundle), *more]
    return subprocess.run(words, cwd=folder, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)


def test_the_program_in_the_bundle_verifies_it_without_anything_of_ours(bundle: Path, line: RealShop, tmp_path: Path):
    root = line.workspace
    brought = ("--signers", str(root.root / "allowed_signers"), "--key", str(root.platform_signers), "--witness", str(root.checkpoints))
    done = alone(bundle, tmp_path, *brought)
    assert (done.returncode, done.stderr) == (0, "")
    told = done.stdout.splitlines()
    assert told[-1] == " 20 checks, 0 failed."
    assert all(one.startswith((" ok   ", " --   ")) for one in told[:-1])
    for words in (
        f"{line.ledger.state().seq} ledger links",
        "approval by reviewer-a over model",
        "reviewer-a did not request the run (engineer-a)",
        "% model text recomputed from",
        "4 perplexity comparisons and 6 readings recomputed from 720 raw scores: all same to 1e-9",
        "11 gates judged anew",
        "--   not checked: that the labels themselves are true. Declared 40.0 % of the batch's rows synthetic, no estimate",
        "signed by the platform",
        "the platform signed this verdict of the gate",
        "limits, seed, shards and policy were signed by the platform before training",
    ):
        assert words in done.stdout, words


def test_its_answers_come_as_json_too_and_the_exit_code_says_whether_any_failed(bundle: Path, tmp_path: Path):
    nobody = tmp_path / "nobody"
    nobody.write_text("")
    done = alone(bundle, tmp_path, "--json", "--signers", str(nobody))
    told = json.loads(done.stdout)
    assert (done.returncode, told["schema"], told["failed"]) == (4, "heirloom/verification/1", 1)
    assert [check["name"] for check in told["checks"] if check["outcome"] == "FAIL"] == ["approvals"]
    assert alone(bundle, tmp_path, "--force").returncode == 2


def test_the_founding_release_verifies_too(line: RealShop, tmp_path: Path):
    write_evidence(line, 1, tmp_path / "one.zip")
    assert failed(tmp_path / "one.zip") == set()


def test_the_same_state_gives_the_same_bytes(line: RealShop, bundle: Path, tmp_path: Path):
    again = write_evidence(line, 2, tmp_path / "again.zip").written
    assert (tmp_path / "again.zip").read_bytes() == bundle.read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert json.loads(opened(bundle)["bundle.json"])["files"].keys() == set(names) - {"bundle.json"} == set(again.files)


def test_there_is_text_in_it_only_when_it_is_asked_for(line: RealShop, bundle: Path, tmp_path: Path):
    samples = pl.read_parquet(archive_of(line, line.ledger.state().releases[2].cycle_digest) / "samples.parquet")["text"]
    written = sorted({text for text in samples if text.count(" ") > 5})[:20]
    assert written
    everything = b"\n".join(opened(bundle).values()).decode()
    assert [text for text in (CANARY, *written) if text in everything] == []
    write_evidence(line, 2, tmp_path / "texts.zip", with_text=True)
    files = opened(tmp_path / "texts.zip")
    rows = pl.read_parquet(io.BytesIO(files["texts/mix.parquet"]))
    assert rows["text"].str.contains(CANARY).sum() == 1
    assert set(written) <= set(pl.read_parquet(io.BytesIO(files["texts/samples.parquet"]))["text"])
    assert failed(tmp_path / "texts.zip") == set()
    assert "texts/mix.parquet is the file of rows" in said(tmp_path / "texts.zip", "texts")


def test_a_hostile_id_is_kept_whole_and_computes_nothing_in_a_spreadsheet(bundle: Path, line: RealShop):
    cells = list(csv.reader(io.StringIO(opened(bundle)["rows.csv"].decode(), newline="")))
    mix = pl.read_parquet(line.workspace.cycle / "mix.parquet")
    assert [csv_text(one[1]) for one in cells[1:]] == mix["row_id"].to_list()
    assert [one[1] for one in cells if HOSTILE in one[1]] == [f"'{HOSTILE}"]
    assert not [cell for one in cells for cell in one if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_what_an_older_version_did_not_keep_is_said_and_not_failed(line: RealShop, tmp_path: Path):
    folder = archive_of(line, line.ledger.state().releases[1].cycle_digest)
    hidden = [folder / name for name in ("rows.csv.gz", "scores.csv.gz", "measures.json")]
    for path in hidden:
        path.rename(path.with_suffix(".away"))
    try:
        found = write_evidence(line, 1, tmp_path / "old.zip")
    finally:
        for path in hidden:
            path.with_suffix(".away").rename(path)
    assert "rows.csv, the rows of the mix: not kept when the cycle ended" in found.written.lacking
    assert failed(tmp_path / "old.zip") == set()
    assert "not checked: rows.csv was not kept" in said(tmp_path / "old.zip", "shares")


def test_it_is_written_whole_to_a_new_file_or_not_at_all(line: RealShop, tmp_path: Path):
    (tmp_path / "there.zip").write_text("a letter")
    with pytest.raises(UsageError, match="exists"):
        write_evidence(line, 2, tmp_path / "there.zip")
    with pytest.raises(UsageError, match="cannot be written"):
        write_evidence(line, 2, tmp_path / "nowhere" / "e.zip")
    with pytest.raises(RefusedError, match="version 9 is not registered"):
        write_evidence(line, 9, tmp_path / "e.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["there.zip"]


def test_the_command_writes_it_and_says_what_is_in_it(line: RealShop, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "evidence.zip"
    assert main(["evidence", "2", "--out", str(out), "--workspace", str(line.workspace.root)]) == 0
    told = capsys.readouterr().out
    rows = sum(document(line, "mix")["rows"].values())
    assert f"1 mix ({rows} rows with hash, source and generator) · 1 approval · {line.ledger.state().seq} ledger events" in told
    assert "Not in it: no text of a row" in told
    assert verify.main([str(out)]) == 0


def test_an_adopted_release_is_somebodys_word_and_the_program_says_so(tmp_path: Path):
    """A ledger as `heirloom adopt` leaves it, without a cycle behind it."""
    body = {"version": 1, "adoption_sha256": "a" * 64, "checkpoint": "c" * 64, "policy_sha256": "p" * 64, "share": {"low": 0, "high": 1000}}
    created = follow(
        None, kind="workspace.created", actor="ann", at="2026-11-20T03:07:00+00:00", body={"model": "m", "environment": "demo"}
    )
    more = {"tokens": None, "run_url": "", "reason": "ours since 2024"}
    taken = follow(created, kind="model.adopted", actor="ann", at="2026-11-20T03:08:00+00:00", body={**body, **more})
    served = follow(
        taken,
        kind="promotion.committed",
        actor="ann",
        at="2026-11-20T03:09:00+00:00",
        body={"version": 1, "from": None, "approved_by": ["ann"]},
    )
    about = {"schema": "heirloom/evidence/1", "model": "m", "version": 1, "files": {}}
    files = with_events({"bundle.json": json.dumps(about).encode()}, [one.document() for one in (created, taken, served)])
    path = packed(tmp_path / "adopted.zip", mended(files))
    assert failed(path) == set()
    assert "was adopted by ann, and no gate of this line judged it" in said(path, "registration")
    assert "rules of promotion" in said(path, "approvals")
