"""A passkey's signature (W3C Web Authentication, ES256) as an SSH signature, and what has to be so before it counts as a person's word.

OpenSSH has a form for both: the passkey is an `sk-ecdsa` key whose application is the relying party, and an assertion is a signature
`webauthn-sk-ecdsa` (its PROTOCOL.u2f). So a passkey stands in the list of allowed signers like any other key, a statement that it signed
is verified for ever by `ssh-keygen -Y verify`, and what that does not look at is looked at here: the origin, and that the person was
verified. The challenge is what OpenSSH signs: the namespace, and the SHA-256 of the content.
"""

import base64
import binascii
import hashlib
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from governance.release import p256
from governance.release.dsse import BEGIN, END

KEY_TYPE = "sk-ecdsa-sha2-nistp256@openssh.com"
SIGNATURE_TYPE = b"webauthn-" + KEY_TYPE.encode()
NAMESPACE = "heirloom"
"""Of what people sign, whatever they sign it with."""
CURVE, HASH = b"nistp256", b"sha256"
PRESENT, VERIFIED, ATTESTED, EXTENDED = 0x01, 0x04, 0x40, 0x80
"""Flags of authenticator data: somebody was there, the person was verified, a key is attested, extensions follow."""
LONGEST = 16_384
_MAGIC = b"SSHSIG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A public key and the relying party that it was made for. `point` is uncompressed."""

    point: bytes
    rp_id: str

    @property
    def blob(self) -> bytes:
        """The key as OpenSSH writes it; its fingerprint names point and relying party."""
        return b"".join(map(_string, (KEY_TYPE.encode(), CURVE, self.point, self.rp_id.encode())))

    @classmethod
    def read(cls, blob: bytes) -> "Passkey":
        """Raises: ValueError where it is no such key."""
        kind, curve, point, rp_id = _strings(blob, 4)
        if (kind, curve) != (KEY_TYPE.encode(), CURVE) or p256.point_of(point) is None:
            raise ValueError("is no passkey's key")
        return cls(point=point, rp_id=rp_id.decode())


