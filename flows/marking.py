"""Whether what our teachers write is marked: with the key that heirloom.toml names, and never without the policy's leave."""

from dataclasses import dataclass
from typing import Any

from governance.adapters.watermark_key import make_key, read_key
from governance.errors import RefusedError, UsageError
from governance.provenance.watermark import Mark
from governance.wiring import Shop

WHERE = "heirloom.toml teacher.watermark_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """The mark, and the name under which its key may be spoken of."""

    mark: Mark
    fingerprint: str

    def document(self) -> dict[str, Any]:
        """The watermark as it is recorded; the key is not in it."""
        return {"fingerprint": self.fingerprint, "green_percent": self.mark.green_percent, "bias": self.mark.bias}


def watermark_of(shop: Shop) -> Watermark | None:
    """The watermark of everything that is written here; None where no key is named and policy does not ask for one.

    Raises: RefusedError where policy asks for one; UsageError where the key is not where it is said to be, or lies in the workspace;
    IntegrityError where others can read it.
    """
    rules, named = shop.policy.synthesis.watermark, shop.settings.teacher.watermark_key
    if not named:
        if rules.required:
            raise RefusedError(
                "text shall be marked, and no key is named", where=WHERE, fix="name a file, and heirloom synthesize --make-key"
            )
        return None
    key = read_key(shop.secret_place(named))
    return Watermark(mark=Mark(key=key.number, green_percent=rules.green_percent, bias=rules.bias), fingerprint=key.fingerprint)


def watermark_to_find(shop: Shop) -> dict[str, Any] | None:
    """The watermark that a cycle is frozen with; None where no key is named or the key is not here: then nobody looks for it.

    Raises: as `watermark_of` where the key is here.
    """
    named = shop.settings.teacher.watermark_key
    if not named or not shop.secret_place(named).exists():
        return None
    found = watermark_of(shop)
    return found.document() if found else None


def key_made(shop: Shop) -> str:
    """The fingerprint of the key that heirloom.toml names, made where there is none.

    Raises: UsageError where heirloom.toml names no file, or one in the workspace.
    """
    named = shop.settings.teacher.watermark_key
    if not named:
        raise UsageError("names no file", where=WHERE, fix='watermark_key = "~/.config/heirloom/watermark.key"')
    return make_key(shop.secret_place(named)).fingerprint
