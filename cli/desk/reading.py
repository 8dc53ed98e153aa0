"""The pages of the desk that are only read: what waits, a version, the queue, the pairs, the passkeys, and the whole book."""

from collections.abc import Mapping
from threading import Lock

from cli.desk.acts import ShopOf
from cli.desk.place import Place
from flows.approvals import poll_of
from flows.book import book_of
from flows.desk import people
from flows.desk_pages import open_pairs, round_of, rows_asked, waiting
from flows.finish import archive_of
from flows.sides import Round
from governance.adapters.report.book import pages_of
from governance.adapters.report.desk import Room, front_page, label_page, passkey_page, version_page, vote_page
from governance.errors import UsageError
from governance.release.fold import fold
from governance.wiring import Shop

READER = "desk-reader"
"""Under which name the workspace is read. Nothing is ever written under it."""


class Reading:
    """Each page is made from the ledger as it is when it is asked for; the book is made anew when the ledger has a new head."""

    def __init__(self, shop_of: ShopOf, place: Place) -> None:
        self._shop_of, self._place = shop_of, place
        self._lock = Lock()
        self._book: tuple[str, Mapping[str, bytes]] = ("", {})

    def front(self) -> str:
        shop = self._shop()
        found = waiting(shop)
        return front_page(self._room(shop), found.state, found.polls, found.queue.by_why, _round_words(found.round))

    def version(self, number: int) -> str:
        """Raises: UsageError where there is no such version."""
        shop = self._shop()
        events = shop.ledger.events()
        state = fold(events)
        release = state.releases.get(number)
        if release is None:
            raise UsageError(f"version {number} is not registered")
        kept = (archive_of(shop, release.cycle_digest) / "report.html").is_file()
        return version_page(self._room(shop), state, events, release, poll_of(shop, release), report=kept)

    def label(self, after: int) -> str:
        shop = self._shop()
        height, found = rows_asked(shop, after)
        return label_page(self._room(shop), height, after, [(one.row, one.before) for one in found])

    def vote(self, by: str) -> str:
        shop = self._shop()
        room, found = self._room(shop), round_of(shop)
        rater = by if by in room.names else ""
        left, pairs = open_pairs(found, rater) if found and rater else (0, ())
        return vote_page(room, _round_words(found), rater, left, pairs)

    def passkey(self) -> str:
        shop = self._shop()
        return passkey_page(self._room(shop), shop.settings.signing.allowed_signers)

    def book(self, name: str) -> bytes:
        """A page of the book by its file name. Raises: UsageError where it has none of that name."""
        shop = self._shop()
        head = shop.ledger.state().head
        with self._lock:
            if self._book[0] != head:
                self._book = (head, pages_of(book_of(shop)))
            found = self._book[1].get(name)
        if found is None:
            raise UsageError("the book has no such page")
        return found

    def _shop(self) -> Shop:
        return self._shop_of(READER)

    def _room(self, shop: Shop) -> Room:
        line = shop.policy.line
        return Room(model=line.model, environment=line.environment, passkeys=people(shop, self._place.origin))


def _round_words(found: Round | None) -> str:
    return f"{found.pairs.height} pairs of cycle {found.drawn.body['cycle']}, the candidate against the {found.against}." if found else ""
