"""DSSE 1.0: the bytes that a signature over a typed document is over, and the envelope that other tools read.

A signature here is an SSH signature over `pae(...)`; in an envelope `sig` is the same signature without its armour.
"""

import base64
import binascii
import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from governance.errors import IntegrityError

IN_TOTO = "application/vnd.in-toto+json"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_COLUMNS = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A typed document with its signatures: (fingerprint of the key, armoured signature) each. The fingerprint is only a hint."""

    payload_type: str
    payload: bytes
    signatures: tuple[tuple[str, str], ...]

    @property
    def signed(self) -> bytes:
        """What each signature is over."""
        return pae(self.payload_type, self.payload)

    def document(self) -> dict[str, Any]:
        """The JSON form of an envelope."""
        return {
            "payloadType": self.payload_type,
            "payload": base64.b64encode(self.payload).decode("ascii"),
            "signatures": [{"keyid": key, "sig": _bare(signature)} for key, signature in self.signatures],
        }

    @classmethod
    def read(cls, content: bytes) -> "Envelope":
        """The envelope in some JSON; standard and URL-safe base64 are taken. Raises: IntegrityError where it is none."""
        try:
            document = json.loads(content, object_pairs_hook=once_each)
            return cls(
                payload_type=str(document["payloadType"]),
                payload=_decoded(document["payload"]),
                signatures=tuple((str(one.get("keyid", "")), _armoured(one["sig"])) for one in document["signatures"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IntegrityError(f"is no DSSE envelope: {error}", expected="payloadType, payload and signatures") from error


def pae(payload_type: str, body: bytes) -> bytes:
    """The pre-authentication encoding: type and body with their lengths, so that neither can be taken for a part of the other."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


def once_each(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object in which no key stands twice: readers disagree about which of two counts. Raises: ValueError naming the key."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice")
        found[key] = value
    return found


def _bare(armoured: str) -> str:
    return "".join(armoured.strip().splitlines()[1:-1])


def _armoured(bare: str) -> str:
    written = base64.b64encode(_decoded(bare)).decode("ascii")
    return "\n".join((BEGIN, *textwrap.wrap(written, _COLUMNS), END, ""))


def _decoded(written: str) -> bytes:
    try:
        return base64.b64decode(written.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error
