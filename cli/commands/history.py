"""`heirloom history`: who was champion when, by which act, on whose word."""

from dataclasses import asdict

from cli.options import Common
from cli.outcome import Outcome, plain


def command(*, common: Common | None = None) -> Outcome:
    """Show every promotion and rollback, newest first, then every canary."""
    from cli.recalled import recalled_document, recalled_lines
    from cli.shop import shop_of, when
    from governance.release.fold import fold
    from governance.release.history import canary_stories, history

    events = shop_of(common).ledger.events()
    moves, stood, state = history(events), canary_stories(events), fold(events)
    lines = [f" {'seq':>4}  {'when (UTC)':<16}  {'champion':>8}  {'was':>4}  {'how':<10}  {'who':<16}  why"]
    lines += [
        f" {m.seq:>4}  {when(m.at):<16}  {m.champion:>8}  {m.was or '-':>4}  {m.how:<10}  {plain(m.who):<16}  {plain(m.why or 'not given')}"
        for m in moves
    ]
    if not moves:
        lines = ["No release yet.", "Next: heirloom retrain"]
    lines += [f" canary         {plain(one.words)}" for one in stood]
    document = {"canaries": [asdict(one) for one in stood], "moves": [asdict(m) for m in moves], "recalled": recalled_document(state)}
    return Outcome(command="history", lines=[*lines, *recalled_lines(state)], document=document)
