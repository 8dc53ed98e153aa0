"""The book of a line: what it says, that it says it again, that nothing in it runs or leaves, and that it replaces nothing but a book."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from line_of_releases import PINS, levels

from flows.book import build_book
from flows.finish import archive_of
from governance.actions.promote import promote
from governance.actions.rollback import rollback
from governance.digest import digest_bytes
from governance.errors import IntegrityError, UsageError
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.wiring import Shop
from tests.world import MODEL, World, terms

HOSTILE = "<script>document.title='hacked'</script>\u202e"


class Page(HTMLParser):
    """Tags and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "xlink:href"}]


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(root=tmp_path)
    (tmp_path / "policy.toml").write_text(f'[line]\nmodel = "{MODEL}"\n')
    found.desk().ledger.record(kinds.WORKSPACE_CREATED, {"model": MODEL, "environment": "demo"})
    found.desk().ledger.record(kinds.SHARDS_PINNED, PINS)
    return found


def shop_of(world: World) -> Shop:
    shop = Shop(workspace=Workspace(root=world.root), clock=world.clock, actor="reader")
    vars(shop).update(ledger=world.desk("reader").ledger, registry=world.registry, store=world.models)
    return shop


@pytest.fixture
def line(world: World) -> Shop:
    """Three releases, the last rolled back, and a report kept of the first alone."""
    for place, change in enumerate((0.0, 0.01, 0.03)):
        facts = {"synthetic_tokens": 10, "passages": 10_000, "depth": 1} if place else {}
        promote(world.desk(), world.add(f"release {place}", levels=levels(world, change), **facts), terms())
    rollback(world.desk("on-call"), "previous", f"regional voice is gone {HOSTILE}")
    shop = shop_of(world)
    kept = archive_of(shop, world.state().releases[1].cycle_digest)
    kept.mkdir(parents=True)
    (kept / "report.html").write_text("<p>the first report</p>")
    return shop


def test_the_index_says_who_serves_since_when_and_why_and_what_is_frozen(line: Shop, tmp_path: Path):
    text = build_book(line, tmp_path / "book").index.read_text()
    assert f"{MODEL}: release 2 serves" in text
    assert "rolled back by on-call: regional voice is gone" in text
    assert "Scheduled retraining is frozen" in text
    assert "recalled in ledger" in text
    assert "+1.0 %" in text
    assert "4.0 points left" not in text  # the upper bound of +1.5 % counts, not the change
    assert "3.5 points left" in text


def test_every_link_leads_to_a_page_of_the_book_and_nothing_runs_or_leaves(line: Shop, tmp_path: Path):
    bound = build_book(line, tmp_path / "book")
    pages = {path.name: Page(path.read_text()) for path in bound.index.parent.glob("*.html") if not path.name.startswith("report-")}
    assert set(pages) == {"index.html", "version-1.html", "version-2.html", "version-3.html"}
    for name, page in pages.items():
        assert page.tags.isdisjoint({"script", "iframe", "form", "img", "link", "object"}), name
        assert all((bound.index.parent / link).is_file() for link in page.links), (name, page.links)
        assert "default-src 'none'" in (bound.index.parent / name).read_text()
    assert "report-1.html" in pages["version-1.html"].links
    assert "Its report was not kept here" in (bound.index.parent / "version-2.html").read_text()
    assert bound.not_kept == (2, 3)
    assert "\u202e" not in bound.index.read_text()


def test_the_same_ledger_gives_the_same_bytes_and_the_book_names_each_of_its_files(line: Shop, tmp_path: Path):
    one, other = (build_book(line, tmp_path / name).index.parent for name in ("one", "other"))
    assert {path.name: path.read_bytes() for path in one.iterdir()} == {path.name: path.read_bytes() for path in other.iterdir()}
    document = json.loads((one / "book.json").read_text())
    assert document["ledger"] == {"seq": line.ledger.state().seq, "head": line.ledger.state().head}
    assert document["files"] == {path.name: digest_bytes(path.read_bytes()) for path in one.glob("*.html")}


def test_a_later_book_replaces_the_earlier_one_and_nothing_else_is_ever_replaced(line: Shop, world: World, tmp_path: Path):
    place = tmp_path / "book"
    build_book(line, place)
    (place / "version-99.html").write_text("left over")
    world.desk("auditor").ledger.record(kinds.NOTE_ADDED, {"about": 5, "text": "looked at"})
    index = build_book(line, place).index
    assert "looked at" in index.read_text()
    assert not (place / "version-99.html").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".book")]

    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="no book"):
        build_book(line, mine)
    assert [path.name for path in mine.iterdir()] == ["letter.txt"]


def test_a_broken_ledger_makes_no_book(line: Shop, world: World, tmp_path: Path):
    world.ledger.kept.pop(3)
    with pytest.raises(IntegrityError, match="does not follow"):
        build_book(line, tmp_path / "book")
    assert not (tmp_path / "book").exists()


def test_a_line_without_a_release_has_a_book_too(world: World, tmp_path: Path):
    text = build_book(shop_of(world), tmp_path / "book").index.read_text()
    assert "no release yet" in text
    assert "No version is registered yet" in text
    assert re.search(r"Entries</dt> <dd>2<", text)


def test_the_picture_of_ancestry_has_an_arc_for_weights_and_one_for_rows(line: Shop, tmp_path: Path):
    text = build_book(line, tmp_path / "book").index.read_text()
    assert text.count('class="weights"') == 2  # 2 from 1, 3 from 2
    assert text.count('class="node barred"') == 1
    assert text.count('class="node serves"') == 1
