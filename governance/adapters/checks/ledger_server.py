"""The PostgreSQL server of the ledger: it answers, is no standby, keeps what it acknowledges, and our user can unwrite nothing."""

from urllib.parse import parse_qs, urlsplit

from governance.adapters.checks.check import Check, broken, doubtful, fine
from governance.adapters.postgres_ledger import PostgresLedger
from governance.ports.ledger_store import LedgerStore

NAME = "ledger server"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
VERIFIED = ("verify-ca", "verify-full")
ASKED = """
    SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('server_encoding'), current_setting('fsync'),
        coalesce(has_table_privilege(to_regclass('events'), 'UPDATE, DELETE, TRUNCATE'), false), to_regclass('events') IS NOT NULL,
        coalesce((SELECT tgenabled <> 'D' FROM pg_trigger WHERE tgrelid = to_regclass('events') AND tgname = 'no_change'), false)"""
LEAST = 120000
GRANT = "docs/operating.md: let another role own the schema, and grant this one SELECT and INSERT"


def check_ledger_store(store: LedgerStore) -> Check:
    """A file has nothing to check here. Raises: DependencyError where the server cannot be asked."""
    if not isinstance(store, PostgresLedger):
        return fine(NAME, "none: the ledger is a file in the workspace")
    version, standby, encoding, fsync, may_unwrite, there, guarded = store.ask(ASKED)
    said = f"{store.place}, PostgreSQL {version // 10000}"
    if version < LEAST:
        return broken(NAME, f"{said} is not supported", "use PostgreSQL 12 or newer")
    if standby:
        return broken(NAME, f"{said} is a standby: nothing can be written to it", "name the primary in heirloom.toml ledger.url")
    if fsync != "on" or encoding != "UTF8":
        return broken(NAME, f"{said}: fsync is {fsync}, the encoding {encoding}", "fsync = on, and a database in UTF8")
    if there and not guarded:
        return broken(NAME, f"{said}: the trigger that keeps the ledger append-only is gone", "heirloom ledger verify, then find out who")
    doubt = _doubt(store.url, may_unwrite=may_unwrite)
    return doubtful(NAME, f"{said}: {doubt[0]}", doubt[1]) if doubt else fine(NAME, f"{said} answers, keeps what it acknowledges")


def _doubt(url: str, *, may_unwrite: bool) -> tuple[str, str] | None:
    parts = urlsplit(url)
    mode = parse_qs(parts.query).get("sslmode", [""])[-1]
    if parts.hostname not in LOOPBACK and mode not in VERIFIED:
        return "whoever is between here and there can read and change it", "add ?sslmode=verify-full&sslrootcert=FILE to ledger.url"
    if may_unwrite:
        return "its user may change and delete events behind the trigger", GRANT
    return None
