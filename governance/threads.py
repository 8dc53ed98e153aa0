"""Pure work on several cores: what spends its time in numpy, polars, torch or the disk lets go of the interpreter's lock meanwhile."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")

THREADS = max(1, min(4, len(os.sched_getaffinity(0))))


def side_by_side(work: Callable[[Item], Found], items: Sequence[Item], threads: int = THREADS) -> list[Found]:
    """What `work` finds for each item, in the order of the items, as many at once as there are cores. The first error, in that order, is
    raised when all that had begun has ended.
    """
    if min(threads, len(items)) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(threads, len(items))) as pool:
        waiting = [pool.submit(work, item) for item in items]
        try:
            return [one.result() for one in waiting]
        finally:
            pool.shutdown(cancel_futures=True)


class Later(Mapping[str, Found]):
    """A mapping that is made when somebody first looks into it, once, whichever thread that is."""

    def __init__(self, make: Callable[[], Mapping[str, Found]]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._made: Mapping[str, Found] | None = None

    @property
    def made(self) -> Mapping[str, Found]:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def __getitem__(self, key: str) -> Found:
        return self.made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.made)

    def __len__(self) -> int:
        return len(self.made)
