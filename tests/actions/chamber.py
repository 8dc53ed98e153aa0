"""A shop in staging in which people approve with real keys: release 1 serves, 2 waits, engineer-a asked for it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from governance.actions.approve import approve
from governance.actions.hearing import hear
from governance.actions.outcomes import ApprovalOutcome, PromotionOutcome
from governance.actions.promote import promote
from governance.adapters.ssh_signatures import SshSigner, SshVerifier
from governance.release import kinds
from governance.release.electorate import weigh
from governance.release.ledger import Event, follow
from governance.release.terms import Terms
from tests.keys import allow
from tests.world import World, terms

STAGING = {"environment": "staging", "mode": "review"}


class Chamber:
    def __init__(self, folder: Path, people: Mapping[str, Path], **facts: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.people, self.world = people, World(folder)
        self.allowed = folder / "allowed_signers"
        self.allow("reviewer-a", "reviewer-b", "engineer-a", "steward-a")
        self.world.verifier = SshVerifier(allowed=self.allowed)
        self.world.desk().ledger.record(kinds.WORKSPACE_CREATED, {"model": "student", "environment": "staging"})
        promote(self.world.desk(), self.world.add("one"), terms())
        self.world.add("two", synthetic_tokens=100, depth=1, review_for="engineer-a", **facts)

    def allow(self, *names: str, **lines: str) -> None:
        """Whose keys count from now on: each name with the key of that name, and `words=key` lines."""
        allow(self.allowed, *((name, self.people[name]) for name in names), *((words, self.people[key]) for words, key in lines.items()))

    def terms(self, **changes: Any) -> Terms:
        return terms(**{**STAGING, **changes})

    def approve(self, name: str, *, version: int = 2, key: str | None = None, held_to: Terms | None = None) -> ApprovalOutcome:
        signer = SshSigner(key=self.people[key or name])
        return approve(self.world.desk(name), version, "read 20 pairs", held_to or self.terms(), signer)

    def promote(self, version: int = 2, held_to: Terms | None = None) -> PromotionOutcome:
        return promote(self.world.desk("engineer-a"), version, held_to or self.terms())

    def doubts(self, version: int = 2, held_to: Terms | None = None) -> list[str]:
        """Why each approval of a version does not count now; empty where it does."""
        state, now = self.world.state(), held_to or self.terms()
        weighed = weigh(state, state.releases[version], now, hear(self.world.desk(), state, version, now))
        return [one.doubt for one in weighed]

    def forge(self, event: Event, **changes: Any) -> None:
        """An event that somebody writes straight into the ledger, its chain intact: as another was, but for these fields of its body."""
        head = self.world.ledger.kept[-1]
        body = {**event.body, **changes}
        self.world.ledger.append(follow(head, kind=event.kind, actor=event.actor, at=head.at, body=body))

    def replaced(self, **changes: Any) -> None:
        """The last event once more, in its own place, with these fields of its body: what a forger of the whole chain could do."""
        last = self.world.ledger.kept.pop()
        again = follow(self.world.ledger.kept[-1], kind=last.kind, actor=last.actor, at=last.at, body={**last.body, **changes})
        self.world.ledger.kept.append(replace(again))
