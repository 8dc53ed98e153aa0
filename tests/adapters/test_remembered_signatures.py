"""What held is asked about once, as long as keys, words, name and time are the same; what did not hold is asked about every time."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.adapters.remembered_signatures import RememberingVerifier
from governance.adapters.ssh_signatures import SshVerifier
from governance.ports.signer import NotSigned, Signed
from tests.authenticator import Authenticator, allow_passkeys

NOW = datetime(2026, 11, 20, 3, 7, tzinfo=UTC)
CONTENT = b"a statement"


@dataclass
class Counting:
    """A Verifier that counts how often it is asked; `meanwhile` is written into the list while it answers."""

    inner: SshVerifier
    asked: int = 0
    meanwhile: list[str] = field(default_factory=list)

    def verify(self, content: bytes, signature: str, *, by: str, at: datetime) -> Signed | NotSigned:
        self.asked += 1
        found = self.inner.verify(content, signature, by=by, at=at)
        if self.meanwhile:
            self.inner.allowed.write_text(self.meanwhile.pop())
        return found

    def people(self) -> tuple[str, ...]:
        return self.inner.people()


@dataclass
class Bench:
    device: Authenticator
    allowed: Path

    def __post_init__(self) -> None:
        allow_passkeys(self.allowed, self.device.line("steward-a"))
        self.counting = Counting(SshVerifier(allowed=self.allowed))
        self.verifier = RememberingVerifier(inner=self.counting, allowed=self.allowed)
        self.signature = self.device.sign(CONTENT)

    def holds(self, content: bytes = CONTENT, by: str = "steward-a", at: datetime = NOW, signature: str = "") -> bool:
        return isinstance(self.verifier.verify(content, signature or self.signature, by=by, at=at), Signed)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(Authenticator(), tmp_path / "allowed_signers")


def test_what_held_is_asked_about_once_and_anything_else_anew(bench: Bench) -> None:
    assert [bench.holds(), bench.holds(), bench.counting.asked] == [True, True, 1]
    assert not bench.holds(content=CONTENT + b"x")
    assert not bench.holds(by="steward-b")
    assert bench.holds(at=NOW + timedelta(seconds=1))
    assert bench.holds(signature=bench.device.sign(CONTENT))
    assert bench.counting.asked == 5


def test_what_did_not_hold_is_asked_about_every_time(bench: Bench) -> None:
    assert [bench.holds(content=b"other"), bench.holds(content=b"other"), bench.counting.asked] == [False, False, 2]


def test_a_list_that_says_something_else_is_asked_at_once(bench: Bench) -> None:
    assert bench.holds()
    kept = bench.allowed.read_text()
    bench.allowed.write_text(kept.replace('namespaces="heirloom"', 'namespaces="heirloom",valid-before="20260101Z"'))
    assert not bench.holds()
    bench.allowed.unlink()
    assert not bench.holds()
    bench.allowed.write_text(kept)
    assert [bench.holds(), bench.counting.asked] == [True, 3]


def test_an_answer_during_which_the_list_changed_is_not_remembered(bench: Bench) -> None:
    bench.counting.meanwhile = [""]
    assert bench.holds()
    assert not bench.holds()
    assert bench.counting.asked == 2


def test_so_many_are_remembered_and_then_all_are_asked_about_anew(bench: Bench) -> None:
    bench.verifier = replace(bench.verifier, most=3)
    times = [NOW + timedelta(seconds=second) for second in range(4)]
    assert all(bench.holds(at=at) for at in times)
    assert [bench.holds(at=times[0]), bench.counting.asked] == [True, 5]
