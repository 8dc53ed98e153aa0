"""A language model that somebody else runs, behind an OpenAI-compatible address: where it is, and how patiently it is asked."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

COMPLETIONS, CHAT = "completions", "chat"
VLLM, OPENAI = "vllm", "openai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A word that is sent and never shown."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`[teacher.endpoint]` and `[judge]` of heirloom.toml; the key itself is in no setting."""

    base_url: str = ""
    model: str = ""
    key_env: str = ""
    """Name of the environment variable that holds the key."""
    key_file: str = ""
    """File that holds it, outside the workspace."""
    api: str = COMPLETIONS
    """`completions` goes on from a text; `chat` asks for a continuation in words (`[synthesis.prompts] instruction`)."""
    server: str = VLLM
    """`vllm`: top-k, min-p and repetition penalty are sent as off, else the server fills in the model's own. `openai` knows none."""
    timeout_seconds: float = 120.0
    tries: int = 5
    at_once: int = 4

    def __post_init__(self) -> None:
        if self.api not in (COMPLETIONS, CHAT):
            raise ValueError(f"api: {self.api!r} is neither 'completions' nor 'chat'")
        if self.server not in (VLLM, OPENAI):
            raise ValueError(f"server: {self.server!r} is neither 'vllm' nor 'openai'")
        if self.key_env and self.key_file:
            raise ValueError("key_env and key_file are both set: one key is enough")
        if not 0 < self.timeout_seconds <= 3600:
            raise ValueError(f"timeout_seconds: {self.timeout_seconds} is not in (0, 3600]")
        for name, most in (("tries", 20), ("at_once", 256)):
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name}: {getattr(self, name)} is not in 1..{most}")
        if self.base_url:
            _check_address(self.base_url, keyed=bool(self.key_env or self.key_file))

    @property
    def address(self) -> str:
        """The base address without a slash at its end, as the policy's list has it."""
        return self.base_url.rstrip("/")

    def document(self) -> dict[str, Any]:
        """The endpoint as it is recorded."""
        return {"base_url": self.address, "model": self.model, "api": self.api, "server": self.server}


def _check_address(address: str, *, keyed: bool) -> None:
    """Raises: ValueError; an address that may hold a password is not repeated."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise ValueError("base_url: is no address") from error
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("base_url: holds a name, a password or a query; a key belongs into key_env or key_file")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"base_url: {address!r} is no address such as 'https://host/v1'")
    if keyed and parts.scheme == "http" and not _is_here(parts.hostname):
        raise ValueError(f"base_url: {address!r} would carry the key unencrypted; take https")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
