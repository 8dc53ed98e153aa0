"""Real ssh-keygen: a signature holds for exactly its bytes, its namespace, its one named person and the time its key was allowed."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from governance.adapters.ssh_signatures import BEGIN, END, NAMESPACE, SshSigner, SshVerifier
from governance.errors import DependencyError, UsageError
from governance.ports.signer import NotSigned, Signed
from tests.keys import allow, make_key

NOW = datetime(2026, 11, 20, 3, 7, tzinfo=UTC)
CONTENT = b'{"act":"rows.relabelled"}'


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder / name) for name in ("steward-a", "mallory")}


@pytest.fixture
def allowed(tmp_path: Path, keys: dict[str, Path]) -> Path:
    return allow(tmp_path / "allowed_signers", ("steward-a", keys["steward-a"]))


def refused(allowed: Path, signature: str, content: bytes = CONTENT, by: str = "steward-a", at: datetime = NOW) -> str:
    found = SshVerifier(allowed=allowed).verify(content, signature, by=by, at=at)
    assert isinstance(found, NotSigned), found
    return found.reason


def test_what_a_person_signed_is_theirs_and_names_the_key(keys: dict[str, Path], allowed: Path) -> None:
    signature = SshSigner(key=keys["steward-a"]).sign(CONTENT)
    found = SshVerifier(allowed=allowed).verify(CONTENT, signature, by="steward-a", at=NOW)
    assert isinstance(found, Signed)
    shown = subprocess.run(["ssh-keygen", "-l", "-f", str(keys["steward-a"])], capture_output=True, text=True, check=True).stdout
    assert (found.by, found.key) == ("steward-a", shown.split()[1])


def test_a_signature_over_other_bytes_proves_nothing(keys: dict[str, Path], allowed: Path) -> None:
    signature = SshSigner(key=keys["steward-a"]).sign(CONTENT)
    assert "incorrect signature" in refused(allowed, signature, content=CONTENT + b" ")


def test_a_key_that_is_not_listed_and_a_list_that_is_not_there_prove_nothing(keys: dict[str, Path], allowed: Path) -> None:
    signature = SshSigner(key=keys["mallory"]).sign(CONTENT)
    assert "is not among the allowed signers" in refused(allowed, signature)
    assert "is not among the allowed signers" in refused(allowed.with_name("nowhere"), signature)


def test_another_persons_key_does_not_speak_for_one(keys: dict[str, Path], allowed: Path) -> None:
    allow(allowed, ("steward-a", keys["steward-a"]), ("mallory", keys["mallory"]))
    signature = SshSigner(key=keys["mallory"]).sign(CONTENT)
    assert "is listed for mallory and not for steward-a alone" in refused(allowed, signature)


@pytest.mark.parametrize("names", ["*", "steward-a,mallory", "steward-?"])
def test_a_pattern_or_a_list_of_names_names_nobody(keys: dict[str, Path], allowed: Path, names: str) -> None:
    allow(allowed, (names, keys["steward-a"]))
    assert f"is listed for {names}" in refused(allowed, SshSigner(key=keys["steward-a"]).sign(CONTENT))


def test_a_key_that_two_people_share_proves_neither(keys: dict[str, Path], allowed: Path) -> None:
    allow(allowed, ("steward-a", keys["steward-a"]), ("steward-b", keys["steward-a"]))
    assert "listed for steward-a, steward-b" in refused(allowed, SshSigner(key=keys["steward-a"]).sign(CONTENT))


def test_a_signature_for_another_purpose_is_none_here(keys: dict[str, Path], allowed: Path) -> None:
    words = ["ssh-keygen", "-Y", "sign", "-f", str(keys["steward-a"]), "-n", "git"]
    signature = subprocess.run(words, input=CONTENT, capture_output=True, check=True).stdout.decode()
    assert NAMESPACE == "heirloom"
    assert "namespace does not match" in refused(allowed, signature)


def test_a_key_holds_for_the_time_that_the_list_gives_it(keys: dict[str, Path], allowed: Path) -> None:
    allow(allowed, ('steward-a valid-before="20261120Z"', keys["steward-a"]))
    signature = SshSigner(key=keys["steward-a"]).sign(CONTENT)
    assert "key has expired" in refused(allowed, signature, at=NOW)
    before = datetime(2026, 11, 19, 23, 59, tzinfo=UTC)
    assert isinstance(SshVerifier(allowed=allowed).verify(CONTENT, signature, by="steward-a", at=before), Signed)


@pytest.mark.parametrize(
    "text", ["", "x", f"{BEGIN}\n{END}", f"{BEGIN}\n???\n{END}", f"{BEGIN}\nU1NIU0lH\n{END}", f"{BEGIN}\n{'A' * 20_000}\n{END}"]
)
def test_what_is_no_signature_is_said_to_be_none(allowed: Path, text: str) -> None:
    assert refused(allowed, text) == "it is no SSH signature"


def test_a_key_that_is_not_there_or_is_locked_is_the_callers_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no file"):
        SshSigner(key=tmp_path / "nowhere").sign(CONTENT)
    (tmp_path / "no-key").write_text("no key\n")
    (tmp_path / "no-key").chmod(0o600)
    with pytest.raises(UsageError, match="does not sign"):
        SshSigner(key=tmp_path / "no-key").sign(CONTENT)


def test_a_machine_without_openssh_is_a_missing_dependency(
    keys: dict[str, Path], allowed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DependencyError, match="ssh-keygen is not installed"):
        SshSigner(key=keys["steward-a"]).sign(CONTENT)
