"""The page of an audit of a corpus: one HTML file that needs nothing from anywhere, shows no text of a row and says how sure it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from governance.adapters.report import corpus_words as words
from governance.adapters.report.drawing import hatching, share_bar
from governance.adapters.report.numbers import MISSING, count, share
from governance.adapters.report.template import page_template
from governance.adapters.report.vintages import YEARS_SHOWN, Column, patterns, vintage_picture, volume_picture
from governance.adapters.report.visible import line
from governance.digest import digest_document
from governance.provenance.corpus.rows import UNKNOWN
from governance.provenance.corpus.shares import Counted
from governance.provenance.corpus.tally import DECLARED_SYNTHETIC, ORIGINS
from governance.provenance.row import Origin

Document = Mapping[str, Any]
PARTS_SHOWN, GENERATORS_SHOWN, GROUPS_SHOWN = 16, 30, 25
STACKED = (*DECLARED_SYNTHETIC, Origin.UNKNOWN.value, Origin.HUMAN.value)
"""Origins of a column from the bottom up: where the declared synthetic part ends is its share."""
OUTCOMES = {"exceeded": "block", "held": "pass", "not-measured": "inconclusive"}
TITLES = {"text": "How texts begin", "line": "How later lines begin", "scaffold": "Scaffolds"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A line of the page: a name, its bar of origins, its numbers in words."""

    name: str
    picture: Markup
    numbers: str


def render_corpus(document: Document) -> str:
    """The whole page of a corpus.json. It holds no script and no address outside itself; names and ids are escaped and seen."""
    whole = not document["sample"]["halvings"]
    sample = words.COUNTED if whole else words.sample_words(document)
    columns = _columns(document)
    return page_template("corpus.html").render(
        name=line(document["name"], 120),
        verdict=_verdict(document),
        headline=words.headline(document),
        limits=[_limit(limit) for limit in document["limits"]],
        tiles=_tiles(document),
        declared_words=words.declared_words(document),
        origins=[origin for origin in ORIGINS if origin in document["declared"]],
        declared=_declared(document),
        trend_words=words.trend_words(document["trend"]),
        trend_sure=words.NOT_TOLD if "not_told" in document["trend"] else "95 % interval over years",
        vintages=[_vintage(one) for one in _shown_vintages(document)],
        vintage_picture=vintage_picture(columns),
        volume_picture=volume_picture(columns),
        most=count(max(column.amount for column in columns)),
        unit=document["token_unit"],
        unit_title=document["token_unit"].split()[0].capitalize(),
        groups=_groups(document),
        **_generators(document),
        copies_words=words.copies_words(document),
        copies_sure=words.COUNTED if whole else f"near-duplicates: {words.LOWER}, among {words.sample_words(document)}",
        pairs=[(one["origin"], one["repeats"], count(one["rows"])) for one in document["near_duplicates"]["pairs"]],
        clusters=[(line(one["row_id"], 60), count(one["repeated_by"])) for one in document["near_duplicates"]["clusters"][:5]],
        own_words=words.own_words(document),
        own_sure=words.NOT_TOLD if "not_measured" in document["own_emissions"] else f"{words.LOWER}, 95 % interval",
        laundered_words=words.laundered_words(document["laundered"]),
        laundered_sure=words.ESTIMATED if "laundered" in (document["laundered"].get("groups") or [{}])[0] else words.NOT_TOLD,
        laundered=[_laundered(group) for group in document["laundered"].get("groups", ())[:GROUPS_SHOWN]],
        sample_sure=sample,
        fewest=document["rules"]["fewest_documents"],
        openings=_openings(document),
        artefacts=_artefacts(document),
        facts=_facts(document),
        digest=digest_document(document),
        hatching=hatching(),
        patterns=patterns(),
    )


def _verdict(document: Document) -> str:
    found = [OUTCOMES[limit["outcome"]] for limit in document["limits"]]
    if not found:
        return "report"
    return next((verdict for verdict in ("block", "inconclusive") if verdict in found), "pass")


