"""The desk in a real browser with its virtual authenticator: made a passkey, approved, labelled and voted, by keyboard alone.

`DESK_PICTURES=FOLDER` keeps the pictures that are taken on the way.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import polars as pl
import pytest
import uvicorn

from cli.desk.app import make_app
from cli.desk.place import Place, place_of
from cli.main import main
from flows.evidence import write_evidence
from flows.finish import release_desk
from flows.labels import queue
from flows.sides import at_hand
from flows.sides import begin as draw
from flows.signed_votes import signed_votes
from governance.actions.promote import promote
from governance.adapters.ssh_signatures import PROGRAM
from governance.provenance.laundering.doubt import DOUBTFUL_SCHEMA
from governance.release import kinds
from tests.desk.desk_browser import CHROMIUM, Browser
from tests.desk.desk_world import Visitor
from tests.evidence.forgery import failed, said
from tests.evidence.real_line import RealShop, cycle, founded, let_out

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the desk with")]
PHONE, DESKTOP = (390, 844), (1280, 900)
HOSTILE = "<img src=https://evil.example/x onerror=\"document.title='hacked'\">\u202e"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> RealShop:
    """Release 1 serves, version 2 waits, three of its human rows are doubted, and pairs are drawn against the champion."""
    made = founded(tmp_path_factory.mktemp("desk") / "newsroom")
    let_out(made, cycle(made))
    cycle(made)
    folder = made.workspace.cycle
    admitted = pl.read_parquet(folder / "admitted.parquet").filter(pl.col("origin") == "human").head(3)
    reasons = [{"signal": HOSTILE, "score": 0.9, "human_rows_per_thousand": 1.0}]
    doubtful = admitted.with_columns(reasons=pl.Series([reasons] * admitted.height, dtype=DOUBTFUL_SCHEMA["reasons"]))
    doubtful.select(DOUBTFUL_SCHEMA.names()).write_parquet(folder / "doubtful.parquet")
    draw(made, against="champion", pairs=20, per_side=1)
    return made


@pytest.fixture(scope="module")
def place(shop: RealShop) -> Iterator[Place]:
    """The desk of that workspace, served on this machine."""
    found = place_of("127.0.0.1", free_port(), None)
    config = uvicorn.Config(make_app(shop.as_, found), host=found.host, port=found.port, lifespan="off", log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield found
    server.should_exit = True
    thread.join(timeout=60)


@pytest.fixture(scope="module")
def browser(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        found.authenticator()
        found.window(*DESKTOP)
        yield found


def pictured(browser: Browser, name: str) -> None:
    """The page as it is, on a phone and on a desk, light and dark; on none of them anything is cut off at the side."""
    kept = os.environ.get("DESK_PICTURES")
    for size, (width, height) in (("phone", PHONE), ("desktop", DESKTOP)):
        for dark in (False, True):
            browser.window(width, height, dark=dark)
            assert browser.value("document.documentElement.scrollWidth <= innerWidth"), (name, size)
            if kept:
                browser.picture(Path(kept) / f"{name}-{size}-{'dark' if dark else 'light'}.png")
    browser.window(*DESKTOP)


def registered(browser: Browser, shop: RealShop, place: Place, name: str) -> str:
    """Make a passkey by keyboard, and do what a reviewer of the list does: put its line there."""
    browser.open(f"{place.origin}/passkey")
    browser.tab_to("#name")
    browser.write(name)
    browser.press("Enter")
    browser.until("!document.getElementById('line').hidden || !document.getElementById('said').hidden")
    line = str(browser.value("document.getElementById('line-text').textContent"))
    assert line.startswith(f'{name} namespaces="heirloom" sk-ecdsa'), browser.text()
    signers = shop.workspace.root / "allowed_signers"
    signers.write_text(signers.read_text() + line + "\n")
    return line


def signed(browser: Browser) -> str:
    """The words are on the page and the button has the focus: one key signs."""
    browser.until("!document.getElementById('sign').hidden || !document.getElementById('said').hidden")
    assert browser.value("document.activeElement.textContent") == "Sign with your passkey", browser.text()
    browser.press("Enter")
    browser.until("!document.getElementById('said').hidden")
    return str(browser.value("document.getElementById('said').textContent"))


def choose(browser: Browser, name: str) -> None:
    browser.tab_to("select[name=by]")
    browser.press(name[0])
    for _ in range(10):
        if browser.value("document.activeElement.value") == name:
            return
        browser.press("ArrowDown")
    raise AssertionError(f"no {name} to choose")


def test_a_passkey_is_made_and_three_acts_are_signed_by_keyboard_alone(shop: RealShop, place: Place, browser: Browser) -> None:
    browser.open(f"{place.origin}/")
    assert "1 version and 3 rows wait for a person" in browser.text()
    pictured(browser, "1-front")
    registered(browser, shop, place, "reviewer-a")
    pictured(browser, "2-passkey")

    browser.open(f"{place.origin}/version/2")
    choose(browser, "reviewer-a")
    browser.tab_to("#reason")
    browser.write("Read 20 blind pairs, regional voice is back")
    browser.tab_to("button[value=approve]")
    assert browser.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert browser.value("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    browser.press("Enter")
    browser.until("!document.getElementById('sign').hidden")
    pictured(browser, "3-approve")
    assert signed(browser).startswith("Approved by reviewer-a, ledger ")
    given = shop.ledger.events()[-1]
    assert (given.kind, given.actor) == (kinds.APPROVAL_GIVEN, "reviewer-a")

    browser.open(f"{place.origin}/label")
    assert "hacked" not in browser.value("document.title")
    browser.press("j", "h", "j", "m")
    browser.tab_to("[data-cell=new_generator]")
    browser.write("desk-assist")
    browser.press("Tab")
    browser.write("10")
    choose(browser, "reviewer-a")
    assert browser.value("[...document.querySelectorAll('input:checked')].map(one => one.value).join()") == "human,model"
    pictured(browser, "4-label")
    browser.tab_to("#to-sign")
    browser.press("Enter")
    assert signed(browser).startswith("2 rows labelled by reviewer-a, ledger ")
    assert shop.ledger.events()[-1].kind == kinds.ROWS_RELABELLED
    assert queue(shop.as_("auditor-a")).rows.height == 1
    assert queue(shop.as_("auditor-a")).left_out == ()

    browser.open(f"{place.origin}/vote")
    choose(browser, "reviewer-a")
    browser.press("Tab", "Enter")
    browser.until("document.querySelector('form[data-act=vote]') !== null && document.readyState === 'complete'")
    browser.press("j", "l", "=", "r", "j", "r", "s")
    assert browser.value("document.querySelectorAll('input:checked').length") == 4
    assert browser.value("document.activeElement.id") == "to-sign"
    pictured(browser, "5-vote")
    browser.press("Enter")
    browser.until("!document.getElementById('sign').hidden")
    assert signed(browser).startswith("4 votes of reviewer-a recorded.")
    pictured(browser, "6-voted")
    browser.press("Tab", "Enter")
    browser.until("document.body.innerText.includes('Side by side: 18 pairs left')")
    assert signed_votes(shop, at_hand(shop)) == 4


def test_what_was_signed_there_is_told_everywhere_and_a_promotion_takes_it(
    shop: RealShop, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    done = promote(release_desk(shop), 2, shop.terms)
    assert (done.changed, done.approved_by) == (True, ("reviewer-a",))
    assert main(["history", "--workspace", str(shop.workspace.root)]) == 0
    assert "Read 20 blind pairs, regional voice is back" in capsys.readouterr().out
    given = next(event for event in reversed(shop.ledger.events()) if event.kind == kinds.APPROVAL_GIVEN)
    folder = shop.workspace.root / "out"
    assert main(["review", "2", "--export", str(folder), "--workspace", str(shop.workspace.root)]) == 0
    statement = (folder / f"approval-{given.seq}.statement.json").read_bytes()
    over = b"DSSEv1 28 application/vnd.in-toto+json %d %b" % (len(statement), statement)
    signers, signature = shop.workspace.root / "allowed_signers", folder / f"approval-{given.seq}.sig"
    words = [PROGRAM, "-Y", "verify", "-n", "heirloom", "-f", str(signers), "-I", "reviewer-a", "-s", str(signature)]
    assert b"Good" in subprocess.run(words, input=over, capture_output=True, check=True).stdout


def test_a_bundle_proves_what_the_browser_signed_without_this_program(shop: RealShop, tmp_path: Path) -> None:
    write_evidence(shop, 2, tmp_path / "evidence.zip")
    assert failed(tmp_path / "evidence.zip") == set()
    assert "approval by reviewer-a over model" in said(tmp_path / "evidence.zip", "approvals")


def test_nothing_left_the_desk_and_nothing_was_refused_by_its_policy(place: Place, browser: Browser) -> None:
    assert browser.requests
    assert [url for url in browser.requests if not url.startswith((place.origin, "about:", "data:"))] == []
    assert [line for line in browser.console if "pubKeyCredParams" not in line] == []  # a hint that devices without ES256 exist


def test_another_page_of_this_machine_cannot_act_frame_or_have_anything_signed(shop: RealShop, place: Place, browser: Browser) -> None:
    """The worst neighbour: a page of the same host, so of the same relying party, which was given a true draft's challenge."""
    row = queue(shop.as_("reviewer-a")).rows.row(0, named=True)
    answer = {"row_id": row["row_id"], "sha256": row["sha256"], "label": str(row["label"]), "new_origin": "human"}
    desk, before = Visitor(shop.as_, place), shop.ledger.state().seq
    draft = desk.draft(act="label", by="reviewer-a", answers=[answer])
    with neighbour() as address:
        browser.open(address)
        refused = "fetch(DESK + '/act/draft', {method: 'POST', body: '{}', headers: HEAD}).then(() => 'sent', () => 'refused')"
        page = f"const DESK = {place.origin!r}, HEAD = {{'content-type': 'application/json'}};"
        assert browser.value(f"(() => {{ {page} return {refused}; }})()") == "refused"
        asks = (
            f"navigator.credentials.get({{publicKey: {{challenge: bytes({draft['challenge']!r}), rpId: 'localhost',"
            f" userVerification: 'required', allowCredentials: [{{type: 'public-key', id: bytes({draft['credentials'][0]!r})}}]}}}})"
        )
        found = browser.value(f"(async () => {{ {BYTES} const f = await {asks}; return {TAKEN}; }})()")
        body = {"id": draft["id"], "credential": draft["credentials"][0], **found}
        browser.value(f"document.body.append(Object.assign(document.createElement('iframe'), {{src: '{place.origin}/version/2'}}))")
        browser.until("frames.length === 1")
        browser.until("(() => { try { return !frames[0].document } catch { return true } })()")
    told = desk.post("/act/sign", body)
    assert (told.status_code, "over something else" in told.json()["message"]) == (403, True)
    assert shop.ledger.state().seq == before
    assert any("frame-ancestors" in line for line in browser.console)


