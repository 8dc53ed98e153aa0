"""What the desk's script asks for: the draft of an act, the act itself, and the line of a new passkey."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.desk.bodies import Decide, Label, NewPasskey, Signature, Votes
from cli.desk.pending import Pending
from cli.desk.place import Place
from flows.desk import Draft, do, draft_labels, draft_no, draft_votes, draft_yes, people
from governance.adapters.desk_passkeys import from_url, line_for, registered, to_url
from governance.adapters.report.desk import fingerprint_of
from governance.adapters.report.visible import line
from governance.errors import ConflictError, UsageError
from governance.release.passkey import challenge
from governance.wiring import Shop

ShopOf = Callable[[str], Shop]
"""Whoever acts -> the workspace as that person acts in it, read anew."""


@dataclass(frozen=True)
class Counter:
    """Where acts come in; drafts and registrations wait here for their answer."""

    shop_of: ShopOf
    place: Place
    drafts: Pending[Draft] = field(default_factory=Pending)
    makings: Pending[tuple[str, bytes]] = field(default_factory=Pending)

    def draft(self, asked: Decide | Label | Votes) -> Mapping[str, Any]:
        """What will be signed, in words and as a challenge. Raises: as the draft; UsageError where that person has no passkey here."""
        shop = self.shop_of(asked.by)
        mine = [one for one in people(shop, self.place.origin) if one.name == asked.by]
        if not mine:
            raise UsageError(f"{asked.by!a} has no passkey for {self.place.origin}", where="allowed_signers", fix="make one: Your passkey")
        found = _drafted(shop, asked)
        return {
            "id": self.drafts.put(found),
            "by": found.by,
            "challenge": to_url(challenge(found.content)),
            "rp_id": self.place.rp_id,
            "credentials": [to_url(one.credential) for one in mine],
            "words": [(line(name, 120), line(value, 600)) for name, value in found.words],
        }

    def sign(self, answer: Signature) -> Mapping[str, Any]:
        """Do the act that was drafted, once. Raises: ConflictError where it waits no more; as `flows.desk.do`."""
        found = self.drafts.take(answer.id)
        if found is None:
            raise ConflictError("this waited too long, or was signed already", fix="begin again")
        parts = {name: _bytes(getattr(answer, name)) for name in ("credential", "authenticator_data", "client_data", "signature")}
        return {"said": do(self.shop_of(found.by), found, self.place.origin, parts)}

    def begin_passkey(self, name: str) -> Mapping[str, Any]:
        """What a browser needs to make a passkey for a name. Nothing is written."""
        asked = secrets.token_bytes(32)
        there = [one for one in people(self.shop_of(name), self.place.origin) if one.name == name]
        return {
            "id": self.makings.put((name, asked)),
            "name": name,
            "challenge": to_url(asked),
            "rp_id": self.place.rp_id,
            "user": to_url(hashlib.sha256(f"heirloom desk user {name}".encode()).digest()),
            "credentials": [to_url(one.credential) for one in there],
        }

    def passkey_line(self, made: NewPasskey) -> Mapping[str, Any]:
        """The line that somebody may put into allowed_signers. Raises: ConflictError, UsageError where it is no answer to us."""
        found = self.makings.take(made.id)
        if found is None:
            raise ConflictError("this waited too long, or was answered already", fix="begin again")
        name, asked = found
        data, client_data = _bytes(made.authenticator_data), _bytes(made.client_data)
        key, credential = registered(data, client_data, asked=asked, rp_id=self.place.rp_id, origin=self.place.origin)
        return {"line": line_for(name, key, self.place.origin, credential), "fingerprint": fingerprint_of(key.blob)}


def _drafted(shop: Shop, asked: Decide | Label | Votes) -> Draft:
    if isinstance(asked, Label):
        return draft_labels(shop, [one.model_dump() for one in asked.answers])
    if isinstance(asked, Votes):
        return draft_votes(shop, [one.model_dump() for one in asked.votes])
    return (draft_yes if asked.act == "approve" else draft_no)(shop, asked.version, asked.reason)


def _bytes(written: str) -> bytes:
    try:
        return from_url(written)
    except ValueError as error:
        raise UsageError(f"the browser's answer {error}", where="passkey") from error