def _limit(limit: Document) -> Mapping[str, str]:
    said = f"{limit['setting'].replace('_', ' ').removesuffix(' percent')} {limit['limit_percent']} %: {limit['found']}"
    return {"verdict": OUTCOMES[limit["outcome"]], "outcome": limit["outcome"].replace("-", " "), "said": line(said, 300)}


def _tiles(document: Document) -> Sequence[Mapping[str, str]]:
    declared, rows, near = document["declared"], document["rows"], document["near_duplicates"]
    undated = sum(counts["rows"] for one in document["by_vintage"] if one["name"] == UNKNOWN for counts in one["origins"].values())
    own, found = document["own_emissions"], document["laundered"].get("groups", [{}])[0]
    estimate = found.get("laundered")
    return [
        {"name": "Declared synthetic", "value": share(words.synthetic_rows(declared), rows), "note": "of rows"},
        {"name": "Unknown origin", "value": share(words.unknown_rows(declared), rows), "note": "of rows; never human"},
        {"name": "Unknown vintage", "value": share(undated, rows), "note": "of rows; never old"},
        {"name": "Near-duplicates", "value": share(near["hits"], near["rows"]), "note": f"{words.bounds(near)} of those compared"},
        {
            "name": "Copies of our own models",
            "value": MISSING if "not_measured" in own else share(own["hits"], own["rows"]),
            "note": "not measured" if "not_measured" in own else words.bounds(own),
        },
        {
            "name": "Model text among “human” rows",
            "value": f"{100 * estimate['share']:.1f} %" if estimate else MISSING,
            "note": words.bounds(estimate) if estimate else "not identifiable",
        },
    ]


def _part(name: str, counts: Mapping[str, int], numbers: str) -> Part:
    """A line whose bar shows counts by origin."""
    bar = share_bar([(f"o-{origin}", counts[origin]) for origin in ORIGINS if origin in counts], height=14)
    return Part(name=line(name, 80), picture=bar, numbers=numbers)


def _declared(document: Document) -> Sequence[Part]:
    said = document["declared"]
    return [
        _part(name, {origin: counts[key] for origin, counts in said.items()}, _shares({o: c[key] for o, c in said.items()}))
        for name, key in (("rows", "rows"), (document["token_unit"], "tokens"))
    ]


