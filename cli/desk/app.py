"""The desk as an ASGI application: pages to read, two requests for an act, two for a passkey, behind the guard."""

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from cli.desk.acts import Counter, ShopOf
from cli.desk.bodies import Decide, Label, NewName, NewPasskey, Signature, Votes
from cli.desk.guard import Guard
from cli.desk.place import Place
from cli.desk.reading import Reading
from governance.errors import GovernanceError

if TYPE_CHECKING:
    from fastapi import Request

MOST_ROWS = 10**9
STATUS = {2: 400, 3: 403, 4: 500, 5: 409, 6: 503}
"""Exit code of an error -> HTTP status."""


def make_app(shop_of: ShopOf, place: Place) -> Guard:
    """The whole desk of one workspace at one place."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_exception_handler(GovernanceError, _told)
    app.add_exception_handler(RequestValidationError, _malformed)
    _read(app, Reading(shop_of, place))
    _act(app, Counter(shop_of, place))
    return Guard(app, place)


def _read(app: FastAPI, pages: Reading) -> None:
    script = Path(__file__).with_name("desk.js").read_bytes()

    @app.get("/")
    def front() -> HTMLResponse:
        return HTMLResponse(pages.front())

    @app.get("/version/{number}")
    def version(number: int) -> HTMLResponse:
        return HTMLResponse(pages.version(number))

    @app.get("/label")
    def label(after: int = 0) -> HTMLResponse:
        return HTMLResponse(pages.label(min(max(after, 0), MOST_ROWS)))

    @app.get("/vote")
    def vote(by: str = "") -> HTMLResponse:
        return HTMLResponse(pages.vote(by))

    @app.get("/passkey")
    def passkey() -> HTMLResponse:
        return HTMLResponse(pages.passkey())

    @app.get("/book/{name}")
    def book(name: str) -> HTMLResponse:
        return HTMLResponse(pages.book(name))

    @app.get("/desk.js")
    def desk_js() -> Response:
        return Response(script, media_type="text/javascript")


def _act(app: FastAPI, counter: Counter) -> None:
    @app.post("/act/draft")
    def draft(asked: Decide | Label | Votes) -> JSONResponse:
        return JSONResponse(counter.draft(asked))

    @app.post("/act/sign")
    def sign(answer: Signature) -> JSONResponse:
        return JSONResponse(counter.sign(answer))

    @app.post("/passkey/begin")
    def begin(asked: NewName) -> JSONResponse:
        return JSONResponse(counter.begin_passkey(asked.name))

    @app.post("/passkey/line")
    def passkey_line(made: NewPasskey) -> JSONResponse:
        return JSONResponse(counter.passkey_line(made))


def _told(request: "Request", error: Exception) -> Response:
    """One of our errors, in its own words: for the script as JSON, for a page as plain text."""
    status = STATUS.get(getattr(error, "exit_code", 1), 500)
    if request.method == "POST":
        return JSONResponse({"message": str(error)}, status_code=status)
    return PlainTextResponse(str(error), status_code=status)


def _malformed(request: "Request", error: Exception) -> Response:
    """What was sent is not repeated."""
    del request, error
    return JSONResponse({"message": "this is not what the desk's own page sends"}, status_code=400)
