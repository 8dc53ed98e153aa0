"""Looking at a line from outside: its ledger, registry, serving pointer, decisions and models as they lie there, for the invariants."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from governance.actions.serving import Pointer, read_pointer
from governance.digest import digest_document, read_document
from governance.drills.invariants import Decision, Seen
from governance.errors import GovernanceError, IntegrityError
from governance.release.fold import fold
from governance.release.ledger import Event, verify
from governance.release.state import Release, State
from governance.wiring import Shop, open_shop

PAGES = ("cycle/review", ".heirloom/archive", ".heirloom/mlartifacts")
"""Where a line keeps pages: of the cycle at hand, of finished ones, and what the registry shows."""
INERT_POLICY = "content-security-policy\" content=\"default-src 'none'"


def look(root: Path, around: Mapping[str, Path]) -> Seen:
    """What the workspace in a folder shows now. `around` names folders in which nothing may be written beside the workspace itself.

    A ledger whose chain is broken is taken as it is, and nothing else is looked at: nothing could be said of it.
    """
    shop = open_shop(root, actor="crash-drill")
    events, beside = _events(shop), frozenset(_beside(root, around))
    try:
        verify(events)
    except IntegrityError:
        return Seen(events=events, aliases={}, pointer=None, decisions={}, around=beside)
    state = fold(events)
    return Seen(
        events=events,
        aliases=shop.registry.aliases(state.model or shop.policy.line.model),
        pointer=_pointer(shop),
        decisions=dict(_decisions(shop, state)),
        untrue=dict(_untrue(shop, state)),
        around=beside,
        lively=tuple(lively_pages(root)),
    )


def _events(shop: Shop) -> Sequence[Event]:
    try:
        return shop.ledger.store.events()
    except IntegrityError:
        return ()  # no ledger any more: whatever was acknowledged is lost, and the invariant says so


def _pointer(shop: Shop) -> Pointer | None:
    try:
        return read_pointer(shop.workspace.serving_pointer)
    except IntegrityError:
        return None  # half a pointer lets nothing serve, and the invariant says so


def _decisions(shop: Shop, state: State) -> Iterator[tuple[int, Decision]]:
    for release in state.releases.values():
        archive = shop.workspace.archive(release.cycle_digest)
        if not (archive / "decision.json").is_file():
            continue
        decision, lineage = (read_document(archive / name) for name in ("decision.json", "lineage.json"))
        found = Decision(sha256=digest_document(decision), verdict=str(decision["verdict"]), checkpoint=str(lineage["checkpoint"]))
        yield release.version, found


def _untrue(shop: Shop, state: State) -> Iterator[tuple[str, str]]:
    for release in state.releases.values():
        if doubt := _doubt(shop, release):
            yield release.checkpoint, doubt


def _doubt(shop: Shop, release: Release) -> str:
    """What is not as recorded in a kept model, or why it does not load; empty where it is true and loads."""
    try:
        if different := shop.store.differences(release.checkpoint):
            return different[0]
        shop.trainer.open(shop.store.path(release.checkpoint))
    except GovernanceError as error:
        return error.found
    return ""


def lively_pages(root: Path) -> Iterator[str]:
    """Pages, made or mirrored, that could run a script or ask for something, because their policy does not keep them from it."""
    for page in sorted(path for place in PAGES for path in (root / place).rglob("*.html")):
        text = page.read_text(encoding="utf-8", errors="replace").lower()
        if INERT_POLICY not in text or "<script" in text:
            yield f"{page.relative_to(root)} may run or fetch something"


def _beside(root: Path, around: Mapping[str, Path]) -> Iterator[str]:
    for name, folder in around.items():
        for first in folder.iterdir() if folder.is_dir() else ():
            if first != root:
                yield from (f"{name}/{path.relative_to(folder)}" for path in (first, *first.rglob("*")))
