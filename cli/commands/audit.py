"""`heirloom audit corpus`: what a store or a crawl holds, by vintage, before anybody retrieves from it or trains on it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from cli.options import Common
from cli.outcome import DONE, REFUSED, Outcome, plain

if TYPE_CHECKING:
    from flows.audit import CorpusAudit
    from governance.wiring import Shop

command = App(name="audit", group="Prove and mend", help="What text that others collected is made of: stores for retrieval, crawls.")
PAGE, DOCUMENT = "corpus.html", "corpus.json"


@command.command
def corpus(
    place: Path,
    *,
    out: Path = Path("corpus-audit"),
    map_: Annotated[tuple[str, ...], Parameter(name="--map")] = (),
    common: Common | None = None,
) -> Outcome:
    """Say what a store for retrieval or a crawl holds: declared shares by vintage, near-duplicates, templates, copies of our own models.

    Files of rows (Parquet, JSON Lines, CSV; also .gz) and documents (.txt, .md, .html) are read, a folder with all below it. Rows are never
    changed and never shown. Inside a workspace its policy, pinned human text and emission ledger are used, and the ledger is told a digest.
    Exits with 3 where a limit of the section [corpus] of the policy is exceeded.

    Parameters
    ----------
    place
        A file or a folder.
    out
        Folder for corpus.json and the page of it, corpus.html.
    map_
        Which column is which field: text=body, vintage=created,added, origin=constant:unknown, origin.AI=model. It goes over the mapping
        of heirloom.toml.
    """
    from flows.audit import audit_corpus, record
    from governance.adapters.report.corpus import render_corpus
    from governance.digest import digest_file, write_bytes, write_document
    from governance.provenance.corpus.limits import exceeded

    shop = _shop(common)
    found = audit_corpus(place, map_, shop)
    write_document(out / DOCUMENT, found.document)
    write_bytes(out / PAGE, render_corpus(found.document).encode())
    sha256 = digest_file(out / DOCUMENT)
    told = record(shop, found, sha256) if shop else False
    code = REFUSED if exceeded(found.limits) else DONE
    lines = [*corpus_lines(found), _last_line(out, told=told)]
    answer = {"corpus": found.document, "corpus_sha256": sha256, "recorded": told, "files": [DOCUMENT, PAGE]}
    return Outcome(command="audit-corpus", lines=lines, document=answer, code=code)


def _shop(common: Common | None) -> "Shop | None":
    """The shop of the workspace that was named or that this folder is in; None outside of any."""
    from governance.wiring import find_workspace, open_shop, workspace_above

    given = common.workspace if common else None
    root = find_workspace(given, Path.cwd()) if given else workspace_above(Path.cwd())
    return open_shop(root) if root else None


def corpus_lines(found: "CorpusAudit") -> list[str]:
    """The result first, then what it rests on."""
    document = found.document
    return [
        *(_limit_line(limit) for limit in document["limits"]),
        f"{plain(document['name'])}: {document['rows']:,} rows, {document['tokens']:,} {document['token_unit']}.",
        *_declared_lines(document),
        *_trend_lines(document),
        *_name_lines(document),
        *_sample_lines(document),
        *_read_lines(document["read"]),
    ]


def _limit_line(limit: Mapping[str, Any]) -> str:
    word = {"exceeded": "EXCEEDED", "held": "held", "not-measured": "NOT MEASURED"}[limit["outcome"]]
    return f"{word}  corpus.{limit['setting']} = {limit['limit_percent']} %: {plain(limit['found'])}."


def _declared_lines(document: Mapping[str, Any]) -> list[str]:
    from cli.shop import percent

    head = f" {'declared':<10} {'rows':>10} {'share':>8} {document['token_unit'].split()[0]:>14} {'share':>8}"
    return [
        head,
        *(
            f" {origin:<10} {counts['rows']:>10,} {percent(counts['rows'], document['rows']):>8}"
            f" {counts['tokens']:>14,} {percent(counts['tokens'], document['tokens']):>8}"
            for origin, counts in document["declared"].items()
        ),
    ]


def _trend_lines(document: Mapping[str, Any]) -> list[str]:
    trend = document["trend"]
    known = [one for one in document["by_vintage"] if one["name"] != "unknown"]
    unknown = sum(counts["rows"] for one in document["by_vintage"] if one["name"] == "unknown" for counts in one["origins"].values())
    span = f"{known[0]['name']} to {known[-1]['name']}" if known else "no known vintage"
    said = f" Vintage: {span}. Rows of unknown vintage, never taken for old: {unknown:,}."
    if "not_told" in trend:
        return [said, f" Trend: not told, {plain(trend['not_told'])}."]
    points = plain(f"{100 * trend['slope']:+.1f} points a year [{100 * trend['low']:+.1f}, {100 * trend['high']:+.1f}]")
    word = {"rises": "rises", "falls": "falls", "open": "is not told apart from level"}[trend["direction"]]
    return [said, f" Trend: the declared synthetic share {word}, {points}, {len(trend['years'])} years."]


def _name_lines(document: Mapping[str, Any]) -> list[str]:
    suggested = [f"{plain(name)} (like {plain(known)})" for name, known in list(document["alias_suggestions"].items())[:5]]
    lines = [f" Generators: {document['generator_names']:,} names."]
    return lines + ([f" Unreviewed spellings: {', '.join(suggested)}. Nothing is merged by likeness."] if suggested else [])


def _sample_lines(document: Mapping[str, Any]) -> list[str]:
    from cli.shop import percent

    near, copies, own, sample = (document[name] for name in ("near_duplicates", "copies", "own_emissions", "sample"))
    whole = "all rows" if not sample["halvings"] else f"{sample['rows']:,} rows, chosen by the hash of their ids"
    own_words = f"not measured, {own['not_measured']}" if "not_measured" in own else _counted(own)
    return [
        f" Looked at closely: {whole}.",
        f" Exact copies: {percent(copies['repeats'], copies['rows'])} of {copies['rows']:,} rows. Near-duplicates: {_counted(near)}.",
        f" Copies of what our models wrote: {plain(own_words)}.",
        f" Claims to be human, written by a model: {plain(_laundered_words(document['laundered']))}.",
        f" Artefacts: {_artefact_words(document['artefacts'])}.",
        *_opening_lines(document["openings"]),
    ]


def _counted(found: Mapping[str, Any]) -> str:
    return plain(f"{found['hits']:,} of {found['rows']:,} rows [{100 * found['low']:.1f}, {100 * found['high']:.1f}] %")


def _laundered_words(found: Mapping[str, Any]) -> str:
    whole = found["groups"][0] if "groups" in found else found
    if "laundered" in whole:
        share = whole["laundered"]
        return f"{100 * share['share']:.1f} % [{100 * share['low']:.1f}, {100 * share['high']:.1f}]"
    why = whole["not_identifiable"]
    return f"not identifiable, {why if isinstance(why, str) else why['detail']}"


def _artefact_words(found: Mapping[str, Mapping[str, int]]) -> str:
    return ", ".join(f"{sum(rows.values()):,} {rule}" for rule, rows in found.items() if rows) or "none"


def _opening_lines(openings: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for kind, title in (("text", "Texts begin"), ("line", "Lines begin"), ("scaffold", "Scaffolds")):
        shown = [f"{plain(one['words'])} ({one['rows']:,})" for one in openings if one["kind"] == kind and "words" in one][:4]
        lines += [f" {title}: {', '.join(shown)}."] if shown else []
    return lines


def _read_lines(read: Mapping[str, Any]) -> list[str]:
    parts = [f"{count:,} {plain(rule)}" for rule, count in read["left_out"].items()]
    lines = [f" Rows without a text: {', '.join(parts)}."] if parts else []
    troubles = [f"{count:,} {plain(rule)}" for rule, count in read["label_troubles"].items()]
    lines += [f" Labels in doubt, counted as unknown: {', '.join(troubles)}."] if troubles else []
    passed = [f"{count:,} {plain(kind)}" for kind, count in read["passed_over"].items()]
    lines += [f" Files passed over: {', '.join(passed)}."] if passed else []
    broken = [f"{plain(one['file'])}: {plain(one['why'])}" for one in read["unread"][:5]]
    return lines + ([f" Files not read to their end: {read['unread_files']:,} ({'; '.join(broken)})."] if broken else [])


def _last_line(out: Path, *, told: bool) -> str:
    said = "The ledger was told its digest and counts." if told else "Nothing was recorded."
    return f"Written: {plain(out / DOCUMENT)}, {plain(out / PAGE)}. {said}"
