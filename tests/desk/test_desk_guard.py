"""What stands before the desk: one host, one origin, small JSON, no cookie, and headers under which nothing else runs (attack A29)."""

import pytest

from cli.desk.guard import LARGEST_BODY
from cli.desk.pending import MOST, SECONDS, Pending
from cli.desk.place import place_of
from governance.errors import UsageError
from tests.desk.desk_world import PLACE, Court, Visitor

DRAFT = {"act": "approve", "by": "reviewer-a", "version": 2, "reason": "read"}
PAGES = ("/", "/version/2", "/label", "/vote", "/passkey", "/book/index.html", "/book/version-2.html", "/desk.js")


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_what_its_page_does_not_need(visitor: Visitor, path: str) -> None:
    found = visitor.client.get(path)
    assert found.status_code == 200, found.text
    policy = found.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'none'" in policy
    assert ("script-src 'self'" in policy) == (not path.startswith("/book/"))
    assert "unsafe-inline" not in policy.split("script-src")[-1].split(";")[0] or "script-src" not in policy
    assert found.headers["x-frame-options"] == "DENY"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["cache-control"] == "no-store"
    assert "set-cookie" not in found.headers


@pytest.mark.parametrize("host", ["127.0.0.1:8733", "localhost", "localhost:80", "evil.example", "localhost:8733.evil.example", ""])
def test_another_host_is_not_answered_so_that_no_name_can_be_pointed_here(visitor: Visitor, host: str) -> None:
    found = visitor.client.get("/", headers={"host": host})
    assert (found.status_code, found.json()) == (421, {"message": f"open {PLACE.origin}"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:8734"}, 403),
        ({"origin": "https://localhost:8733"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-length": "-1"}, 411),
        ({"content-length": str(LARGEST_BODY + 1)}, 413),
        ({"content-length": f"{LARGEST_BODY + 1:020}"}, 413),
        ({"transfer-encoding": "chunked"}, 411),
    ],
)
def test_a_request_that_another_page_can_make_does_nothing(court: Court, visitor: Visitor, headers: dict[str, str], status: int) -> None:
    before = court.kept
    found = visitor.post("/act/draft", DRAFT, **headers)
    assert found.status_code == status
    assert "id" not in found.json()
    assert court.kept == before


def test_a_request_without_an_origin_does_nothing(visitor: Visitor) -> None:
    assert visitor.client.post("/act/draft", json=DRAFT).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_known(visitor: Visitor, method: str) -> None:
    assert visitor.client.request(method, "/act/draft", headers={"origin": PLACE.origin}).status_code == 405


def test_a_long_address_and_a_large_body_are_refused(visitor: Visitor) -> None:
    assert visitor.client.get(f"/vote?by={'a' * 600}").status_code == 414
    assert visitor.post("/act/draft", {**DRAFT, "reason": "x" * LARGEST_BODY}).status_code == 413


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/static/desk.js", "/book/..%2f..%2fpolicy.toml", "/book/policy.toml", "/act/draft"]
)
def test_nothing_is_served_that_is_not_a_page(visitor: Visitor, path: str) -> None:
    assert visitor.client.get(path, follow_redirects=False).status_code in {400, 404, 405}


@pytest.mark.parametrize("path", ["//evil.example/", "/vote?by=https://evil.example", "/label?next=https://evil.example", "/version/2/"])
def test_nothing_redirects_elsewhere(visitor: Visitor, path: str) -> None:
    found = visitor.client.get(f"{PLACE.origin}{path}", follow_redirects=False)
    assert "evil.example" not in found.headers.get("location", "")


@pytest.mark.parametrize("header", ["x-forwarded-user", "x-remote-user", "remote-user", "x-forwarded-for", "authorization", "cookie"])
def test_nobody_is_somebody_because_a_header_says_so(court: Court, visitor: Visitor, header: str) -> None:
    said = visitor.post("/act/draft", {**DRAFT, "by": "engineer-a"}, **{header: "reviewer-a"})
    assert said.status_code == 403
    assert "engineer-a asked for version 2" in said.json()["message"]
    assert visitor.client.get("/", headers={header: "reviewer-a"}).text == visitor.get("/")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {**DRAFT, "more": 1},
        {**DRAFT, "version": "2"},
        {**DRAFT, "version": 0},
        {**DRAFT, "act": "promote"},
        {**DRAFT, "reason": "x" * 501},
        {**DRAFT, "by": "x" * 64},
        {"act": "label", "by": "reviewer-a", "answers": [{"row_id": "h", "sha256": "../", "label": "0"}]},
        {"act": "vote", "by": "reviewer-a", "votes": [{"pair_id": f"p{n}", "question": "variety", "choice": "left"} for n in range(51)]},
    ],
)
def test_what_the_page_does_not_send_is_refused_and_not_repeated(visitor: Visitor, body: object) -> None:
    found = visitor.post("/act/draft", body)
    assert (found.status_code, found.json()) == (400, {"message": "this is not what the desk's own page sends"})


@pytest.mark.parametrize(
    ("host", "port", "origin", "rp_id"),
    [
        ("127.0.0.1", 8733, None, "localhost"),
        ("127.0.0.1", 9000, "https://desk.example", "desk.example"),
        ("0.0.0.0", 9000, "https://desk.example:8443", "desk.example"),  # noqa: S104
    ],
)
def test_a_desk_has_one_origin(host: str, port: int, origin: str | None, rp_id: str) -> None:
    place = place_of(host, port, origin)
    assert (place.rp_id, place.origin) == (rp_id, origin or f"http://localhost:{port}")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("0.0.0.0", None),  # noqa: S104
        ("192.0.2.7", "http://localhost:8733"),
        ("127.0.0.1", "http://desk.example"),
        ("127.0.0.1", "https://desk.example/"),
        ("127.0.0.1", "https://desk.example:443"),
        ("127.0.0.1", "https://DESK.example"),
        ("127.0.0.1", "https://user@desk.example"),
        ("127.0.0.1", "https://192.0.2.7"),
        ("127.0.0.1", "https://desk.example:99999"),
        ("127.0.0.1", "desk.example"),
        ("127.0.0.1", "https://desk.example\r\nx: y"),
    ],
)
def test_an_origin_at_which_no_passkey_signs_is_refused_before_the_port_is_taken(host: str, origin: str | None) -> None:
    with pytest.raises(UsageError):
        place_of(host, 8733, origin)


def test_what_waits_is_answered_once_waits_for_a_while_and_is_bounded() -> None:
    now = [0.0]
    kept: Pending[int] = Pending(lambda: now[0])
    first = kept.put(1)
    assert (kept.take(first), kept.take(first), kept.take("guessed")) == (1, None, None)
    old = kept.put(2)
    now[0] += SECONDS + 1
    assert kept.take(old) is None
    names = [kept.put(number) for number in range(MOST + 1)]
    assert len(set(names)) == MOST + 1
    assert (kept.take(names[0]), kept.take(names[1])) == (None, 1)