def _shares(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{origin} {share(number, sum(counts.values()))}" for origin, number in counts.items())


def _groups(document: Document) -> Sequence[Mapping[str, Any]]:
    found = []
    for title, key, whole in (("Source tiers", "by_source_tier", 0), ("Slices", "by_slice", document["slices"])):
        groups = document[key]
        parts = [_group(one) for one in groups[:PARTS_SHOWN]]
        rest = max(whole, len(groups)) - len(parts)
        found.append({"title": title, "parts": parts, "more": f"{count(rest)} smaller ones are left out here." if rest > 0 else ""})
    return found


def _group(one: Document) -> Part:
    rows = {origin: counts["rows"] for origin, counts in one["origins"].items()}
    whole = sum(rows.values())
    unknown = f", unknown {share(words.unknown_rows(one['origins']), whole)}" if words.unknown_rows(one["origins"]) else ""
    return _part(one["name"], rows, f"{count(whole)} rows, synthetic {share(words.synthetic_rows(one['origins']), whole)}{unknown}")


def _columns(document: Document) -> Sequence[Column]:
    trend = document["trend"]
    line_of = dict(zip(trend.get("years", ()), trend.get("line", ()), strict=True))
    return [_column(one, line_of) for one in _shown_vintages(document)]


def _shown_vintages(document: Document) -> Sequence[Document]:
    """The newest years, and what is of unknown vintage last."""
    return [*document["by_vintage"]][-YEARS_SHOWN:]


def _column(one: Document, line_of: Mapping[int, float]) -> Column:
    origins = one["origins"]
    declared = _declared_share(origins)
    low, high = declared.interval
    return Column(
        name=one["name"],
        parts=[(origin, origins[origin]["rows"]) for origin in STACKED if origin in origins],
        amount=sum(counts["tokens"] for counts in origins.values()),
        interval=(declared.hits / declared.rows, low, high) if declared.rows else None,
        line=line_of.get(int(one["name"])) if one["name"] != UNKNOWN else None,
    )


def _declared_share(origins: Document) -> Counted:
    synthetic = words.synthetic_rows(origins)
    return Counted(hits=synthetic, rows=synthetic + origins.get(Origin.HUMAN.value, {"rows": 0})["rows"])


def _vintage(one: Document) -> Mapping[str, str]:
    origins = one["origins"]
    rows, declared = sum(counts["rows"] for counts in origins.values()), _declared_share(origins)
    return {
        "name": one["name"],
        "rows": count(rows),
        "tokens": count(sum(counts["tokens"] for counts in origins.values())),
        "synthetic": share(declared.hits, declared.rows),
        "interval": words.bounds(declared.document()) if declared.rows else "nobody declared anything",
        "unknown": share(words.unknown_rows(origins), rows),
    }


def _generators(document: Document) -> Mapping[str, Any]:
    rest = document["generator_names"] - GENERATORS_SHOWN
    return {
        "generators": [
            {
                "name": line(one["generator"], 80),
                "spellings": ", ".join(line(name, 60) for name in one["spellings"][:5]),
                "rows": count(one["rows"]),
                "tokens": count(one["tokens"]),
                "unknown": share(one["unknown_version"], one["rows"]),
            }
            for one in document["generators"][:GENERATORS_SHOWN]
        ],
        "generators_more": f"{count(rest)} smaller ones are left out here." if rest > 0 else "",
        "suggestions": [(line(name, 80), line(known, 80)) for name, known in list(document["alias_suggestions"].items())[:20]],
    }


def _laundered(group: Document) -> Mapping[str, str]:
    estimate = group.get("laundered")
    return {
        "name": line(group["group"] if group["by"] != "batch" else "the corpus", 80),
        "rows": count(group["rows"]),
        "claimed": count(group["claimed_human"]),
        "found": f"{100 * estimate['share']:.1f} %" if estimate else "not identifiable",
        "note": words.bounds(estimate) if estimate else words.reason(group["not_identifiable"]),
    }


def _openings(document: Document) -> Sequence[Mapping[str, Any]]:
    tables = []
    tokens = max(sum(document["sample"]["tokens"].values()), 1)
    for kind, title in TITLES.items():
        found = [one for one in document["openings"] if one["kind"] == kind]
        if found:
            tables.append({"title": title, "parts": [_opening(one, tokens) for one in found]})
    return tables


def _opening(one: Document, tokens: int) -> Part:
    name = one.get("words") or f"rare or copied: {', '.join(line(row_id, 40) for row_id in one['row_ids'])}"
    rest = one["rows"] - one["human"] - one["synthetic"]
    counts = {Origin.HUMAN.value: one["human"], Origin.MODEL.value: one["synthetic"], Origin.UNKNOWN.value: rest}
    texts = f" in {count(one['texts'])} texts" if one["texts"] < one["rows"] else ""
    rate = f"{count(one['rows'])} rows{texts} · {1_000_000 * one['rows'] / tokens:,.1f} a million"
    return _part(name, {origin: number for origin, number in counts.items() if number}, rate)


def _artefacts(document: Document) -> Sequence[Part]:
    return [_part(rule, rows, _numbers(rows)) for rule, rows in document["artefacts"].items() if rows]


def _numbers(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{origin} {count(number)}" for origin, number in rows.items())


def _facts(document: Document) -> Sequence[tuple[str, str]]:
    read = document["read"]
    broken = "; ".join(f"{line(one['file'], 80)} {line(one['why'], 120)}" for one in read["unread"][:5])
    found = [
        ("Files of rows", count(read["tables"])),
        ("Documents", count(read["documents"])),
        ("Looked at closely", words.sample_words(document)),
        ("Files passed over", _numbers(read["passed_over"]) or "none"),
        ("Files not read to their end", f"{count(read['unread_files'])}: {broken}" if broken else "none"),
        ("Rows without a text", _numbers(read["left_out"]) or "none"),
        ("Labels in doubt", _numbers(read["label_troubles"]) or "none"),
    ]
    return [(name, line(value, 700)) for name, value in found]
