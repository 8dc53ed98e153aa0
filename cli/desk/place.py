"""Where a desk is reached: one origin, of which people's passkeys are made and no other page can ask them to sign."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from governance.errors import UsageError

LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The address that the server listens on, and the origin that browsers see."""

    host: str
    port: int
    origin: str

    @property
    def rp_id(self) -> str:
        """The relying party that passkeys are made for."""
        return urlsplit(self.origin).hostname or ""

    @property
    def authority(self) -> str:
        """What a browser puts into the Host header."""
        return urlsplit(self.origin).netloc


def place_of(host: str, port: int, origin: str | None) -> Place:
    """Raises: UsageError where browsers would not let passkeys sign there, or would send what is signed in the clear."""
    if not 0 < port < 65_536:
        raise UsageError(f"{port} is no port", where="--port", expected="1 to 65535")
    wanted = origin or f"http://localhost:{port}"
    parts = urlsplit(wanted)
    plain = parts.scheme == "http" and parts.hostname == "localhost"
    if not _is_origin(wanted) or not (plain or parts.scheme == "https"):
        raise UsageError(
            f"{wanted[:200]!a} is no origin of a desk",
            where="--origin",
            expected="https://HOST or https://HOST:PORT, http for localhost alone",
        )
    if host not in LOOPBACK and plain:
        raise UsageError(
            f"{host} can be reached from elsewhere, and {wanted} cannot",
            where="--host",
            expected="a proxy that speaks TLS, and --origin https://... as browsers see it",
        )
    return Place(host=host, port=port, origin=wanted)


def _is_origin(written: str) -> bool:
    """Scheme, host and port as a browser writes them, and nothing else."""
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    named = (
        bool(host) and host.isascii() and not host.replace(".", "").isdigit() and set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")
    )
    return named and port != usual and written == f"{parts.scheme}://{host}" + (f":{port}" if port else "")
