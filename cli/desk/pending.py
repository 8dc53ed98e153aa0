"""Things that wait for an answer: each under a name that nobody can guess, for a while, and for one answer."""

import secrets
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")
SECONDS, MOST = 300, 200


class Pending(Generic[T]):
    """At most `MOST` things, none older than `SECONDS`; where more come in, the oldest is forgotten."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._kept: dict[str, tuple[float, T]] = {}

    def put(self, thing: T) -> str:
        """Keep a thing, and name it."""
        name = secrets.token_urlsafe(24)
        with self._lock:
            self._forget()
            while len(self._kept) >= MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[name] = (self._clock(), thing)
        return name

    def take(self, name: str) -> T | None:
        """The thing of a name, which is forgotten by that; None where there is none any more."""
        with self._lock:
            self._forget()
            _, thing = self._kept.pop(name, (0.0, None))
        return thing

    def _forget(self) -> None:
        old = self._clock() - SECONDS
        for name in [name for name, (since, _) in self._kept.items() if since < old]:
            del self._kept[name]
