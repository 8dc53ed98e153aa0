"""`heirloom desk`: the book in a browser, and the three acts of people without a terminal, each signed by a passkey."""

import sys

from cli.options import Common
from cli.outcome import Outcome
from governance.errors import UsageError


def command(*, host: str = "127.0.0.1", port: int = 8733, origin: str | None = None, common: Common | None = None) -> Outcome:
    """Serve the desk until Ctrl-C: read everything, approve or reject a candidate, label doubtful rows, vote on blind pairs.

    Each act is a passkey's signature over what is done; there is no login. Others reach it through a proxy that speaks TLS.

    Parameters
    ----------
    host
        The address to listen on.
    port
        The port to listen on.
    origin
        How browsers reach it, https://HOST; without it http://localhost:PORT. Passkeys are made for exactly this.
    """
    import socket

    import uvicorn

    from cli.desk.app import make_app
    from cli.desk.place import place_of
    from cli.shop import shop_of

    place = place_of(host, port, origin)
    shop_of(common)  # a workspace that cannot be opened is told before the port is taken
    app = make_app(lambda actor: shop_of(common, actor=actor), place)
    config = uvicorn.Config(
        app,
        host=place.host,
        port=place.port,
        http="h11",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=64,
        timeout_keep_alive=5,
        h11_max_incomplete_event_size=16 * 1024,
    )
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    try:
        listener = socket.create_server((place.host, place.port), family=family)
    except OSError as error:
        said = f"cannot listen on {place.host}:{place.port}: {error.strerror}"
        raise UsageError(said, where="heirloom desk", fix="name a port that is free: --port") from error
    sys.stderr.write(f"The desk is open at {place.origin} (listening on {place.host}:{place.port}). Ctrl-C closes it.\n")
    sys.stderr.flush()
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        sys.stderr.write("\n")
    return Outcome(command="desk", lines=["The desk is closed."], document={"origin": place.origin})
