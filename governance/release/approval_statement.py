"""What a person signs who approves or refuses a version: an in-toto statement about its bytes, in canonical JSON (RFC 8785).

The signature is over the DSSE encoding of the statement, so that one signature serves the ledger, `ssh-keygen` and other tools' envelopes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from governance.digest import canonical_bytes, digest_bytes
from governance.errors import IntegrityError
from governance.release import kinds
from governance.release.approval import Approval
from governance.release.dsse import IN_TOTO, once_each, pae
from governance.release.ledger import Event

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "heirloom:approval/v1"
"""A summary of a verification with an end: who ignored `notAfter` or `expectedChampion`, as readers of SLSA's own summary must, would take
a yes for more than it is (docs/decisions/signed-approvals.md)."""
PASSED, FAILED = "PASSED", "FAILED"
_KEPT = ("model", "environment", "checkpoint", "decision_sha256", "policy_sha256", "policy_committer", "cycle_digest", "reason")
"""Fields of a statement that stand under the same name in its event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Everything that one word is bound to. `seq` and `head` name the last event of the ledger before it: said once, at one place.

    `not_after` is None for a refusal, which does not end.
    """

    by: str
    approves: bool
    model: str
    version: int
    environment: str
    checkpoint: str
    decision_sha256: str
    policy_sha256: str
    policy_committer: str
    cycle_digest: str
    expected_champion: int | None
    not_after: str | None
    reason: str
    seq: int
    head: str

    def document(self) -> dict[str, Any]:
        """The statement as JSON. The subject's digest is that of the manifest of the checkpoint's files."""
        return {
            "_type": STATEMENT,
            "subject": [{"name": f"{self.model}/{self.version}", "digest": _sha256(self.checkpoint)}],
            "predicateType": PREDICATE,
            "predicate": {
                "verifier": {"id": self.by},
                "verificationResult": PASSED if self.approves else FAILED,
                "policy": {"digest": _sha256(self.policy_sha256), "annotations": {"committer": self.policy_committer}},
                "inputAttestations": [
                    {"name": "decision.json", "digest": _sha256(self.decision_sha256)},
                    {"name": "cycle.json", "digest": _sha256(self.cycle_digest)},
                ],
                "model": self.model,
                "version": self.version,
                "environment": self.environment,
                "expectedChampion": self.expected_champion,
                "notAfter": self.not_after,
                "reason": self.reason,
                "ledger": {"seq": self.seq, "head": self.head},
            },
        }

    @property
    def content(self) -> bytes:
        """The statement in the one form in which it can be signed."""
        return canonical_bytes(self.document())

    @property
    def digest(self) -> str:
        return digest_bytes(self.content)

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over."""
        return pae(IN_TOTO, self.content)

    @classmethod
    def of(cls, approval: Approval, version: int) -> "Statement | None":
        """The statement that stands behind a recorded yes, from its event alone; None where an older version kept none."""
        said = {name: getattr(approval, name) for name in (*_KEPT, "expected_champion", "not_after")}
        return cls._kept(said, approves=True, by=approval.by, version=version, seq=approval.seq - 1, head=approval.head)

    @classmethod
    def of_event(cls, event: Event) -> "Statement | None":
        """The same for the event of a yes or a no."""
        said, approves = event.body, event.kind == kinds.APPROVAL_GIVEN
        return cls._kept(said, approves=approves, by=event.actor, version=said["version"], seq=event.seq - 1, head=event.previous)

    @classmethod
    def _kept(cls, said: Mapping[str, Any], **place: Any) -> "Statement | None":
        if any(said.get(name) is None for name in _KEPT):
            return None
        values: dict[str, Any] = {name: said.get(name) for name in (*_KEPT, "expected_champion", "not_after")}
        return cls(**values, **place)

    @classmethod
    def read(cls, content: bytes) -> "Statement":
        """The inverse of `content`, for exactly the bytes that `content` gives and no others.

        Raises: IntegrityError where a key stands twice, a number has another form, an order or a blank differs, or something is missing or
        more: two readers must not find two statements in what was signed once.
        """
        try:
            statement = cls._from_document(json.loads(content, object_pairs_hook=once_each))
            exact = statement.content == content
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise IntegrityError(f"is no statement of an approval: {error}", expected=f"{STATEMENT} with {PREDICATE}") from error
        if not exact:
            raise IntegrityError("is not in the form that was signed", expected="canonical JSON (RFC 8785) with exactly the known fields")
        return statement

    @classmethod
    def _from_document(cls, document: Mapping[str, Any]) -> "Statement":
        said, subject = document["predicate"], document["subject"][0]
        decision, cycle = said["inputAttestations"]
        return cls(
            by=_text(said["verifier"]["id"]),
            approves=said["verificationResult"] == PASSED,
            model=_text(said["model"]),
            version=_number(said["version"]),
            environment=_text(said["environment"]),
            checkpoint=_text(subject["digest"]["sha256"]),
            decision_sha256=_text(decision["digest"]["sha256"]),
            policy_sha256=_text(said["policy"]["digest"]["sha256"]),
            policy_committer=_text(said["policy"]["annotations"]["committer"]),
            cycle_digest=_text(cycle["digest"]["sha256"]),
            expected_champion=None if said["expectedChampion"] is None else _number(said["expectedChampion"]),
            not_after=None if said["notAfter"] is None else _text(said["notAfter"]),
            reason=_text(said["reason"]),
            seq=_number(said["ledger"]["seq"]),
            head=_text(said["ledger"]["head"]),
        )


def timestamp(moment: datetime) -> str:
    """A moment as in-toto writes it: `2026-11-27T12:00:00Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _sha256(digest: str) -> dict[str, str]:
    return {"sha256": digest}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value
