"""The pages of versions in the registry: written from the ledger after an act, and held against it when views are reconciled."""

from collections.abc import Sequence

from governance.actions.release_desk import ReleaseDesk, now
from governance.errors import GovernanceError
from governance.ports.registry import PageView
from governance.release.fold import fold
from governance.release.ledger import Event
from governance.release.state import State
from governance.release.views import DESCRIPTION, PageDrift, lost, page_drift, wanted_page

RECENT = 12
"""Events within which a page may still show what was so before: an act writes at most seven and shows its pages last."""


def drifted_pages(desk: ReleaseDesk, state: State) -> tuple[tuple[PageDrift, ...], tuple[int, ...]]:
    """What the pages of versions show otherwise than the ledger, and the versions that it needs and the registry has lost.

    Nothing where the registry has no pages.
    """
    if not isinstance(desk.registry, PageView):
        return (), ()
    shown = desk.registry.pages(desk.model)
    return page_drift(now(desk, state), shown), lost(state, shown)


def show_pages(desk: ReleaseDesk) -> tuple[PageDrift, ...]:
    """Make every page show what the ledger says at this moment; what had to be written.

    Raises: DependencyError where the registry cannot be reached.
    """
    found, _ = drifted_pages(desk, desk.ledger.state())
    write_pages(desk, found)
    return found


def write_pages(desk: ReleaseDesk, found: Sequence[PageDrift]) -> None:
    """Put right what differs. Raises: DependencyError where the registry cannot be reached."""
    if not isinstance(desk.registry, PageView):
        return
    for version in sorted({one.version for one in found}):
        tags = {one.key: one.wanted for one in found if one.version == version and one.key != DESCRIPTION}
        if wanted := {key: value for key, value in tags.items() if value is not None}:
            desk.registry.set_tags(desk.model, version, wanted)
        for key in sorted(tags.keys() - wanted.keys()):
            desk.registry.drop_tag(desk.model, version, key)
        for one in found:
            if one.version == version and one.key == DESCRIPTION:
                desk.registry.describe(desk.model, version, one.wanted or "")


def shown_pages(desk: ReleaseDesk) -> str:
    """The pages are written after an act that stands already; what the registry said where they could not be, or nothing."""
    try:
        show_pages(desk)
    except GovernanceError as error:
        return error.found
    return ""


def only_late(events: Sequence[Event], found: Sequence[PageDrift]) -> frozenset[PageDrift]:
    """Those that show what the ledger said until a moment ago, or nothing yet: an act was broken off before it wrote its pages.

    The others nobody here wrote.
    """
    if not found:
        return frozenset()
    state, said = fold(events[:-RECENT]), set[tuple[int, str, str]]()
    for event in (None, *events[-RECENT:]):
        state = state if event is None else fold([event], state)
        for version in state.releases.keys() & {one.version for one in found}:
            page = wanted_page(state, version)
            said |= {(version, key, value) for key, value in {**page.tags, DESCRIPTION: page.description}.items()}
    return frozenset(one for one in found if one.found is None or (one.version, one.key, one.found) in said)
