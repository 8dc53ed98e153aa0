"""A teacher behind an address: permitted by policy, pinned by the name that it gives itself, and never taken for a checked one."""

import os
from collections.abc import Callable

from governance.errors import RefusedError, UsageError
from governance.ports.endpoint import Endpoint, Secret
from governance.ports.generator import Author
from governance.release import kinds
from governance.wiring import Shop

WHERE = "heirloom.toml teacher.endpoint"
LONGEST_KEY = 4096

Open = Callable[[str, Endpoint, str, Secret | None], Author]


def far_author(shop: Shop, open_author: Open, pinned: str | None) -> Author:
    """The author at the endpoint, pinned the first time by name and by what the endpoint says its model is.

    Raises: RefusedError where policy does not list the address, asks for a watermark, or another model answers than was pinned;
    UsageError where no key is where the settings say; what the generator raises where it does not answer.
    """
    wanted = shop.settings.teacher
    rules = shop.policy.synthesis
    refuse_unlisted(shop, wanted.endpoint)
    if rules.watermark.required:
        raise RefusedError("text of a model that somebody else runs cannot be marked", where="policy.toml synthesis.watermark.required")
    author = open_author(wanted.name, wanted.endpoint, rules.prompts.instruction, key_of(shop, wanted.endpoint, WHERE))
    if pinned is None:
        shop.ledger.record(kinds.TEACHER_PINNED, {"name": wanted.name, "digest": author.version})
    elif pinned != author.version:
        raise RefusedError(
            f"teacher {wanted.name} answers as {author.version}",
            where=wanted.endpoint.address,
            expected=f"{pinned}, as pinned",
            fix="name the new model as a teacher of its own, in policy.toml mixing.teachers and heirloom.toml teacher.name",
        )
    return author


def refuse_unlisted(shop: Shop, endpoint: Endpoint) -> None:
    """Raises: RefusedError where policy does not list the address: what is asked there leaves the house."""
    listed = shop.policy.synthesis.endpoints
    if endpoint.address not in [address.rstrip("/") for address in listed]:
        found = endpoint.address or "no address"
        raise RefusedError(f"{found} may not be asked", where="policy.toml synthesis.endpoints", expected=", ".join(listed) or "none")


def key_of(shop: Shop, endpoint: Endpoint, where: str) -> Secret | None:
    """The key from where the settings say, None where they say nothing. Raises: UsageError; no message holds the key."""
    if endpoint.key_env:
        return _key(os.environ.get(endpoint.key_env, ""), f"environment variable {endpoint.key_env} ({where}.key_env)")
    if endpoint.key_file:
        place = shop.secret_place(endpoint.key_file)
        try:
            return _key(place.read_text(), f"{place} ({where}.key_file)")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError("cannot be read", where=str(place), expected="the key of the endpoint") from error
    return None


def _key(found: str, where: str) -> Secret:
    """A word that fits into one header."""
    key = found.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key or len(key) > LONGEST_KEY:
        raise UsageError("holds no key" if not key else "holds something that is no key", where=where, expected="one word")
    return Secret(value=key)