BYTES = "const bytes = (t) => Uint8Array.from(atob(t.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));" + (
    "const url = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');"
)
TAKEN = (
    "({authenticator_data: url(f.response.authenticatorData), client_data: url(f.response.clientDataJSON),"
    " signature: url(f.response.signature)})"
)


@contextmanager
def neighbour() -> Iterator[str]:
    """An empty page of another port."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>neighbour</title><body></body>")

        def log_message(self, *words: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_that_is_not_verified_signs_nothing(shop: RealShop, place: Place, tmp_path: Path) -> None:
    """The same browser, a device without a finger: the signature never comes, and nothing is written."""
    before = shop.ledger.state().seq
    with Browser(tmp_path / "profile") as other:
        other.send("WebAuthn.enable")
        other.window(*DESKTOP)
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": False,
        }
        other.send("WebAuthn.addVirtualAuthenticator", options={**options, "automaticPresenceSimulation": True})
        other.open(f"{place.origin}/passkey")
        other.tab_to("#name")
        other.write("engineer-a")
        other.press("Enter")
        other.until("!document.getElementById('said').hidden")
        assert "Not done" in other.text()
        assert other.value("document.getElementById('line').hidden")
    assert shop.ledger.state().seq == before


def test_the_command_serves_the_desk_until_it_is_told_to_stop(shop: RealShop, tmp_path: Path) -> None:
    port = free_port()
    code = "import sys; from cli.main import main; sys.exit(main(sys.argv[1:]))"
    words = [sys.executable, "-c", code, "desk", "--port", str(port), "--workspace", str(shop.workspace.root)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as program:
        assert program.stderr is not None
        try:
            assert f"http://localhost:{port}" in program.stderr.readline()
            assert "Your passkey" in fetched(f"http://localhost:{port}/passkey")
        finally:
            program.send_signal(signal.SIGINT)
        assert program.wait(timeout=60) == 0


def fetched(address: str) -> str:
    """A page, once the server is up."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=5) as page:  # noqa: S310 - our own desk
                return str(page.read().decode())
        except OSError:
            threading.Event().wait(0.1)
    raise AssertionError("the desk did not open")
