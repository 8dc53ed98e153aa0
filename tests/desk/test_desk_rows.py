"""Labelling and voting at the desk: signed rounds like those of a sheet, texts that are only texts, and a round that stays blind."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cli.commands.side_by_side import tally_lines
from flows.labels import queue
from flows.sides import at_hand, begin, outcome
from flows.signed_votes import signed_votes
from governance.collapse.evidence import SAMPLE_SCHEMA
from governance.digest import digest_text, write_document
from governance.release import kinds
from governance.wiring import Shop, open_shop
from tests.authenticator import Authenticator, allow_passkeys
from tests.desk.desk_world import Visitor
from tests.flows.label_office import HUMAN, HYBRID, MACHINE, NOBODYS, Office

HOSTILE = "<script>document.title='hacked'</script>\u202e</pre><img src=x onerror=alert(1)>"
DRAFT = {"row_id": "d", "text": "A draft of the machine.", "origin": "model", "generator": "desk-assist", "generator_version": "9"}


class Texts(HTMLParser):
    """What a browser would show as text, and which elements it would make."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return made_in(tmp_path / "line")


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    """A steward at a desk at which nothing is ever signed: tests that write nothing share it."""
    office = made_in(tmp_path_factory.mktemp("calm") / "line")
    allow_passkeys(office.root / "allowed_signers", Authenticator(credential=b"steward-a").line("steward-a"))
    return Visitor(office.shop)


def made_in(folder: Path) -> Office:
    """Five rows of which three wait for a person: one whose text is hostile, a hybrid with its draft, and one that nobody owns."""
    made = Office(folder, environment="staging")
    hybrid = {**HYBRID, "parent_ids": ["d"]}
    made.cycle({**HUMAN, "text": HOSTILE}, MACHINE, hybrid, NOBODYS, DRAFT)
    made.doubt("h")
    return made


@pytest.fixture
def device(office: Office) -> Authenticator:
    found = Authenticator(credential=b"steward-a")
    allow_passkeys(office.root / "allowed_signers", found.line("steward-a"))
    return found


@pytest.fixture
def steward(office: Office, device: Authenticator) -> Visitor:
    return Visitor(office.shop)


def answer(row_id: str, text: str, **cells: str) -> dict[str, str]:
    return {"row_id": row_id, "sha256": digest_text(text), "label": "0", **cells}


def label(*answers: dict[str, str]) -> dict[str, Any]:
    return {"act": "label", "by": "steward-a", "answers": list(answers)}


MODEL = {"new_origin": "model", "new_generator": "g", "new_generator_version": "1"}


def test_a_signed_answer_is_a_label_that_counts(office: Office, device: Authenticator, steward: Visitor) -> None:
    said = steward.act(device, **label(answer("h", HOSTILE, **MODEL), answer("y", HYBRID["text"], new_generator_version="10")))
    event = office.shop().ledger.events()[-1]
    assert said == f"2 rows labelled by steward-a, ledger {event.seq}. They hold from the next cycle on."
    assert (event.kind, event.body["by"], event.body["key"]) == (kinds.ROWS_RELABELLED, "steward-a", device.fingerprint())
    assert event.body["moves"] == {"human->model": 1, "hybrid->hybrid": 1}
    assert event.body["unqueued"] == 0
    left = queue(office.shop())
    assert (left.rows["row_id"].to_list(), left.left_out) == (["n"], ())
    audit = office.cycle(HUMAN, HYBRID)
    assert audit["labellers"] == {"steward-a": 1}


def test_a_label_without_that_signature_is_not_recorded(office: Office, device: Authenticator, steward: Visitor) -> None:
    before = office.shop().ledger.state().seq
    kept = {path.name for path in (office.root / ".heirloom" / "labels").glob("*")}
    draft = steward.draft(**label(answer("h", HOSTILE, **MODEL)))
    other = steward.draft(**label(answer("h", HOSTILE, new_origin="human")))
    assert steward.sign(device, {**draft, "challenge": other["challenge"]}).status_code == 403
    assert office.shop().ledger.state().seq == before
    assert {path.name for path in (office.root / ".heirloom" / "labels").glob("*")} == kept  # a draft writes nothing


@pytest.mark.parametrize(
    ("answers", "status", "words"),
    [
        ([], 400, "0 answers"),
        ([answer("h", HOSTILE, new_origin="robot")], 400, "is no origin"),
        ([answer("n", NOBODYS["text"], new_origin="human")], 400, "becomes human only with a note"),
        ([answer("n", NOBODYS["text"], new_origin="model")], 400, "needs a generator"),
        ([answer("h", "another text", **MODEL)], 409, "wait no more"),
        ([answer("m", MACHINE["text"], new_origin="human", note="x")], 409, "wait no more"),
        ([answer("h", HOSTILE)], 400, "nothing is answered"),
    ],
)
def test_an_answer_that_is_no_label_is_refused_before_it_is_signed(
    calm: Visitor, answers: list[dict[str, str]], status: int, words: str
) -> None:
    found = calm.post("/act/draft", label(*answers))
    assert (found.status_code, words in found.json()["message"]) == (status, True), found.text
    assert "onerror" not in found.text


def test_a_row_that_somebody_labelled_meanwhile_is_not_labelled_over(office: Office, device: Authenticator, steward: Visitor) -> None:
    slow = steward.draft(**label(answer("h", HOSTILE, **MODEL)))
    steward.act(device, **label(answer("h", HOSTILE, new_origin="human")))
    found = steward.sign(device, slow)
    assert (found.status_code, "labelled meanwhile" in found.json()["message"]) == (409, True)