def made_for_pages(blob: bytes) -> bool:
    """Whether a public key is of a security device and made for a relying party: OpenSSH makes its own for applications `ssh:...`."""
    kind, _ = _first(blob)
    if not kind.startswith(b"sk-"):
        return False
    *_, application = _strings(blob, 4 if kind == KEY_TYPE.encode() else 3)
    return not application.startswith(b"ssh:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What an authenticator and the browser before it said when the person touched the one and looked at the other."""

    key: Passkey
    namespace: str
    flags: int
    counter: int
    origin: str
    client_data: bytes
    extensions: bytes
    r: int
    s: int

    @property
    def armoured(self) -> str:
        """As the ledger keeps it, and as `ssh-keygen -Y verify` reads it."""
        numbers = _string(_number(self.r)) + _string(_number(self.s))
        facts = self.flags.to_bytes(1, "big") + self.counter.to_bytes(4, "big")
        said = b"".join(map(_string, (self.origin.encode(), self.client_data, self.extensions)))
        signature = _string(SIGNATURE_TYPE) + _string(numbers) + facts + said
        parts = (self.key.blob, self.namespace.encode(), b"", HASH, signature)
        content = _MAGIC + (1).to_bytes(4, "big") + b"".join(map(_string, parts))
        return "\n".join((BEGIN, *textwrap.wrap(base64.b64encode(content).decode(), 70), END, ""))

    @property
    def authenticator_data(self) -> bytes:
        facts = self.flags.to_bytes(1, "big") + self.counter.to_bytes(4, "big")
        return hashlib.sha256(self.key.rp_id.encode()).digest() + facts + self.extensions

    @classmethod
    def read(cls, armoured: str) -> "Assertion | None":
        """The assertion in an armoured SSH signature; None where it is another key's. It is read in one form only.

        Raises: ValueError where it claims to be a passkey's and is not in that form, and where a passkey signed without a page: a program
        can ask a device for that directly, and then nobody's finger, face or number was asked for.
        """
        content = _content(armoured)
        key, namespace, reserved, hashed, signature = _strings(content.removeprefix(_MAGIC + (1).to_bytes(4, "big")), 5)
        if not signature.startswith(_string(SIGNATURE_TYPE)):
            if made_for_pages(key):
                raise ValueError("a passkey gave it to a program and not on a page")
            return None
        numbers, rest = _first(signature.removeprefix(_string(SIGNATURE_TYPE)))
        if len(rest) < 5:
            raise ValueError("ends too early")
        r, s = (int.from_bytes(number, "big") for number in _strings(numbers, 2))
        origin, client_data, extensions = _strings(rest[5:], 3)
        found = cls(
            key=Passkey.read(key),
            namespace=namespace.decode(),
            flags=rest[0],
            counter=int.from_bytes(rest[1:5], "big"),
            origin=origin.decode(),
            client_data=client_data,
            extensions=extensions,
            r=r,
            s=s,
        )
        if (reserved, hashed) != (b"", HASH) or _content(found.armoured) != content:
            raise ValueError("is not in the one form of a passkey's signature")
        return found


def challenge(content: bytes, namespace: str = NAMESPACE) -> bytes:
    """What the authenticator is asked to sign for some content: what OpenSSH puts before a key."""
    return _MAGIC + b"".join(map(_string, (namespace.encode(), b"", HASH, hashlib.sha256(content).digest())))


def trouble(said: Assertion, content: bytes, origins: Iterable[str], namespace: str = NAMESPACE) -> str:
    """Why an assertion is nobody's word on some content; empty where it is the word of whoever holds its key.

    `origins` are those of which the key's owner signs. The client data is read as the standard has verifiers without a JSON parser do it
    (Web Authentication level 3, 5.8.1.2): its beginning is fixed, and this is it.
    """
    if said.namespace != namespace:
        return f"it was given for {said.namespace[:40]!a} and not for {namespace}"
    if said.origin not in set(origins):
        return f"it was given on a page of {said.origin[:80]!a}, and its key is not listed for that"
    if said.flags & ATTESTED or bool(said.flags & EXTENDED) != bool(said.extensions):
        return "its authenticator data is not that of a signature"
    if not (said.flags & PRESENT and said.flags & VERIFIED):
        return "its device did not verify the person (by a finger, a face or a number)"
    asked = base64.urlsafe_b64encode(challenge(content, namespace)).rstrip(b"=")
    begins = b'{"type":"webauthn.get","challenge":"%b","origin":"%b","crossOrigin":false' % (asked, said.origin.encode())
    if not said.client_data.startswith((begins + b"}", begins + b",")):
        return "it is over something else"
    point = p256.point_of(said.key.point)
    signed = hashlib.sha256(said.authenticator_data + hashlib.sha256(said.client_data).digest()).digest()
    return "" if point and p256.holds(point, signed, said.r, said.s) else "its signature does not hold"


def returned(key: Passkey, authenticator_data: bytes, client_data: bytes, signature: bytes, origin: str) -> Assertion:
    """An assertion from what a browser returns. Raises: ValueError where that is none of this key.

    Whether it holds is for `trouble` to say.
    """
    if len(authenticator_data) < 37 or authenticator_data[:32] != hashlib.sha256(key.rp_id.encode()).digest():
        raise ValueError("is not for this relying party")
    r, s = _der(signature)
    return Assertion(
        key=key,
        namespace=NAMESPACE,
        flags=authenticator_data[32],
        counter=int.from_bytes(authenticator_data[33:37], "big"),
        origin=origin,
        client_data=client_data,
        extensions=authenticator_data[37:],
        r=r,
        s=s,
    )


def counter_doubt(said: Assertion, before: Iterable[str]) -> str:
    """Why a counter speaks of a copied device: it has not grown since a signature of the same key. Many devices count nothing and say 0."""
    seen = (_known(armoured) for armoured in before)
    last = max((one.counter for one in seen if one is not None and one.key == said.key), default=0)
    return f"its counter is {said.counter} after {last}: the device may have been copied" if last and said.counter <= last else ""


def _known(armoured: str) -> Assertion | None:
    try:
        return Assertion.read(armoured)
    except ValueError:
        return None


def _content(armoured: str) -> bytes:
    lines = armoured.strip().splitlines()
    if len(armoured) > LONGEST or len(lines) < 3 or (lines[0], lines[-1]) != (BEGIN, END):
        raise ValueError("is no SSH signature")
    try:
        return base64.b64decode("".join(lines[1:-1]), validate=True)
    except binascii.Error as error:
        raise ValueError("is no SSH signature") from error


def _der(written: bytes) -> tuple[int, int]:
    """The two numbers of a signature in DER, in its one form."""
    numbers: list[int] = []
    rest = written[2:]
    while len(numbers) < 2 and len(rest) > 2 and rest[0] == 0x02:
        length = rest[1]
        numbers.append(int.from_bytes(rest[2 : 2 + length], "big"))
        rest = rest[2 + length :]
    body = b"".join(b"\x02" + bytes((len(_number(number)),)) + _number(number) for number in numbers)
    if len(numbers) != 2 or b"\x30" + bytes((len(body),)) + body != written:
        raise ValueError("is no signature in DER")
    return numbers[0], numbers[1]


def _number(number: int) -> bytes:
    """A whole number as SSH and DER write it: no byte more than needed, and a zero before a bit that would be taken for a sign."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _string(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def _strings(content: bytes, count: int) -> list[bytes]:
    """Exactly so many strings and nothing after them. Raises: ValueError where it is not so."""
    found = []
    for _ in range(count):
        one, content = _first(content)
        found.append(one)
    if content:
        raise ValueError("has something after its end")
    return found


def _first(content: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(content[:4], "big")
    if len(content) < 4 + length:
        raise ValueError("ends too early")
    return content[4 : 4 + length], content[4 + length :]
