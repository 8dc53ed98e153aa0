"""The platform's key with real ssh-keygen: who can read it, what it signs, who replaces it; and that it is told nowhere."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from governance.actions.witnessing import rekey, witness
from governance.adapters.platform_key import PlatformKeyFile
from governance.adapters.ssh_signatures import SshSigner, SshVerifier
from governance.adapters.witnesses.named import enlisted, rekeyed
from governance.digest import write_document
from governance.errors import IntegrityError, UsageError
from governance.ports.signer import NotSigned
from governance.ports.workspace import Workspace
from governance.release.checkpoint import Checkpoint, SignedCheckpoint
from governance.release.platform_key import NAMESPACE, PLATFORM, fingerprint, line_of, platform_keys
from tests.keys import allow, make_key
from tests.witnessed_line import Line, rewritten
from tests.world import TickingClock

CONTENT = b'{"schema":"heirloom/checkpoint/1"}'


@pytest.fixture
def seal(tmp_path: Path) -> PlatformKeyFile:
    found = PlatformKeyFile(key=tmp_path / "state" / "platform" / "key", signers=tmp_path / "platform_signers", own=True)
    found.enlist(found.public(make=True))
    return found


def test_the_key_is_its_owners_alone_and_git_leaves_it_where_it_is(seal: PlatformKeyFile, tmp_path: Path) -> None:
    assert seal.key.stat().st_mode & 0o777 == 0o600
    assert seal.key.parent.stat().st_mode & 0o777 == 0o700
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "add", "-A"], check=True)
    added = subprocess.run(["git", "-C", str(tmp_path), "ls-files"], capture_output=True, text=True, check=True).stdout.split()
    assert added == ["platform_signers"]


def test_what_it_signs_is_verified_with_ssh_keygen_and_the_listed_key_alone(seal: PlatformKeyFile, tmp_path: Path) -> None:
    (tmp_path / "signature").write_text(seal.sign(CONTENT))
    words = ["ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-I", PLATFORM, "-f", str(seal.signers), "-s", str(tmp_path / "signature")]
    assert subprocess.run(words, input=CONTENT, capture_output=True, check=False).returncode == 0
    assert subprocess.run(words, input=CONTENT + b" ", capture_output=True, check=False).returncode != 0
    assert seal.doubt(CONTENT, seal.sign(CONTENT), seal.public(make=False)) == ""


def test_a_key_that_others_can_read_is_refused_and_one_that_is_gone_is_not_made_again(seal: PlatformKeyFile) -> None:
    seal.key.chmod(0o644)
    with pytest.raises(IntegrityError, match="has mode 644"):
        seal.sign(CONTENT)
    seal.key.unlink()
    with pytest.raises(UsageError, match="is no file"):
        seal.public(make=False)


def test_a_key_that_was_half_made_by_a_killed_process_counts_for_nothing(tmp_path: Path) -> None:
    half = tmp_path / "state" / ".platform.killed"
    half.mkdir(parents=True)
    (half / "key").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    seal = PlatformKeyFile(key=tmp_path / "state" / "platform" / "key", signers=tmp_path / "platform_signers", own=True)
    assert seal.public(make=True) == seal.public(make=True)


def test_a_key_that_a_server_mounts_is_used_and_never_made(tmp_path: Path) -> None:
    mounted = make_key(tmp_path / "secrets" / "platform")
    (tmp_path / "line").mkdir()
    (tmp_path / "line" / "heirloom.toml").write_text(f'[signing]\nplatform_key = "{mounted}"\n')
    shop = Line(root=tmp_path / "line", clock=TickingClock()).shop()
    assert not enlisted(shop.workspace)
    assert shop.notary.seal.public(make=True).split()[1] in mounted.with_name("platform.pub").read_text()
    mounted.unlink()
    with pytest.raises(UsageError, match="is no file"):
        shop.notary.seal.public(make=True)


def test_a_key_that_is_mounted_into_the_workspace_is_refused(tmp_path: Path) -> None:
    (tmp_path / "line").mkdir()
    (tmp_path / "line" / "heirloom.toml").write_text('[signing]\nplatform_key = "keys/platform"\n')
    shop = Line(root=tmp_path / "line", clock=TickingClock()).shop()
    (tmp_path / "line" / "keys").mkdir()
    with pytest.raises(UsageError, match="lies in the workspace"):
        vars(replace_home(shop, tmp_path / "line"))


def replace_home(shop, folder):
    import os

    here = Path.cwd()
    os.chdir(folder)
    try:
        return shop.notary
    finally:
        os.chdir(here)


def test_neither_speaks_for_the_other(seal: PlatformKeyFile, tmp_path: Path) -> None:
    """A person's signature is not the platform's, the platform's is no person's, and no person has its name."""
    person = make_key(tmp_path / "person")
    public = " ".join(person.with_name("person.pub").read_text().split()[:2])
    assert seal.doubt(CONTENT, SshSigner(key=person).sign(CONTENT), public)
    assert seal.doubt(CONTENT, SshSigner(key=person, namespace=NAMESPACE).sign(CONTENT), seal.public(make=False))
    allowed = allow(tmp_path / "allowed_signers", ("steward-a", seal.key), (PLATFORM, person))
    at = TickingClock().now()
    for by, signature in (("steward-a", seal.sign(CONTENT)), (PLATFORM, SshSigner(key=person).sign(CONTENT))):
        assert isinstance(SshVerifier(allowed=allowed).verify(CONTENT, signature, by=by, at=at), NotSigned)


def test_a_replaced_key_is_signed_by_the_old_one_and_without_it_every_proof_says_so(tmp_path: Path) -> None:
    line = Line.made(tmp_path / "line")
    line.found()
    line.decide(1)
    first = platform_keys(line.events())[-1]
    shop = line.shop()
    second = rekeyed(shop.workspace, shop.notary, None, "yearly")
    assert (second.replaces, bool(second.signature)) == (first.key, True)
    assert line.prove().doubts == ()
    line.decide(2)
    subprocess.run(["rm", "-r", str(line.root / ".heirloom" / "platform")], check=True)
    with pytest.raises(UsageError, match="is no file"):
        line.shop().notary.seal.sign(CONTENT)
    line.decide(3)  # the act stands, and nobody could witness it
    assert line.prove().after == 1
    shop = line.shop()
    third = rekeyed(shop.workspace, shop.notary, None, "the disk was lost")
    assert (third.replaces, third.signature) == (second.key, "")
    assert [f"key {third.key} took the place of {second.key}" in doubt for doubt in line.prove().doubts] == [True]
    assert [key.key for key in platform_keys(line.events())] == [first.key, second.key, third.key]


def test_a_key_that_was_replaced_and_stolen_vouches_for_nothing_that_came_after(tmp_path: Path) -> None:
    line = Line.made(tmp_path / "line")
    line.found()
    line.decide(1)
    shutil.copytree(line.root / ".heirloom" / "platform", tmp_path / "stolen")
    shop = line.shop()
    rekeyed(shop.workspace, shop.notary, None, "it may have been seen")
    events = line.events()
    stolen = PlatformKeyFile(key=tmp_path / "stolen" / "key", signers=shop.workspace.platform_signers, own=True)
    said = Checkpoint(line=line_of(events), seq=len(events), head=events[-1].digest, at="2026-11-30T00:00:00+00:00")
    forged = SignedCheckpoint(checkpoint=said, key=platform_keys(events)[0].key, signature=stolen.sign(said.content()))
    assert shop.notary.seal.doubt(said.content(), forged.signature, platform_keys(events)[0].public) == ""
    write_document(line.root / "far" / f"{forged.name}.json", forged.document())
    with pytest.raises(IntegrityError, match="was not the platform's at seq"):
        line.prove()


def test_a_rekeying_that_was_killed_is_finished_by_the_same_call(tmp_path: Path) -> None:
    line = Line.made(tmp_path / "line")
    line.found()
    line.decide(1)
    shop = line.shop()
    fresh = PlatformKeyFile(key=line.root / ".heirloom" / "platform.new" / "key", signers=shop.workspace.platform_signers, own=True)
    named = rekey(shop.notary, fresh, "yearly", shop.notary.seal)  # and killed here
    with pytest.raises(IntegrityError, match="the platform's key at hand is"):
        witness(line.shop().notary)
    assert rekeyed(shop.workspace, line.shop().notary, None, "yearly") == named
    assert not fresh.key.exists()
    assert (line.prove().after, line.prove().doubts) == (0, ())


def test_a_key_that_claims_the_word_of_the_one_before_must_have_it(tmp_path: Path) -> None:
    line = Line.made(tmp_path / "line")
    line.found()
    line.decide(1)
    shop = line.shop()
    rekeyed(shop.workspace, shop.notary, None, "yearly")
    named = line.events()[-1]
    line.replace(rewritten(line.events(), {named.seq: {**named.body, "reason": "other"}})[:-1])
    line.replace(
        rewritten(
            (*line.events(), replace(named, seq=len(line.events()) + 1)),
            {len(line.events()) + 1: {**named.body, "signature": shop.notary.seal.sign(b"other")}},
        )
    )
    with pytest.raises(IntegrityError, match="does not carry the word of"):
        line.prove()


def test_a_secret_is_told_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A12: the private key's lines stand in no message, no ledger, no witness and no file but its own."""
    line = Line.made(tmp_path / "line")
    line.found()
    line.decide(1)
    key = line.root / ".heirloom" / "platform" / "key"
    secret = key.read_text().splitlines()[2]
    key.chmod(0o640)
    line.decide(2)
    said = capfd.readouterr()
    assert "is not witnessed everywhere" in said.err
    assert secret not in said.out + said.err
    holders = [path for path in line.root.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert holders == [key]


def test_a_workspace_that_git_holds_keeps_its_key_out_of_it(tmp_path: Path) -> None:
    workspace = Workspace(root=tmp_path / "line")
    workspace.root.mkdir()
    assert enlisted(workspace)
    assert not enlisted(workspace), "a second time changes nothing"
    listed = workspace.platform_signers.read_text()
    assert listed.startswith(f'{PLATFORM} namespaces="{NAMESPACE}" ssh-ed25519 ')
    shown = PlatformKeyFile(key=workspace.platform_key, signers=workspace.platform_signers, own=True).listed()
    assert list(shown) == [fingerprint(next(iter(shown.values())))]
