"""One step of a cycle: which files it reads and writes, which parts of cycle.json it needs, and the function that does it."""

from collections.abc import Callable
from dataclasses import dataclass

from governance.ports.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """File -> file, repeatable: the same inputs give the same outputs, byte for byte where no trained weights are involved.

    `reads` and `writes` name files of the cycle's folder; a name with `shards/` in front is the workspace's. `needs` are dotted keys of
    cycle.json. `code` names modules or packages that the stage loads by name (plug-ins); whatever they and `work` import is found.
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    needs: tuple[str, ...]
    code: tuple[str, ...]
    work: Callable[[Desk], None]
