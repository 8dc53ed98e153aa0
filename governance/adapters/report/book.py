"""The book of a model line: a folder of pages that need no server and no script, made from the ledger and from what was kept beside it.

The same ledger, reports and policy give the same bytes. The book decides nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from governance.adapters.report.ancestry import BARRED, OTHER, SERVES, Kin, ancestry_picture
from governance.adapters.report.decided import decisions_of, labels_of
from governance.adapters.report.lines import Line, line_picture
from governance.adapters.report.numbers import MISSING, count, interval, percent
from governance.adapters.report.template import page_template
from governance.adapters.report.visible import line
from governance.provenance.descent_words import depth_words, mean_words, share_words, token_words
from governance.release.ledger import Event
from governance.release.state import ADOPTED, Release, State
from governance.release.views import status_of, way_back_words

SCHEMA = "heirloom/book/1"
INDEX, DOCUMENT = "index.html", "book.json"
WATCHED = MappingProxyType({"tail_perplexity": "tail", "human_perplexity": "human text"})
DECISIONS_SHOWN = 300
"""Of the newest decisions: what a page of them may hold. The ledger has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A perplexity of one release against the baseline: relative change with its interval, and the percent of margin that is left."""

    change: float
    low: float
    high: float
    left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What the book is made of. `standings`: version -> metric -> where it stands, in no case for a release that was never compared.

    `reports`: version -> its kept report; a version whose report was not kept is not in it.
    """

    state: State
    events: Sequence[Event]
    standings: Mapping[int, Mapping[str, Standing]] = field(default_factory=lambda: MappingProxyType({}))
    reports: Mapping[int, bytes] = field(default_factory=lambda: MappingProxyType({}))


def pages_of(book: Book) -> Mapping[str, bytes]:
    """File name -> content of every page: the index, a page a version, and the kept reports as they are."""
    found = {INDEX: _index(book).encode()}
    for version, release in sorted(book.state.releases.items()):
        found[_page_name(version)] = _version_page(book, release).encode()
    return found | {report_name(version): report for version, report in sorted(book.reports.items())}


def _index(book: Book) -> str:
    state = book.state
    decisions = [*reversed(decisions_of(book.events))]
    return page_template("book.html").render(
        title=f"The book of {line(str(state.model), 80)}",
        environment=line(str(state.environment), 40),
        headline=_headline(state),
        since=_since(book),
        frozen=line(state.frozen, 300) if state.frozen is not None else "",
        act=f"A {state.intent.act} to release {state.intent.version} is open." if state.intent else "",
        tiles=_tiles(state),
        course=_course(book),
        releases=[_release_row(book, release) for release in sorted(state.releases.values(), key=lambda r: -r.version)],
        watched=list(WATCHED.values()),
        picture=ancestry_picture([_kin(state, release) for release in state.releases.values()]),
        kin=[_kin_row(state, release) for release in sorted(state.releases.values(), key=lambda r: -r.version)],
        decisions=decisions[:DECISIONS_SHOWN],
        more=count(len(decisions) - DECISIONS_SHOWN) if len(decisions) > DECISIONS_SHOWN else "",
        labels=labels_of(book.events),
        ledger=_ledger_facts(book),
        counts=sorted(Counter(event.kind for event in book.events).items()),
    )


def _headline(state: State) -> str:
    return f"{line(str(state.model), 80)}: " + ("no release yet" if state.champion is None else f"release {state.champion} serves")


def _since(book: Book) -> str:
    """When the champion took its place, by which act and on whose word."""
    moves = [one for one in decisions_of(book.events) if one.what in {"promoted", "rolled back to"} and one.version == book.state.champion]
    if not moves:
        return ""
    last = moves[-1]
    return f"Since {last.when} UTC, {last.what.removesuffix(' to')} by {last.who}" + (f": {last.why}" if last.why else "")


def _tiles(state: State) -> Sequence[tuple[str, str, str]]:
    served = state.releases.get(state.champion) if state.champion is not None else None
    share = share_words(served.descent.share) if served else MISSING
    return [
        ("Synthetic share", share, "of all it learnt from, start included"),
        ("Depth of recursion", depth_words(served.descent) if served else MISSING, "models between a person and a token"),
        ("Previous", _number(state.previous), "heirloom rollback goes there"),
        ("Pre-synthetic", _number(state.pre_synthetic), "no synthetic ancestor"),
        ("Baseline", _number(state.baseline), "candidates are measured against it"),
        ("Best ever", _number(state.best_ever), "lowest tail perplexity"),
    ]


def _number(version: int | None) -> str:
    return MISSING if version is None else str(version)


