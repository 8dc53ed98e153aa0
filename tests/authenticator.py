"""An authenticator in software, with the browser before it: it makes passkeys and asserts what the standard says, or what a test asks for.

Its cryptography is the library `cryptography`'s, so that ours is never held against itself.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from governance.release.dsse import BEGIN, END
from governance.release.passkey import KEY_TYPE, NAMESPACE, Passkey, challenge, returned

PRESENT_AND_VERIFIED = 0x05


@dataclass
class Authenticator:
    """One passkey of one person; `flags`, `origin` and `kind` are what it says from now on."""

    rp_id: str = "localhost"
    origin: str = "http://localhost:8733"
    flags: int = PRESENT_AND_VERIFIED
    counter: int = 0
    kind: str = "webauthn.get"
    extensions: bytes = b""
    credential: bytes = b"credential-1"
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def passkey(self) -> Passkey:
        return Passkey(point=self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint), rp_id=self.rp_id)

    def line(self, name: str, *, options: str = 'namespaces="heirloom"', origin: str | None = None) -> str:
        """Its line in a file of allowed signers."""
        key = base64.b64encode(self.passkey.blob).decode()
        return f"{name} {options} {KEY_TYPE} {key} {origin or self.origin} {_url(self.credential)}\n"

    def data(self, more: bytes = b"") -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes((self.flags,)) + self.counter.to_bytes(4, "big") + more

    def client_data(self, asked: bytes) -> bytes:
        said = {"type": self.kind, "challenge": _url(asked), "origin": self.origin, "crossOrigin": False}
        return json.dumps(said, separators=(",", ":")).encode()

    def asserts(self, asked: bytes) -> tuple[bytes, bytes, bytes]:
        """Authenticator data, client data and signature (DER) for a challenge."""
        self.counter += 1
        data, client_data = self.data(self.extensions), self.client_data(asked)
        return data, client_data, self.private.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))

    def attests(self, asked: bytes) -> tuple[bytes, bytes]:
        """Authenticator data with the new key, and client data, as `navigator.credentials.create` returns them."""
        self.kind, kind = "webauthn.create", self.kind
        point = self.passkey.point
        cose = bytes.fromhex("a5010203262001215820") + point[1:33] + bytes.fromhex("225820") + point[33:]
        flags, self.flags = self.flags, self.flags | 0x40
        data = self.data(bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cose)
        client_data = self.client_data(asked)
        self.kind, self.flags = kind, flags
        return data, client_data

    def signs_for_a_program(self, content: bytes) -> str:
        """What a program gets that asks the device itself: OpenSSH's plain form, which `ssh-keygen -Y verify` takes; nobody is verified."""

        def string(part: bytes) -> bytes:
            return len(part).to_bytes(4, "big") + part

        self.counter += 1
        facts = b"\x01" + self.counter.to_bytes(4, "big")
        over = hashlib.sha256(self.rp_id.encode()).digest() + facts + hashlib.sha256(challenge(content)).digest()
        numbers = decode_dss_signature(self.private.sign(over, ec.ECDSA(SHA256())))
        pair = b"".join(string(number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in numbers)
        signature = string(KEY_TYPE.encode()) + string(pair) + facts
        parts = (self.passkey.blob, NAMESPACE.encode(), b"", b"sha256", signature)
        armoured = base64.encodebytes(b"SSHSIG" + (1).to_bytes(4, "big") + b"".join(map(string, parts))).decode()
        return f"{BEGIN}\n{armoured}{END}\n"

    def fingerprint(self) -> str:
        return f"SHA256:{base64.b64encode(hashlib.sha256(self.passkey.blob).digest()).decode().rstrip('=')}"

    def sign(self, content: bytes) -> str:
        """As a `governance.ports.signer.Signer`: what a browser returns for the content, armoured."""
        return returned(self.passkey, *self.asserts(challenge(content)), self.origin).armoured


def allow_passkeys(path: Path, *lines: str) -> Path:
    """More lines at the end of a file of allowed signers."""
    path.write_text((path.read_text() if path.is_file() else "") + "".join(lines))
    return path


def _url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
