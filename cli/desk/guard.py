"""What stands before every page of the desk: only this host, only this origin, small requests, and headers that let nothing else run.

There is no cookie and no session: nothing that a browser would send along for another page can act here, and nobody is believed to be
somebody because a header says so. The signature is the act.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from cli.desk.place import Place

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LARGEST_BODY, LONGEST_TARGET = 64 * 1024, 512
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
READ, WRITTEN = _POLICY, f"{_POLICY}; script-src 'self'; connect-src 'self'"
"""Content policies: of the book's pages, which run nothing, and of the desk's own."""
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()",
    ),
)


class Guard:
    """An ASGI application around another: it answers what must not get through, and marks what goes out."""

    def __init__(self, app: App, place: Place) -> None:
        self.app, self.place = app, place

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        policy = (READ if scope["path"].startswith("/book/") else WRITTEN).encode()

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_ALWAYS, (b"content-security-policy", policy)]
            await send(message)

        if refusal := self._refusal(scope):
            status, words = refusal
            await marked({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
            await marked({"type": "http.response.body", "body": b'{"message":"%b"}' % words.encode()})
            return
        await self.app(scope, receive, marked)

    def _refusal(self, scope: Message) -> tuple[int, str] | None:
        """Status and words of a refusal; None where the request may go on."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        if headers.get(b"host") != [self.place.authority.encode()]:
            return 421, f"open {self.place.origin}"
        if len(scope.get("raw_path") or b"") + len(scope.get("query_string", b"")) > LONGEST_TARGET:
            return 414, "the address is too long"
        if scope["method"] in ("GET", "HEAD"):
            return None
        return self._not_ours(headers) if scope["method"] == "POST" else (405, "only reading and the three acts")

    def _not_ours(self, headers: dict[bytes, list[bytes]]) -> tuple[int, str] | None:
        """Why a request that would do something is not one of our own page's."""
        if headers.get(b"origin") != [self.place.origin.encode()] or headers.get(b"sec-fetch-site", [b"same-origin"]) != [b"same-origin"]:
            return 403, "only this desk's own pages act here"
        if headers.get(b"content-type") != [b"application/json"]:
            return 415, "only JSON is taken"
        length = headers.get(b"content-length", [b""])
        if len(length) != 1 or not length[0].isdigit() or b"transfer-encoding" in headers:
            return 411, "a length is needed, and the request whole"
        return (413, "the request is too large") if int(length[0]) > LARGEST_BODY else None
