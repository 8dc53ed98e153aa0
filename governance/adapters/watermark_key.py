"""The watermark's key: 32 random bytes in a file that only its owner can read. What is recorded of it is a fingerprint."""

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.digest import sync_folder
from governance.errors import IntegrityError, UsageError
from governance.provenance.watermark import LARGEST_KEY, Mark

SECRET_BYTES = 32
OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class WatermarkKey:
    """The number that seeds the green lists, and the name under which it may be spoken of."""

    number: int = field(repr=False)
    fingerprint: str


def read_key(path: Path) -> WatermarkKey:
    """The key in a file.

    Raises: UsageError where there is none; IntegrityError where others can read it, or it is a link or no key.
    """
    if path.is_symlink():
        raise IntegrityError("is a symbolic link", where=str(path), expected="the key file itself")
    try:
        mode, content = stat.S_IMODE(path.stat().st_mode), path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cannot be read", where=str(path), expected="a watermark key", fix="heirloom synthesize --make-key") from error
    if mode & ~OWNER_ONLY:
        raise IntegrityError(f"has mode {mode:o}", where=str(path), expected="600: only its owner may read it", fix=f"chmod 600 {path}")
    if len(content) != 2 * SECRET_BYTES or not set(content) <= set("0123456789abcdef"):
        raise IntegrityError("holds no key", where=str(path), expected=f"{2 * SECRET_BYTES} hex digits")
    return _key(bytes.fromhex(content))


def pinned_mark(place: Path, pinned: Mapping[str, Any]) -> Mark:
    """The watermark that cycle.json pins by the fingerprint of its key, with the key.

    Raises: UsageError where the key is gone; IntegrityError where it is another one, or others can read it.
    """
    key = read_key(place)
    if key.fingerprint != pinned["fingerprint"]:
        raise IntegrityError(
            f"holds the key {key.fingerprint[:12]}",
            where=str(place),
            expected=f"{pinned['fingerprint'][:12]}, with which the cycle was frozen",
            fix="heirloom retrain freezes the cycle again",
        )
    return Mark(key=key.number, green_percent=pinned["green_percent"], bias=pinned["bias"])


def make_key(path: Path) -> WatermarkKey:
    """A new key in a new file of mode 600; the key that is there stays, because what it marked could not be found without it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(SECRET_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        part.rename(path)
        sync_folder(path.parent)
    return read_key(path)


def _key(secret: bytes) -> WatermarkKey:
    """Number and fingerprint are drawn from the secret one way, under names of their own: neither gives the other away."""
    number = int.from_bytes(hmac.digest(secret, b"heirloom green lists 1", "sha256")[:8], "big") % LARGEST_KEY + 1
    fingerprint = hashlib.sha256(b"heirloom watermark key 1\0" + secret).hexdigest()
    return WatermarkKey(number=number, fingerprint=fingerprint)
