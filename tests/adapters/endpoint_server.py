"""A real HTTP server that answers like an OpenAI-compatible endpoint, with switches for what can go wrong."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Shown:
    """What the server was asked, and what it shall do; each of `answers` (status, headers, body) is given once, not a completion."""

    address: str = ""
    model: str = "tiny-8b"
    key: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    before: Callable[[dict[str, Any]], None] = lambda body: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, *statuses: int, body: bytes = b"", **headers: str) -> None:
        self.answers += [(status, {name.replace("_", "-"): value for name, value in headers.items()}, body) for status in statuses]

    def answer(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, str], bytes]:
        with self.lock:
            self.paths.append(path)
            self.bodies.append(body)
            self.before(body)
            if self.key and key != f"Bearer {self.key}":
                return 401, {}, json.dumps({"error": {"message": f"Incorrect API key provided: {key}"}}).encode()
            if self.answers:
                return self.answers.pop(0)
        chat = path.endswith("/chat/completions")
        asked = body["messages"][0]["content"] if chat else body["prompt"]
        text = f" said number {body['seed']} after {len(asked)} signs. Then it said more. And it ended."
        choice = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
        return 200, {}, json.dumps({"model": self.model, "choices": [{**choice, "finish_reason": "stop"}]}).encode()


@contextmanager
def served(**settings: Any) -> Iterator[Shown]:
    shown = Shown(**settings)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, headers, content = shown.answer(self.path, body, self.headers.get("authorization", ""))
            if status == 0:  # hangs up in the middle
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    shown.address = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
