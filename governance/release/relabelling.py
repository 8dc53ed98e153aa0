"""One recorded round of labels: who said something of how many rows, in which file it stands, and the signature over exactly that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.digest import canonical_bytes
from governance.release import kinds
from governance.release.ledger import Event

STATEMENT = "heirloom/relabelling/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relabelling:
    """`moves` counts changed rows by `human->model`; `unqueued` rows were brought up by the person and not asked for.

    `signature` is empty where the person is known by name only.
    """

    seq: int
    at: str
    by: str
    rows: int
    unqueued: int
    moves: Mapping[str, int]
    labels_sha256: str
    sheet_sha256: str
    signature: str
    key: str

    @classmethod
    def of(cls, event: Event) -> "Relabelling":
        """What a `rows.relabelled` event says. Raises: KeyError where it lacks something."""
        body = event.body
        names = ("by", "rows", "unqueued", "moves", "labels_sha256", "sheet_sha256", "signature", "key")
        return cls(seq=event.seq, at=event.at, **{name: body[name] for name in names})

    @property
    def signed(self) -> bool:
        return bool(self.signature)


def statement(*, model: str | None, environment: str | None, by: str, rows: int, labels_sha256: str) -> bytes:
    """What the person signs: who, for which line in which environment, and by digest every label with its row, text, claim and past.

    Each label names the one that it follows, so a statement can be true once: replayed, it speaks of a past that is over.
    """
    said: dict[str, Any] = {"model": model, "environment": environment, "by": by, "rows": rows, "labels_sha256": labels_sha256}
    return canonical_bytes({"schema": STATEMENT, "act": kinds.ROWS_RELABELLED, **said})
