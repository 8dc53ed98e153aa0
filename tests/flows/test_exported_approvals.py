"""An exported word: files that OpenSSH verifies without us, and that we verify against keys and ledger; what was altered is named."""

import base64
import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.commands.verify import word_outcome
from flows.approvals import changes_since, export, prove
from governance.actions.approve import approve, reject
from governance.adapters.ssh_signatures import SshSigner
from governance.digest import digest_document, write_document
from governance.errors import IntegrityError
from governance.policy import read_policy
from governance.release.approval_statement import Statement
from governance.wiring import Shop, open_shop
from tests.actions.chamber import Chamber
from tests.keys import make_key
from tests.world import TickingClock

LINE = '[line]\nmodel = "student"\nenvironment = "staging"\n[promotion]\nmode = "review"\n'

PAGE = Path(__file__).parents[2] / "docs" / "signing.md"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("people")
    return {name: make_key(folder / name) for name in ("reviewer-a", "reviewer-b", "engineer-a", "steward-a")}


class Court:
    """A workspace on disk whose ledger holds a yes and a no."""

    def __init__(self, root: Path, people: Mapping[str, Path]) -> None:
        root.mkdir()
        (root / "policy.toml").write_text(LINE)
        self.policy = read_policy(root / "policy.toml")
        self.cycle = {"schema": "heirloom/cycle/1", "policy": self.policy.document()}
        chamber = Chamber(root, people, policy_sha256=self.policy.digest)
        held_to = chamber.terms(policy_sha256=self.policy.digest)
        approve(chamber.world.desk("reviewer-a"), 2, "read", held_to, SshSigner(key=people["reviewer-a"]))
        reject(chamber.world.desk("reviewer-b"), 2, "bland", SshSigner(key=people["reviewer-b"]))
        self.chamber = chamber
        self.shop = replace(open_shop(root, actor="auditor-a"), clock=TickingClock(at=datetime(2026, 12, 1, tzinfo=UTC)))
        for event in chamber.world.ledger.kept:
            self.shop.ledger.store.append(event)


@pytest.fixture
def court(tmp_path: Path, people: dict[str, Path]) -> Court:
    return Court(tmp_path / "court", people)


def named(paths: tuple[Path, ...]) -> dict[str, Path]:
    return {path.name: path for path in paths}


def test_a_word_is_exported_as_it_was_signed_and_openssh_alone_verifies_it(court: Court, tmp_path: Path) -> None:
    files = named(export(court.shop, 2, tmp_path / "out"))
    assert list(files) == [f"approval-{seq}.{end}" for seq in (7, 8) for end in ("statement.json", "sig", "dsse.json")]
    statement = files["approval-7.statement.json"].read_bytes()
    assert Statement.read(statement).approves
    (tmp_path / "out" / "allowed_signers").write_bytes(court.chamber.allowed.read_bytes())
    by_hand = next(block for block in PAGE.read_text().split("```\n") if block.startswith("{ printf"))
    done = subprocess.run(["bash", "-c", by_hand], cwd=tmp_path / "out", capture_output=True, check=True)
    assert b'Good "heirloom" signature for reviewer-a' in done.stdout
    envelope = json.loads(files["approval-7.dsse.json"].read_bytes())
    assert base64.b64decode(envelope["payload"]) == statement
    assert base64.b64decode(envelope["signatures"][0]["sig"]).startswith(b"SSHSIG")


def test_a_yes_and_a_no_are_verified_against_keys_and_ledger(court: Court, tmp_path: Path) -> None:
    files = named(export(court.shop, 2, tmp_path / "out"))
    yes, no = (prove(court.shop, files[f"approval-{seq}.dsse.json"]) for seq in (7, 8))
    assert (yes.wrong, yes.seq, no.wrong, no.seq) == ((), 7, (), 8)
    assert "was valid until" in yes.doubt
    assert (word_outcome(yes).code, word_outcome(no).code) == (0, 0)
    assert word_outcome(no).lines[0] == "reviewer-b refuses student/2 for staging: bland"


def altered(files: Mapping[str, Path], **changes: object) -> Path:
    path = files["approval-7.dsse.json"]
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **changes}))
    return path


def test_an_altered_word_is_found_wherever_it_was_altered(court: Court, tmp_path: Path) -> None:
    files = named(export(court.shop, 2, tmp_path / "out"))
    content = files["approval-7.statement.json"].read_bytes()
    other = base64.b64encode(content.replace(b'"reason":"read"', b'"reason":"seen"')).decode()
    found = prove(court.shop, altered(files, payload=other))
    assert ("incorrect signature" in found.wrong[0], found.wrong[1:]) == (True, ("it is written nowhere in this ledger",))
    assert word_outcome(found).code == 4
    loose = base64.b64encode(json.dumps(json.loads(content)).encode()).decode()
    with pytest.raises(IntegrityError, match="not in the form that was signed"):
        prove(court.shop, altered(files, payload=loose))
    with pytest.raises(IntegrityError, match="application/json"):
        prove(court.shop, altered(files, payloadType="application/json"))
    unsigned = altered(named(export(court.shop, 2, tmp_path / "out")), signatures=[])
    assert prove(court.shop, unsigned).wrong == ("nobody signed it",)
    with pytest.raises(IntegrityError, match="cannot be read"):
        prove(court.shop, tmp_path / "nowhere")


def test_a_word_of_somebody_who_is_off_the_list_does_not_hold(court: Court, tmp_path: Path) -> None:
    files = named(export(court.shop, 2, tmp_path / "out"))
    court.chamber.allow("reviewer-b")
    assert "is not among the allowed signers" in prove(court.shop, files["approval-7.dsse.json"]).wrong[0]


def test_what_changed_in_the_policy_is_told_from_the_archived_cycle_and_not_from_an_altered_one(court: Court) -> None:
    release = court.shop.ledger.state().releases[2]
    shop: Shop = open_shop(court.shop.workspace.root, actor="auditor-a")
    shop.workspace.policy.write_text(LINE + "valid_days = 30\n")
    place = shop.workspace.archive(digest_document(court.cycle)) / "cycle.json"
    assert changes_since(shop, release) == ""
    write_document(place, court.cycle)
    words = changes_since(
        shop, type(release)(**{**{n: getattr(release, n) for n in release.__slots__}, "cycle_digest": digest_document(court.cycle)})
    )
    assert words == "promotion.valid_days 7 -> 30; by whom is not known: policy.toml is in no git checkout"
    write_document(shop.workspace.archive(release.cycle_digest) / "cycle.json", court.cycle)
    assert changes_since(shop, release) == ""
