"""A network between a client and PostgreSQL that tears connections at a COMMIT: before it arrives, or after it was done and before that
is told."""

import errno
import socket
import threading
from dataclasses import dataclass, field
from typing import Self

from tests.postgres_server import HOST

BEFORE, AFTER = "before", "after"
COMMIT = b"COMMIT"


@dataclass
class TearingProxy:
    """Tears the first `tears` connections that commit. `port` is where clients connect to."""

    server_port: int
    when: str
    tears: int
    torn: int = 0
    listener: socket.socket = field(default_factory=socket.socket)

    def __enter__(self) -> Self:
        self.listener.bind((HOST, 0))
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection((HOST, self.server_port))
            for work in (self._to_server, self._to_client):
                threading.Thread(target=work, args=(client, server), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        while sent := _received(client):
            if COMMIT in sent and self.torn < self.tears:
                self.torn += 1
                if self.when == AFTER:
                    client.shutdown(socket.SHUT_WR)  # nothing of the answer is told
                    server.sendall(sent)
                    server.settimeout(5)
                _close(client)
                if self.when == BEFORE:
                    _close(server)
                return
            server.sendall(sent)
        _close(server)

    def _to_client(self, client: socket.socket, server: socket.socket) -> None:
        while told := _received(server):
            try:
                client.sendall(told)
            except OSError:
                break
        _close(client)
        _close(server)


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _close(end: socket.socket) -> None:
    """Both directions at once; an end that is torn already has nothing left to shut down."""
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        if error.errno not in (errno.ENOTCONN, errno.EBADF):
            raise
    finally:
        end.close()
