"""The pages of the desk, with forms for the three acts that a person signs. Texts of rows are escaped and made visible."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.actions.hearing import Poll
from governance.adapters.desk_passkeys import Listed
from governance.adapters.report.book import report_name, version_words
from governance.adapters.report.numbers import count
from governance.adapters.report.template import page_template
from governance.adapters.report.visible import line, visible
from governance.collapse.sides.votes import QUESTIONS
from governance.provenance.row import Origin
from governance.release.ledger import Event
from governance.release.state import Release, State

PAGES = (("Waiting", "/"), ("Rows", "/label"), ("Side by side", "/vote"), ("Your passkey", "/passkey"), ("The book", "/book/index.html"))
ANSWERS = (
    ("h", Origin.HUMAN.value, "a person"),
    ("m", Origin.MODEL.value, "a model"),
    ("e", Origin.HYBRID.value, "a model, edited by a person"),
)
CHOICES = (("l", "left"), ("r", "right"), ("=", "same"))
SHOWN_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What every page of one desk says: whose line it is, and the passkeys that may sign on this page."""

    model: str
    environment: str
    passkeys: tuple[Listed, ...]

    @property
    def names(self) -> Sequence[str]:
        return sorted({one.name for one in self.passkeys})

    def render(self, template: str, here: str, title: str, **facts: Any) -> str:
        return page_template(template).render(
            title=title, model=line(self.model, 80), environment=line(self.environment, 40), pages=PAGES, here=here, **facts
        )


def front_page(room: Room, state: State, polls: Mapping[int, Poll | None], by_why: Mapping[str, int], round_words: str) -> str:
    """What waits for a person."""
    serves = "No release serves yet" if state.champion is None else f"Release {state.champion} serves"
    rows, versions = sum(by_why.values()), len(polls)
    nothing = not (rows or versions)
    waits = "nothing waits" if nothing else f"{_many(versions, 'version')} and {_many(rows, 'row')} wait for a person"
    return room.render(
        "desk_front.html",
        "/",
        "Heirloom desk",
        headline=f"{serves}; {waits}",
        nothing=nothing,
        frozen=line(state.frozen, 300) if state.frozen is not None else "",
        candidates=[_candidate(version, found) for version, found in sorted(polls.items(), reverse=True)],
        by_why=[(line(why, 200), count(rows)) for why, rows in by_why.items()],
        round=round_words,
    )


def version_page(room: Room, state: State, events: Sequence[Event], release: Release, found: Poll | None, *, report: bool) -> str:
    """One version as the book shows it, with the form of a decision where one is due."""
    return room.render(
        "desk_version.html",
        "",
        version=release.version,
        report=f"/book/{report_name(release.version)}" if report else "",
        decidable=release.waiting,
        poll=_poll_sentences(found),
        people=room.names,
        **version_words(state, events, release),
    )


def label_page(room: Room, waiting: int, after: int, asked: Sequence[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]) -> str:
    """A page of the queue; `asked` are rows with the texts that they were made from."""
    rows = [_row(after + place, row, before) for place, (row, before) in enumerate(asked, start=1)]
    last = after + len(rows)
    return room.render(
        "desk_label.html",
        "/label",
        "Doubtful rows",
        headline=f"Rows {after + 1} to {last} of {count(waiting)} that wait" if rows else "No row needs a person",
        first=after + 1,
        rows=rows,
        answers=ANSWERS,
        people=room.names,
        next=f"/label?after={last}" if last < waiting else "",
    )


def vote_page(room: Room, round_words: str, rater: str, left: int, pairs: Sequence[Mapping[str, Any]]) -> str:
    """Pairs of a blind round; nothing here says which side is which model."""
    shown = [
        {
            "pair_id": pair["pair_id"],
            "slice": line(pair["slice"], 60),
            "prompt": visible(pair["prompt"], SHOWN_CHARACTERS),
            **{side: [visible(text, SHOWN_CHARACTERS) for text in pair[side]] for side in ("left", "right")},
        }
        for pair in pairs
    ]
    return room.render(
        "desk_vote.html",
        "/vote",
        "Side by side",
        headline=f"Side by side: {_many(left, 'pair')} left" if rater else "Side by side",
        round=round_words,
        rater=rater,
        people=room.names,
        pairs=shown,
        questions=tuple(QUESTIONS.items()),
        choices=CHOICES,
    )


def passkey_page(room: Room, signers: str) -> str:
    """Where a passkey is made, and who has one."""
    found = [(one.name, fingerprint_of(one.key.blob)) for one in sorted(room.passkeys, key=lambda one: one.name)]
    return room.render("desk_passkey.html", "/passkey", "Your passkey", signers=line(signers, 120), listed=found)


def fingerprint_of(blob: bytes) -> str:
    """A key's name as OpenSSH shows it."""
    return f"SHA256:{base64.b64encode(hashlib.sha256(blob).digest()).decode('ascii').rstrip('=')}"


def _many(number: int, what: str) -> str:
    return f"{count(number)} {what}{'' if number == 1 else 's'}"


def _candidate(version: int, found: Poll | None) -> Mapping[str, Any]:
    if found is None:
        return {"version": version, "approvals": "none needed", "electors": "the policy lets it out by itself"}
    electors = line(", ".join(found.electors), 300) or "whoever is not excluded"
    return {"version": version, "approvals": f"{found.counted} of {found.needed}", "electors": electors}


def _poll_sentences(found: Poll | None) -> Sequence[str]:
    if found is None:
        return ["The policy lets out what passes; nobody is asked."]
    said = [f"{found.counted} of {found.needed} approvals.", *(line(one.sentence, 400) for one in found.weighed)]
    said.append(f"May approve: {line(', '.join(found.electors), 400) or 'whoever is not named below'}.")
    return [*said, *(f"May not: {line(one.name, 80)}, who {line(one.why, 200)} (policy {one.setting})." for one in found.excluded)]


def _row(number: int, row: Mapping[str, Any], before: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    says = line(row["origin"] or "nothing of who wrote it", 60)
    by = "/".join(line(row[name], 100) for name in ("generator", "generator_version") if row[name])
    return {
        "number": number,
        "row_id": row["row_id"],
        "shown_id": line(row["row_id"], 100),
        "sha256": row["sha256"],
        "label": row["label"],
        "why": line(row["why"] or "", 200),
        "reasons": line(row["reasons"] or "", 600),
        "says": f"{says}, {by}" if by else says,
        "place": f"{line(row['source_file'] or '', 120)} line {row['line']}, {line(row['slice'] or 'none', 60)}",
        "generator": line(row["generator"] or "", 100),
        "generator_version": line(row["generator_version"] or "", 100),
        "text": visible(row["text"], SHOWN_CHARACTERS),
        "before": "\n\n".join(visible(one["text"] or "", SHOWN_CHARACTERS) for one in before),
        "before_says": ", ".join(f"{line(one['row_id'], 60)} ({line(one['origin'] or 'unknown', 30)})" for one in before),
    }
