"""Progress bars on stderr: only where a person is watching, and nothing at all in a pipe."""

import sys
from collections.abc import Callable


def bars(title: str) -> Callable[[int, int, str], None]:
    """A bar that is moved by calling it with (done, in all, a few words); the call with done == in all closes it."""
    if not sys.stderr.isatty():
        return lambda _done, _total, _words: None
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    shown = Progress(
        TextColumn(f" {title:<12}"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:.0f}/{task.total:.0f} {task.description}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    bar = shown.add_task("", total=1)
    shown.start()

    def move(done: int, total: int, words: str) -> None:
        shown.update(bar, completed=done, total=max(total, 1), description=words)
        if done >= total:
            shown.stop()

    return move
