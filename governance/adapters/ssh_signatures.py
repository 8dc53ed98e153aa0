"""Signatures by OpenSSH (`ssh-keygen -Y`): the person's own SSH key signs, a file of allowed signers says whose key it is.

Whoever has OpenSSH can verify what is kept, for ever and without this program: `ssh-keygen -Y verify -n heirloom -f allowed_signers ...`.
"""

import base64
import binascii
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from governance.errors import DependencyError, UsageError
from governance.ports.signer import NotSigned, Signed
from governance.release.dsse import BEGIN, END
from governance.release.passkey import NAMESPACE, Assertion, trouble
from governance.release.platform_key import PLATFORM

PATIENCE_SECONDS = 120
"""Time for a person to type a passphrase or to touch a hardware key."""
MACHINE_SECONDS = 10
"""A key without a passphrase signs in milliseconds."""
LONGEST = 16_384
"""Characters of a signature: the largest RSA key in use needs a fifth of it."""
_MAGIC = b"SSHSIG\x00\x00\x00\x01"
PROGRAM = "ssh-keygen"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSigner:
    """Signs with a private key file, or with the agent's key where the file is its public half (see `governance.ports.signer.Signer`)."""

    key: Path
    namespace: str = NAMESPACE
    person: bool = True
    """False for a key that no person opens: nobody is asked for a passphrase, and the wait is short."""

    def fingerprint(self) -> str:
        self._there()
        done = _ran(["-l", "-f", str(self.key)], b"")
        words = done.stdout.decode("utf-8", "replace").split()
        if done.returncode or len(words) < 2:
            raise UsageError(f"is no SSH key: {_first_line(done.stderr)}", where=str(self.key), expected="an SSH key")
        return words[1]

    def sign(self, content: bytes) -> str:
        self._there()
        done = _ran(["-Y", "sign", "-f", str(self.key), "-n", self.namespace], content, person=self.person)
        if done.returncode:
            raise UsageError(f"does not sign: {_first_line(done.stderr)}", where=str(self.key), expected="an SSH key that you can open")
        return done.stdout.decode("ascii")

    def _there(self) -> None:
        if not self.key.is_file():
            raise UsageError("is no file", where=str(self.key), expected="your SSH key", fix="ssh-keygen -t ed25519 makes one")


@dataclass(frozen=True, slots=True, kw_only=True)
class SshVerifier:
    """Verifies against a file in the form of `man ssh-keygen`, ALLOWED SIGNERS (see `governance.ports.signer.Verifier`).

    A line gives one name to one key, spelt out: a pattern or a list of names does not say who it was, and proves nothing. After the key
    of a passkey stands the origin of the page on which it signs (`governance.release.passkey`).
    """

    allowed: Path
    namespace: str = NAMESPACE

    def verify(self, content: bytes, signature: str, *, by: str, at: datetime) -> Signed | NotSigned:
        key = _key_of(signature)
        if key is None:
            return NotSigned(reason="it is no SSH signature")
        if by == PLATFORM and self.namespace == NAMESPACE:
            return NotSigned(reason=f"{PLATFORM} is the platform's name, and no person's")
        names = self._names(key)
        if names != {by}:
            listed = f"is listed for {', '.join(sorted(names))} and not for {by} alone" if names else "is not among the allowed signers"
            return NotSigned(reason=f"its key {_fingerprint(key)} {listed}")
        if doubt := self._asserted(key, content, signature):
            return NotSigned(reason=doubt)
        with tempfile.NamedTemporaryFile("w", suffix=".sig", encoding="ascii") as file:
            file.write(signature)
            file.flush()
            moment = at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")
            words = [
                "-Y",
                "verify",
                "-n",
                self.namespace,
                "-I",
                by,
                "-f",
                str(self.allowed),
                "-s",
                file.name,
                "-O",
                f"verify-time={moment}",
            ]
            done = _ran(words, content)
        if done.returncode:
            return NotSigned(reason=_first_line(done.stderr).removeprefix(f"{self.allowed}:"))
        return Signed(by=by, key=_fingerprint(key))

    def people(self) -> tuple[str, ...]:
        return tuple(sorted({words[0] for words in self._lines() if not set("*?!,") & set(words[0])}))

    def _names(self, key: bytes) -> set[str]:
        """Every name that the file gives to a key."""
        written = base64.b64encode(key).decode("ascii")
        return {words[0] for words in self._lines() if written in words[1:]}

    def _asserted(self, key: bytes, content: bytes, signature: str) -> str:
        """What OpenSSH does not look at in a passkey's signature; empty where that holds, and for every other signature."""
        written = base64.b64encode(key).decode("ascii")
        origins = [word for words in self._lines() if written in words[1:] for word in words[words.index(written) + 1 :]]
        try:
            said = Assertion.read(signature)
        except ValueError as error:
            return f"it is no passkey's signature: {error}"
        return trouble(said, content, origins, self.namespace) if said else ""

    def _lines(self) -> list[list[str]]:
        lines = self.allowed.read_text(encoding="utf-8").splitlines() if self.allowed.is_file() else []
        return [words for words in map(str.split, lines) if words and not words[0].startswith("#")]


def _key_of(signature: str) -> bytes | None:
    """The public key that stands in an armoured signature; None where it is none."""
    lines = signature.strip().splitlines()
    if len(signature) > LONGEST or len(lines) < 3 or (lines[0], lines[-1]) != (BEGIN, END):
        return None
    try:
        content = base64.b64decode("".join(lines[1:-1]), validate=True)
    except (binascii.Error, ValueError):
        return None
    start = len(_MAGIC) + 4
    length = int.from_bytes(content[len(_MAGIC) : start], "big")
    return content[start : start + length] if content.startswith(_MAGIC) and 0 < length <= len(content) - start else None


def _fingerprint(key: bytes) -> str:
    return f"SHA256:{base64.b64encode(hashlib.sha256(key).digest()).decode('ascii').rstrip('=')}"


def _ran(words: Sequence[str], content: bytes, *, person: bool = True) -> "subprocess.CompletedProcess[bytes]":
    patience = PATIENCE_SECONDS if person else MACHINE_SECONDS
    try:
        return subprocess.run(
            [PROGRAM, *words],
            input=content,
            capture_output=True,
            timeout=patience,
            env={**os.environ, "LC_ALL": "C", **({} if person else {"SSH_ASKPASS_REQUIRE": "never"})},
            start_new_session=not person,
            check=False,
        )
    except FileNotFoundError as error:
        raise DependencyError(f"{PROGRAM} is not installed", fix="install the OpenSSH client") from error
    except subprocess.TimeoutExpired as error:
        raise DependencyError(f"{PROGRAM} gave no answer in {patience} seconds", fix="unlock the key, then try again") from error


def _first_line(said: bytes) -> str:
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[0].strip() if lines else "no reason given"
