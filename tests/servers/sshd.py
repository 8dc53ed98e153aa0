"""A real sshd on the loopback: keys only, a host key of its own, sftp and nothing else, and gone with the test."""

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.keys import make_key
from tests.postgres_server import HOST, free_port
from tests.servers.stack import own_environment, running

HOW = "sshd is not here: apt-get install openssh-server (infra/debian-packages.txt)"
SEPARATED = Path("/run/sshd")


@dataclass(frozen=True)
class Sshd:
    port: int
    key: Path
    """The private key that it lets in."""
    known: Path
    """A file of known hosts that names its host key."""

    def url(self, folder: Path) -> str:
        return f"ssh://{getpass.getuser()}@{HOST}:{self.port}{folder}"


@contextmanager
def sshd(folder: Path) -> Iterator[Sshd]:
    """A running sshd. Run by root it wants a folder of its own, which its package's service makes at every boot."""
    program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip(HOW)
    if os.getuid() == 0:
        SEPARATED.mkdir(exist_ok=True)
    host, key, port = make_key(folder / "host"), make_key(folder / "user"), free_port()
    (folder / "allowed").write_text(key.with_name("user.pub").read_text())
    settings = {
        "Port": port,
        "ListenAddress": HOST,
        "HostKey": host,
        "AuthorizedKeysFile": folder / "allowed",
        "AuthenticationMethods": "publickey",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "PermitRootLogin": "prohibit-password",
        "AllowUsers": getpass.getuser(),
        "StrictModes": "no",
        "UsePAM": "no",
        "PidFile": "none",
        "AllowTcpForwarding": "no",
        "AllowAgentForwarding": "no",
        "X11Forwarding": "no",
        "PermitTTY": "no",
        "Subsystem": "sftp internal-sftp",
        "ForceCommand": "internal-sftp",
    }
    (folder / "config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    known = folder / "known_hosts"
    known.write_text(f"[{HOST}]:{port} {host.with_name('host.pub').read_text()}")
    command = [program, "-D", "-e", "-f", str(folder / "config")]
    with running(command, own_environment(), folder / "log", lambda: _listens(port)):
        yield Sshd(port=port, key=key, known=known)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def letting_in_a_password_is_refused(server: Sshd) -> bool:
    """True where OpenSSH's own client is told that a key is the only way in."""
    asked = [
        "ssh",
        "-p",
        str(server.port),
        "-o",
        "BatchMode=yes",
        "-o",
        "PubkeyAuthentication=no",
        "-o",
        f"UserKnownHostsFile={server.known}",
    ]
    done = subprocess.run([*asked, HOST, "true"], capture_output=True, text=True, check=False, timeout=30)
    return done.returncode != 0 and "Permission denied (publickey)" in done.stderr
