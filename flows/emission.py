"""Every text that a model of ours wrote is entered into the emission ledger before anybody else can have it."""

from collections.abc import Sequence

from governance.ports.generator import Author
from governance.provenance.emissions import emitted
from governance.release import kinds
from governance.wiring import Shop


def enter_emissions(shop: Shop, author: Author, texts: Sequence[str], given: Sequence[str]) -> None:
    """Enter texts under their author's name and version; `given` is what the author had before it for each of them.

    Raises: IntegrityError where the ledger's file of emissions is gone or altered.
    """
    if not texts:
        return
    limits = shop.policy.synthesis.emissions
    fresh = emitted(f"{author.name}/{author.version}", texts, given, limits)

    def record(sha256: str) -> None:
        body = {"generator": author.name, "version": author.version, "rows": len(texts), "emissions_sha256": sha256}
        shop.ledger.record(kinds.EMISSIONS_ENTERED, body)

    shop.emissions.enter(fresh, limits, lambda: shop.ledger.state().emissions, record)
