"""A PostgreSQL of a test's own: on the loopback, on a free port, in a folder of its own, with a password, and gone with the test.

PostgreSQL refuses to run as root; tests that do run it as `nobody`.
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

HOST = "127.0.0.1"
HOW = "PostgreSQL is not here: apt-get install postgresql (infra/debian-packages.txt)"
UNPRIVILEGED = "nobody"
BINARIES = ("initdb", "pg_ctl", "postgres")


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL that is installed here."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if all((path / name).exists() for name in BINARIES)]
    on_path = shutil.which("pg_ctl")
    found += [Path(on_path).resolve().parent] if on_path else []
    newest = sorted(found, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0)
    return newest[-1] if newest else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def as_somebody() -> list[str]:
    """What to put before a command so that it does not run as root."""
    if os.getuid() != 0:
        return []
    user = pwd.getpwnam(UNPRIVILEGED)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


@dataclass(frozen=True)
class PostgresServer:
    bin: Path
    folder: Path
    port: int
    password: str
    synced: bool

    def url(self, database: str = "postgres", user: str = "admin") -> str:
        return f"postgresql://{user}@{HOST}:{self.port}/{database}"

    def with_password(self, scheme: str, database: str) -> str:
        """For servers of others, which take a password in an address only; it is a test's own."""
        return f"{scheme}://admin:{self.password}@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        listen = f"-h {HOST} -p {self.port} -c unix_socket_directories='' -c fsync={'on' if self.synced else 'off'}"
        self._control("start", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", listen)

    def stop(self, how: str = "fast") -> None:
        self._control("stop", "-w", "-t", "60", "-m", how)

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        import psycopg

        with psycopg.connect(self.url(database), password=self.password, autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def database(self, name: str) -> str:
        """A database of this name, made now."""
        self.sql(f'CREATE DATABASE "{name}" ENCODING UTF8 TEMPLATE template0')
        return name

    def _control(self, *arguments: str) -> None:
        command = [*as_somebody(), str(self.bin / "pg_ctl"), "-s", "-D", str(self.folder / "data"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        log = self.folder / "log"
        assert done.returncode == 0, done.stderr + (log.read_text()[-2000:] if log.exists() else "")


@contextmanager
def postgres(*, synced: bool = False) -> Iterator[PostgresServer]:
    """A running server. Without `synced` it does not wait for the disk, which only a power cut would notice."""
    found = binaries()
    if found is None:
        pytest.skip(HOW)
    folder = Path(tempfile.mkdtemp(prefix="heirloom-postgres-"))
    server = PostgresServer(bin=found, folder=folder, port=free_port(), password=secrets.token_hex(16), synced=synced)
    try:
        if os.getuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            os.chown(folder, user.pw_uid, user.pw_gid)
        given = folder / "password"
        given.write_text(server.password)
        given.chmod(0o644)
        made = ["-D", str(folder / "data"), "-U", "admin", "-A", "scram-sha-256", f"--pwfile={given}", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run([*as_somebody(), str(found / "initdb"), *made], check=True, capture_output=True, cwd="/")
        given.unlink()
        server.start()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)
