"""The platform's own key: an SSH key in a file that only its owner can read. It is never shown; what is told of it is its fingerprint."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from governance.adapters.ssh_signatures import MACHINE_SECONDS, PROGRAM, SshSigner, SshVerifier
from governance.digest import sync_folder, write_bytes
from governance.errors import DependencyError, IntegrityError, UsageError
from governance.ports.signer import NotSigned
from governance.release.platform_key import NAMESPACE, PLATFORM, fingerprint

OWNER_ONLY = 0o700
KIND = "ed25519"
KINDS = re.compile(r"(ssh|ecdsa)-[a-z0-9-]+$")
"""How a public key begins in a line of allowed signers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformKeyFile:
    """A PlatformSeal (see `governance.ports.witness`). `own` is True where the key lies in the workspace's state and may be made there."""

    key: Path
    signers: Path
    own: bool

    def public(self, *, make: bool) -> str:
        if make and self.own and not self.key.exists():
            _make(self.key)
        self._check()
        shown = _keygen("-y", "-P", "", "-f", str(self.key))
        if shown.returncode:
            raise UsageError("cannot be opened", where=str(self.key), expected="an SSH private key without a passphrase")
        return " ".join(shown.stdout.split()[:2])

    def sign(self, content: bytes) -> str:
        self._check()
        return SshSigner(key=self.key, namespace=NAMESPACE, person=False).sign(content)

    def doubt(self, content: bytes, signature: str, public: str) -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".signers", encoding="ascii") as file:
            file.write(_line(public))
            file.flush()
            verifier = SshVerifier(allowed=Path(file.name), namespace=NAMESPACE)
            found = verifier.verify(content, signature, by=PLATFORM, at=datetime.now(UTC))
        return found.reason if isinstance(found, NotSigned) else ""

    def listed(self) -> Mapping[str, str]:
        lines = self.signers.read_text(encoding="utf-8").splitlines() if self.signers.is_file() else []
        ours = [line.split() for line in lines if line.split()[:1] == [PLATFORM]]
        publics = [" ".join(words[place : place + 2]) for words in ours for place in range(1, len(words)) if KINDS.match(words[place])]
        return {fingerprint(public): public for public in publics}

    def enlist(self, public: str) -> None:
        if fingerprint(public) in self.listed():
            return
        there = self.signers.read_text(encoding="utf-8") if self.signers.is_file() else ""
        write_bytes(self.signers, f"{there}{'' if there.endswith(chr(10)) or not there else chr(10)}{_line(public)}".encode())

    def _check(self) -> None:
        """A key that is there, is no link in our own state, and can be read by its owner alone."""
        if not self.key.is_file():
            fix = 'put it back, or heirloom ledger rekey --reason "..."' if self.own else "mount the secret, or name another file"
            raise UsageError("is no file", where=str(self.key), expected="the platform's key", fix=fix)
        if self.own and self.key.is_symlink():
            raise IntegrityError("is a symbolic link", where=str(self.key), expected="the key file itself")
        mode = stat.S_IMODE(self.key.stat().st_mode)
        if mode & 0o077:
            raise IntegrityError(
                f"has mode {mode:o}", where=str(self.key), expected="600: only its owner may read it", fix=f"chmod 600 {self.key}"
            )


def _make(key: Path) -> None:
    """A key in a folder of its own that appears whole or not at all, and that git leaves alone; of two processes one makes it."""
    key.parent.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{key.parent.name}.", dir=key.parent.parent))
    try:
        part.chmod(OWNER_ONLY)
        (part / ".gitignore").write_text("*\n")
        made = _keygen("-q", "-t", KIND, "-N", "", "-C", NAMESPACE, "-f", str(part / key.name))
        if made.returncode:
            raise DependencyError("ssh-keygen makes no key", where=str(key.parent))
        for path in part.iterdir():
            _sync(path)
        sync_folder(part)
        part.rename(key.parent)
        sync_folder(key.parent.parent)
    except OSError as error:
        if not key.is_file():
            raise DependencyError(f"the platform's key cannot be written: {error.strerror}", where=str(key.parent)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _line(public: str) -> str:
    return f'{PLATFORM} namespaces="{NAMESPACE}" {public}\n'


def _keygen(*words: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            [PROGRAM, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=MACHINE_SECONDS,
            start_new_session=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise DependencyError(f"{PROGRAM} is not installed", fix="install the OpenSSH client") from error
    except subprocess.TimeoutExpired as error:
        raise DependencyError(f"{PROGRAM} gave no answer in {MACHINE_SECONDS} seconds") from error
