"""Passkeys in the file of allowed signers, and a new one as the line that somebody may put there after review."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from governance.errors import UsageError
from governance.release.p256 import point_of
from governance.release.passkey import ATTESTED, KEY_TYPE, NAMESPACE, PRESENT, VERIFIED, Passkey
from governance.release.platform_key import PLATFORM

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")
"""A person's name that one line of the file can give to one key, and no pattern or list of names."""
_COSE, _BETWEEN = bytes.fromhex("a5010203262001215820"), bytes.fromhex("225820")
"""An ES256 key in CBOR, around its two coordinates: kind EC2, algorithm -7, curve P-256, in the one order of CTAP2."""
_LONGEST_ID = 1023


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A passkey that the file gives to one name. `credential` is the passkey's own id, by which a browser finds it."""

    name: str
    key: Passkey
    origin: str
    credential: bytes


def listed(allowed: Path, origin: str) -> tuple[Listed, ...]:
    """The passkeys of a file that sign on a page of this origin; whether each counts is for the verifier to say."""
    lines = allowed.read_text(encoding="utf-8").splitlines() if allowed.is_file() else []
    found = (_listed(words, origin) for words in map(str.split, lines) if words and not words[0].startswith("#"))
    return tuple(one for one in found if one is not None)


def _listed(words: list[str], origin: str) -> Listed | None:
    if KEY_TYPE not in words[:-3]:
        return None
    key, where, credential = words[words.index(KEY_TYPE) + 1 :][:3]
    try:
        found = Passkey.read(base64.b64decode(key, validate=True))
        return Listed(name=words[0], key=found, origin=where, credential=from_url(credential)) if where == origin else None
    except ValueError:
        return None  # a line that is none of ours; ssh-keygen may know it


def line_for(name: str, key: Passkey, origin: str, credential: bytes) -> str:
    """The line that makes a passkey a person's. Raises: UsageError where the name could be taken for several, or for the platform."""
    if not NAME.fullmatch(name) or name == PLATFORM:
        raise UsageError(f"{name[:80]!a} is no name for a list of signers", expected="letters, digits and . _ @ -, as in HEIRLOOM_ACTOR")
    blob = base64.b64encode(key.blob).decode("ascii")
    return f'{name} namespaces="{NAMESPACE}" {KEY_TYPE} {blob} {origin} {to_url(credential)}'


def registered(authenticator_data: bytes, client_data: bytes, *, asked: bytes, rp_id: str, origin: str) -> tuple[Passkey, bytes]:
    """The key and the id of a passkey that was made for this page just now.

    What kind of device it is remains its owner's word: attestation is not asked for. Raises: UsageError where it is no such answer.
    """
    begins = b'{"type":"webauthn.create","challenge":"%b","origin":"%b","crossOrigin":false'
    if not client_data.startswith(begins % (to_url(asked).encode(), origin.encode())):
        raise UsageError("is not the answer to this page", where="passkey", fix="open the page anew, and register again")
    flags = authenticator_data[32] if len(authenticator_data) > 55 else 0
    if authenticator_data[:32] != hashlib.sha256(rp_id.encode()).digest() or flags & (ATTESTED | PRESENT | VERIFIED) != 0x45:
        raise UsageError(
            "was made without verifying who made it", where="passkey", fix="use a device that asks for a finger, a face or a PIN"
        )
    length = int.from_bytes(authenticator_data[53:55], "big")
    credential, cose = authenticator_data[55 : 55 + length], authenticator_data[55 + length :]
    point = b"\x04" + cose[10:42] + cose[45:77]
    shaped = cose.startswith(_COSE) and cose[42:45] == _BETWEEN and 0 < len(credential) == length <= _LONGEST_ID
    if not shaped or point_of(point) is None:
        raise UsageError("has no key of the kind ES256", where="passkey", fix="use a device that knows P-256: nearly every one does")
    return Passkey(point=point, rp_id=rp_id), credential


def to_url(content: bytes) -> str:
    """Bytes as browsers write them (base64url without padding)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def from_url(written: str) -> bytes:
    """Raises: ValueError where it is no base64url."""
    try:
        return base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(f"is no base64url: {error}") from error