def test_the_text_of_a_row_is_only_text_and_a_draft_stands_beside_what_was_published(calm: Visitor) -> None:
    page = calm.get("/label")
    shown = Texts(page)
    assert "onerror=alert(1)" in shown.text
    assert "⟦U+202E⟧" in shown.text
    assert "\u202e" not in page
    assert [attrs for tag, attrs in shown.tags if tag == "script"] == [{"src": "/desk.js", "type": "module"}]
    assert not [tag for tag, _ in shown.tags if tag in {"img", "iframe", "object"}]
    assert not [name for _, attrs in shown.tags for name in attrs if name.startswith("on")]
    assert "A draft of the machine." in shown.text
    assert shown.text.index("Draft: d (model)") < shown.text.index("Published")
    assert "steward-a" in shown.text


def test_a_queue_is_shown_page_by_page(calm: Visitor) -> None:
    assert "Rows 1 to 3 of 3 that wait" in calm.get("/label")
    assert "No row needs a person" in calm.get("/label?after=50")
    assert "Rows 1 to 3" in calm.get("/label?after=-5")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A round of pairs drawn, whose texts say whose they are only to the test."""
    root = tmp_path / "sides"
    for folder in ("cycle", "shards"):
        (root / folder).mkdir(parents=True)
    (root / "policy.toml").write_text('[line]\nmodel = "student"\nenvironment = "demo"\n')
    rows = [
        (model, f"p{n:02d}", "news", draw, 1.0, f"{HOSTILE if n == 0 else ''}{mark} {draw} of {n}")
        for model, mark in (("candidate", "ALPHA"), ("champion", "OMEGA"))
        for n in range(24)
        for draw in range(3)
    ]
    pl.DataFrame(rows, schema=SAMPLE_SCHEMA, orient="row").write_parquet(root / "cycle" / "samples.parquet")
    prompts = [(f"p{n:02d}", "news", f"What of {n}?") for n in range(24)]
    pl.DataFrame(prompts, schema=["prompt_id", "slice", "text"], orient="row").write_parquet(root / "shards" / "prompts.parquet")
    write_document(root / "cycle" / "cycle.json", {"number": 3, "seed": 7, "mapping": {}, "policy": {"probe": {"gate_temperature": 1.0}}})
    opened = open_shop(root, actor="rater-a")
    opened.ledger.record(kinds.WORKSPACE_CREATED, {"model": "student", "environment": "demo"})
    begin(opened, against="champion", pairs=24)
    return opened


def rater(shop: Shop) -> tuple[Authenticator, Visitor]:
    device = Authenticator(credential=b"rater-a")
    allow_passkeys(shop.workspace.root / "allowed_signers", device.line("rater-a"))
    return device, Visitor(lambda actor: open_shop(shop.workspace.root, actor=actor))


def votes(shop: Shop, *choices: tuple[int, str, str]) -> dict[str, Any]:
    ids = at_hand(shop).pairs["pair_id"].to_list()
    return {"act": "vote", "by": "rater-a", "votes": [{"pair_id": ids[n], "question": q, "choice": c} for n, q, c in choices]}


def test_a_signed_vote_is_kept_told_and_proven(shop: Shop) -> None:
    device, visitor = rater(shop)
    assert (
        visitor.act(device, **votes(shop, (0, "variety", "left"), (0, "nuance", "same"), (1, "novelty", "right")))
        == "3 votes of rater-a recorded."
    )
    event = shop.ledger.events()[-1]
    assert (event.kind, event.body["votes"], event.body["key"]) == (kinds.SIDES_VOTED, 3, device.fingerprint())
    assert signed_votes(shop, at_hand(shop)) == 3
    assert any("3 of 3 votes are signed" in line for line in tally_lines(outcome(shop, against=None), signed=3))
    said = next((at_hand(shop).folder.folder / "said").glob("*.csv"))
    kept = said.read_text()
    said.write_text(kept.replace("left", "right"))
    assert signed_votes(shop, at_hand(shop)) == 0
    said.write_text(kept)
    (shop.workspace.root / "allowed_signers").write_text("")
    assert signed_votes(shop, at_hand(shop)) == 0


@pytest.mark.parametrize(
    ("choices", "status"),
    [
        ([], 400),
        ([(0, "variety", "middle")], 400),
        ([(0, "beauty", "left")], 400),
        ([(0, "variety", "left"), (0, "variety", "right")], 400),
    ],
)
def test_what_is_no_vote_is_refused(shop: Shop, choices: list[tuple[int, str, str]], status: int) -> None:
    _, visitor = rater(shop)
    assert visitor.post("/act/draft", votes(shop, *choices)).status_code == status


def test_a_vote_is_given_once_and_a_pair_that_was_voted_on_is_not_shown_again(shop: Shop) -> None:
    device, visitor = rater(shop)
    first = at_hand(shop).pairs["pair_id"][0]
    assert first in visitor.get("/vote?by=rater-a")
    visitor.act(device, **votes(shop, (0, "variety", "left")))
    assert visitor.post("/act/draft", votes(shop, (0, "variety", "right"))).status_code == 409
    assert first not in visitor.get("/vote?by=rater-a")


def test_the_page_of_pairs_is_blind_and_its_texts_are_only_texts(shop: Shop) -> None:
    _, visitor = rater(shop)
    page = visitor.get("/vote?by=rater-a")
    shown = Texts(page)
    assert "ALPHA" in shown.text
    assert "candidate" not in page.replace("the candidate against", "")
    assert not [tag for tag, _ in shown.tags if tag in {"img", "iframe"}]
    key = at_hand(shop).key
    pairs = at_hand(shop).pairs.head(5).join(key, on="pair_id")
    assert pairs["candidate_left"].n_unique() == 2  # the side says nothing
    assert "choose your name" in visitor.get("/vote?by=nobody")
    assert 'data-act="vote"' not in visitor.get("/vote")
