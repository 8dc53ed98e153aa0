"""A teacher behind an address, against a real HTTP server: what it is asked, and every way in which it can fail."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from governance.adapters.generators.openai_compatible import GENERATOR, NEUTRAL, RemoteModel, open_author
from governance.errors import DependencyError, GovernanceError, RefusedError, UsageError
from governance.ports.endpoint import Endpoint, Secret
from governance.ports.generator import Author, Request
from governance.ports.language_model import Decoding
from governance.provenance.watermark import Mark
from tests.adapters.endpoint_server import Shown, served

KEY = "sk-canary-0123456789"
REQUESTS = [Request(row_id=f"r{n}", opening=f"It was {n}") for n in range(12)]
DECODING = Decoding(temperature=0.9, top_p=0.95, max_new_tokens=33, seed=5)


@pytest.fixture
def server() -> Iterator[Shown]:
    with served() as shown:
        yield shown


class Rests(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def author_at(shown: Shown, *, key: str = "", rests: Rests | None = None, **settings: Any) -> Author:
    endpoint = Endpoint(base_url=shown.address, model="tiny", **{"at_once": 1, "timeout_seconds": 5.0, **settings})
    model = RemoteModel(
        endpoint=endpoint,
        instruction="Go on: {opening}",
        key=Secret(value=key) if key else None,
        reported=shown.model,
        rest=Rests() if rests is None else rests,
    )
    return Author(name="far", version=f"not-digest-checked:{shown.model}", model=model)


def write(author: Author, requests: list[Request] = REQUESTS, decoding: Decoding = DECODING) -> dict[str, str]:
    return {row_id: text for piece in GENERATOR.write(author, requests, decoding) for row_id, text in piece.items()}


def until_it_fails(author: Author) -> tuple[dict[str, str], GovernanceError | None]:
    """What was handed over, and what then happened."""
    kept: dict[str, str] = {}
    try:
        for piece in GENERATOR.write(author, REQUESTS, DECODING):
            kept |= piece
    except GovernanceError as error:
        return kept, error
    return kept, None


def test_every_request_is_asked_for_with_the_decoding_that_was_governed_and_a_seed_of_its_own(server: Shown):
    written = write(author_at(server))
    assert sorted(written) == sorted(request.row_id for request in REQUESTS)
    assert len({body["seed"] for body in server.bodies}) == len(REQUESTS)
    for body in server.bodies:
        assert (body["model"], body["temperature"], body["top_p"], body["max_tokens"]) == ("tiny", 0.9, 0.95, 33)
        assert (body["frequency_penalty"], body["presence_penalty"]) == (0, 0)
        assert {name: body[name] for name in NEUTRAL} == NEUTRAL


def test_seeds_follow_from_rows_and_not_from_what_else_is_asked(server: Shown):
    whole = write(author_at(server, at_once=4))
    assert write(author_at(server), REQUESTS[7:9]) == {row_id: whole[row_id] for row_id in ("r7", "r8")}


def test_an_openai_endpoint_is_sent_nothing_that_it_does_not_know(server: Shown):
    write(author_at(server, server="openai"), REQUESTS[:1])
    assert set(server.bodies[0]).isdisjoint(NEUTRAL)


def test_a_chat_endpoint_is_asked_in_the_words_of_the_policy_and_its_reply_is_a_new_word(server: Shown):
    written = write(author_at(server, api="chat"), REQUESTS[:1])
    assert server.paths == ["/v1/chat/completions"]
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "Go on: It was 0"}]
    assert written["r0"].startswith(" said")


def test_the_marks_key_is_never_sent(server: Shown):
    write(author_at(server), REQUESTS[:1], replace(DECODING, mark=Mark(key=1234567890123)))
    assert "1234567890123" not in str(server.bodies)


def test_the_author_is_called_what_the_endpoint_says_its_model_is_and_marked_as_not_checked(server: Shown):
    server.model = "org/tiny-8b-v2"
    author = open_author("far", Endpoint(base_url=f"{server.address}/", model="tiny"), "{opening}", None)
    assert (author.name, author.version) == ("far", "not-digest-checked:org/tiny-8b-v2")


@pytest.mark.parametrize("status", [429, 500, 503, 0])
def test_what_may_pass_is_tried_again_after_rests_that_double(server: Shown, status: int):
    server.fail(status, status, status)
    rests = Rests()
    assert len(write(author_at(server, rests=rests), REQUESTS[:1])) == 1
    assert rests == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(("asked", "rested"), [("7", 7.0), ("9000", 60.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0)])
def test_the_rest_is_what_the_endpoint_asks_for_within_a_minute(server: Shown, asked: str, rested: float):
    server.fail(429, retry_after=asked)
    rests = Rests()
    write(author_at(server, rests=rests), REQUESTS[:1])
    assert rests == [rested]


def test_an_endpoint_that_stays_away_is_a_dependency_error_and_nothing_is_tried_for_ever(server: Shown):
    server.fail(*[503] * 3)
    rests = Rests()
    with pytest.raises(DependencyError, match="does not answer in 3 tries: status 503") as caught:
        write(author_at(server, rests=rests, tries=3), REQUESTS[:1])
    assert (caught.value.exit_code, len(server.bodies), rests) == (6, 3, [1.0, 2.0])


def test_an_address_where_nobody_listens_is_a_dependency_error():
    with served() as gone:
        author = author_at(gone, tries=2)
    with pytest.raises(DependencyError, match="does not answer in 2 tries: ConnectError"):
        write(author, REQUESTS[:1])


def test_an_answer_that_does_not_come_in_time_is_a_dependency_error(server: Shown):
    import threading

    never = threading.Event()
    server.before = lambda body: never.wait(2.0) and None
    with pytest.raises(DependencyError, match="ReadTimeout"):
        write(author_at(server, tries=1, timeout_seconds=0.2), REQUESTS[:1])
    never.set()


@pytest.mark.parametrize("at_once", [1, 4])
def test_what_was_written_before_a_failure_is_handed_over(server: Shown, at_once: int):
    def fail_on_the_eighth(body: dict[str, Any]) -> None:
        if len(server.bodies) == 8:
            server.fail(400)

    server.before = fail_on_the_eighth
    kept, failure = until_it_fails(author_at(server, at_once=at_once))
    assert isinstance(failure, UsageError)
    assert len(kept) == len(server.bodies) - 1 >= 7
    assert len(server.bodies) < len(REQUESTS) or at_once > 1


def test_a_model_that_changes_in_the_middle_is_refused(server: Shown):
    author = author_at(server)

    def change(body: dict[str, Any]) -> None:
        server.model = "tiny-8b" if len(server.bodies) < 4 else "tiny-8b-distilled"

    server.before = change
    kept, failure = until_it_fails(author)
    assert isinstance(failure, RefusedError)
    assert re.search(r"answers as 'tiny-8b-distilled'(.|\n)*'tiny-8b', which answered when the run began", str(failure))
    assert len(kept) == 3


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"model": "tiny-8b", "choices": []}',
        b'{"choices": [{"text": "x"}]}',
        b'{"model": "", "choices": [{"text": ""}]}',
    ],
)
def test_an_answer_that_is_no_completion_is_a_dependency_error(server: Shown, body: bytes):
    server.fail(200, body=body)
    with pytest.raises(DependencyError, match="the answer"):
        write(author_at(server), REQUESTS[:1])


def test_a_redirect_is_not_followed(server: Shown):
    server.fail(307, location="http://127.0.0.1:9/v1/completions")
    with pytest.raises(UsageError, match="status 307"):
        write(author_at(server, key=KEY), REQUESTS[:1])


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, f"Incorrect API key provided: {KEY}"), (403, KEY[:12]), (400, f"bad header {KEY}"), (404, "no such model")],
)
def test_the_key_is_sent_and_is_in_no_message_and_in_no_text_of_a_value(server: Shown, status: int, body: str):
    server.key = KEY
    author = author_at(server, key=KEY)
    write(author, REQUESTS[:1])
    server.fail(status, body=body.encode())
    with pytest.raises(GovernanceError) as caught:
        write(author, REQUESTS[:1])
    said = f"{caught.value} {caught.value!r} {author!r} {caught.getrepr(style='long', showlocals=False)}"
    assert KEY not in said
    assert KEY[:12] not in str(caught.value)


def test_what_an_endpoint_says_is_told_unless_it_repeats_the_text_that_it_was_given(server: Shown):
    server.fail(400, body=b"top_k is not known")
    with pytest.raises(UsageError, match="top_k is not known"):
        write(author_at(server), REQUESTS[:1])
    server.fail(400, body=b"cannot read: It was 0")
    with pytest.raises(UsageError) as caught:
        write(author_at(server), REQUESTS[:1])
    assert "It was" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"base_url": "https://user:word@host/v1"}, "holds a name, a password"),
        ({"base_url": "https://host/v1?key=word"}, "holds a name, a password or a query"),
        ({"base_url": "ftp://host/v1"}, "is no address"),
        ({"base_url": "http://host:none/v1"}, "is no address"),
        ({"base_url": "http://host/v1", "key_env": "X"}, "would carry the key unencrypted"),
        ({"key_env": "X", "key_file": "y"}, "both set"),
        ({"api": "edits"}, "neither 'completions' nor 'chat'"),
        ({"server": "other"}, "neither 'vllm' nor 'openai'"),
        ({"tries": 0}, "tries"),
        ({"at_once": 1000}, "at_once"),
        ({"timeout_seconds": 0.0}, "timeout_seconds"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused_and_a_password_in_it_is_not_repeated(settings: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said) as caught:
        Endpoint(**settings)
    assert "word@" not in str(caught.value)
    assert "key=word" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_key_may_go_unencrypted_to_this_machine(host: str):
    assert Endpoint(base_url=f"http://{host}:8000/v1/", key_env="X").address == f"http://{host}:8000/v1"