def _course(book: Book) -> Any:
    """The releases that served, in order, as a picture; None where fewer than two were compared with the baseline."""
    steps = [book.standings.get(release.version, {}) for release in book.state.in_order]
    lines = []
    for metric, name in WATCHED.items():
        held = [step[metric] for step in steps if metric in step][1:]
        if len(held) >= 1 and len(held) == len(steps) - 1:
            values, low, high = ([1 + getattr(one, part) for one in held] for part in ("change", "low", "high"))
            lines.append(Line(name=name, values=values, low=low, high=high, strong=metric == "tail_perplexity"))
    return line_picture(lines, across="release since the first", title="Perplexity against the baseline") if lines else None


def _release_row(book: Book, release: Release) -> Mapping[str, Any]:
    standings = book.standings.get(release.version, {})
    return {
        "version": release.version,
        "page": _page_name(release.version),
        "cycle": release.cycle,
        "verdict": _verdict(release),
        "status": status_of(book.state, release.version),
        "share": share_words(release.descent.share),
        "cells": [_cell(book.state, release, standings.get(metric)) for metric in WATCHED],
    }


def _cell(state: State, release: Release, standing: Standing | None) -> tuple[str, str]:
    if release.version == state.baseline:
        return "baseline", ""
    if standing is None:
        return MISSING, ""
    bounds = interval({"low": standing.low, "high": standing.high})
    return percent(standing.change), f"{bounds}, {standing.left:.1f} points left"


def _verdict(release: Release) -> str:
    return "adopted" if release.kind == ADOPTED else release.verdict


def _kin(state: State, release: Release) -> Kin:
    look = SERVES if release.version == state.champion else BARRED if release.quarantined else OTHER
    known = release.kinship
    return Kin(
        version=release.version, start=known.start if known else release.judged_against, authors=known.authors if known else (), look=look
    )


def _kin_row(state: State, release: Release) -> Mapping[str, Any]:
    kin = _kin(state, release)
    said = "" if release.kinship else " (not written down: taken for the champion of then)"
    return {
        "version": release.version,
        "page": _page_name(release.version),
        "start": f"release {kin.start}{said}" if kin.start is not None else "fresh weights",
        "authors": ", ".join(f"release {author}" for author in kin.authors) or "none of this line",
        "depth": depth_words(release.descent),
        "recalled": _recalled(state, release),
    }


def _recalled(state: State, release: Release) -> str:
    if release.quarantined:
        return f"recalled in ledger {release.quarantined_seq or MISSING}: its words are barred"
    return "descends from a recalled release" if release.version in state.tainted else ""


def _version_page(book: Book, release: Release) -> str:
    report = report_name(release.version) if release.version in book.reports else ""
    return page_template("version.html").render(index=INDEX, report=report, **version_words(book.state, book.events, release))


def version_words(state: State, events: Sequence[Event], release: Release) -> Mapping[str, Any]:
    """What every page about one version says."""
    return {
        "title": f"{line(str(state.model), 80)}, version {release.version}",
        "headline": f"Version {release.version}: {_verdict(release)}, {status_of(state, release.version)}",
        "verdict": release.verdict,
        "facts": _facts(state, release),
        "decisions": [one for one in decisions_of(events) if one.version == release.version],
    }


def _facts(state: State, release: Release) -> Sequence[tuple[str, str]]:
    descent = release.descent
    return [
        ("Cycle", f"{release.cycle}, {line(release.kind, 40)}"),
        ("Checkpoint, sha256", line(release.checkpoint, 64)),
        ("Evidence, sha256", line(release.decision_sha256, 64)),
        ("Policy, sha256", line(release.policy_sha256, 64)),
        ("Cycle document, sha256", line(release.cycle_digest, 64)),
        ("Asked for by", line(release.requested_by or release.registered_by, 80)),
        ("Judged against", f"release {release.judged_against}" if release.judged_against is not None else "no champion"),
        ("Synthetic tokens, start included", f"{share_words(descent.share)} of {token_words(descent)}"),
        ("Effective synthetic share", share_words(descent.effective_share)),
        ("Depth of recursion", f"{depth_words(descent)}, in the mean {mean_words(descent.mean_depth)}"),
        ("Approved by", ", ".join(line(approval.by, 80) for approval in release.approvals) or _no_person(release)),
        ("Way back", way_back_words(state, release.version) or "not rehearsed"),
        ("Recall", _recalled(state, release) or "none"),
    ]


def _no_person(release: Release) -> str:
    return "no person: the policy let it out by itself" if release.promoted else "nobody"


def _ledger_facts(book: Book) -> Sequence[tuple[str, str]]:
    newest = book.events[-1].at[:16].replace("T", " ") + " UTC" if book.events else MISSING
    return [
        ("Entries", count(len(book.events))),
        ("Head", book.state.head),
        ("Newest entry", newest),
        ("Chain", "every entry was seen to follow the one before it when this book was made"),
    ]


def _page_name(version: int) -> str:
    return f"version-{version}.html"


def report_name(version: int) -> str:
    """The file of a version's kept report."""
    return f"report-{version}.html"
