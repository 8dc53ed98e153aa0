"""What the cards tell of a release: its documents and its events, with the few numbers that every card says the same way."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.release.ledger import Event

Document = Mapping[str, Any]
WANTED = ("cycle", "mix", "lineage", "measures", "decision")
"""Documents without which there is nothing to tell."""
PRODUCER = "heirloom-governance"
PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One release. `frozen` and `registered` are the events before and after its training; `rows` are sha256 and size of rows.csv."""

    model: str
    version: int
    release: str
    """The version of this program."""
    cycle: Document
    mix: Document
    lineage: Document
    measures: Document
    decision: Document
    frozen: Event
    registered: Event
    decided: Sequence[Event]
    """Approvals and promotions of the version."""
    rows: tuple[str, int] | None

    @property
    def name(self) -> str:
        """`student/17`."""
        return f"{self.model}/{self.version}"

    @property
    def checkpoint(self) -> str:
        return str(self.lineage["checkpoint"])

    @property
    def synthetic_percent(self) -> float:
        """Synthetic tokens of this cycle, as the cap counts them, of human and synthetic ones."""
        human, counted = self.mix["tokens"]["human"], self.mix["counted_tokens"]
        return float(PERCENT * counted / max(human + counted, 1))

    @property
    def facts(self) -> Mapping[str, str]:
        """What every card says of the data, by the same names."""
        mix, lineage = self.mix, self.lineage
        return {
            "synthetic_share_percent": f"{self.synthetic_percent:.2f}",
            "synthetic_cap_percent": str(mix["synthetic_cap_percent"]),
            "anchor_percent_at_least": str(mix["anchor_percent"]),
            "recursion_depth": str(lineage["depth"]),
            "synthetic_tokens_with_ancestors": str(lineage["synthetic_tokens"]),
            "tokens_with_ancestors": str(lineage["total_tokens"]),
            "mix_root": str(mix["root"]),
            "checkpoint_manifest_sha256": self.checkpoint,
            "decision_sha256": str(self.registered.body["decision_sha256"]),
            "policy_sha256": str(self.registered.body["policy_sha256"]),
            "verdict": str(self.decision["verdict"]),
            "ledger_seq": str(self.registered.seq),
        }

    @property
    def judged(self) -> Sequence[Document]:
        """The gates of the decision that compare a reading."""
        return [gate for gate in self.decision["gates"] if gate.get("change") is not None]

    def identity(self, what: str) -> str:
        """A UUID that follows from the cycle and what it is for."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"heirloom:{self.registered.body['cycle_digest']}:{what}"))


def moment(at: str) -> str:
    """A time of the ledger as schemas of dates want it."""
    return at.replace("+00:00", "Z")
