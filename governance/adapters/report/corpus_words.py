"""What an audit of a corpus says, in sentences: each with the number that it rests on, or the reason why there is none."""

from collections.abc import Mapping
from typing import Any

from governance.adapters.report.numbers import count, percent, share
from governance.adapters.report.visible import line
from governance.provenance.corpus.tally import DECLARED_SYNTHETIC
from governance.provenance.row import Origin

Document = Mapping[str, Any]
COUNTED, LOWER, NOT_TOLD, ESTIMATED = "counted, every row", "a lower bound", "not told", "estimated"
DIRECTIONS = {"rises": "rises", "falls": "falls", "open": "is not told apart from level"}


def synthetic_rows(origins: Document) -> int:
    """Rows that somebody declared not to be human's own; of unknown origin none."""
    return sum(origins[name]["rows"] for name in DECLARED_SYNTHETIC if name in origins)


def unknown_rows(origins: Document) -> int:
    return int(origins.get(Origin.UNKNOWN.value, {"rows": 0})["rows"])


def headline(document: Document) -> str:
    """The result first: what is beyond a limit, else what is declared."""
    beyond = [limit for limit in document["limits"] if limit["outcome"] == "exceeded"]
    if beyond:
        return f"{len(beyond)} of {len(document['limits'])} limits {'is' if len(beyond) == 1 else 'are'} exceeded"
    rows, unknown = document["rows"], unknown_rows(document["declared"])
    said = f"{share(synthetic_rows(document['declared']), rows)} of {count(rows)} rows are declared synthetic"
    return f"{said}, nobody declared {share(unknown, rows)}" if unknown else said


def declared_words(document: Document) -> str:
    """How much there is, and what a label is worth."""
    troubles = sum(document["read"]["label_troubles"].values())
    doubt = f" {count(troubles)} labels contradict themselves or cannot be read and are counted as unknown." if troubles else ""
    much = f"{count(document['rows'])} rows, {count(document['tokens'])} {document['token_unit']}."
    return f"{much} Labels are counted here, not believed.{doubt}"


def trend_words(trend: Document) -> str:
    """The trend with its interval, or why none can be told."""
    if "not_told" in trend:
        return f"No trend can be told: {trend['not_told']}. Unknown vintage is a class of its own and never old."
    low, high = points(trend["low"]), points(trend["high"])
    years = f"{trend['years'][0]} to {trend['years'][-1]}, {len(trend['years'])} years"
    slope = f"{points(trend['slope'])} percentage points a year [{low}, {high}]"
    return (
        f"The declared synthetic share {DIRECTIONS[trend['direction']]}: {slope}, {years} with enough rows. "
        "A year counts once, however many rows it has; rows of unknown vintage or origin are in no year."
    )


def points(change: float) -> str:
    """A change of a share in percentage points: `+6.6`."""
    return percent(change).removesuffix(" %")


def counted_words(found: Document) -> str:
    """`1,327 of 34,449 rows, 3.9 % [3.7, 4.1]`."""
    return f"{count(found['hits'])} of {count(found['rows'])} rows, {share(found['hits'], found['rows'])} {bounds(found)}"


def bounds(found: Document) -> str:
    """`[3.7, 4.1]`, in percent."""
    return f"[{100 * found['low']:.1f}, {100 * found['high']:.1f}]"


def sample_words(document: Document) -> str:
    """Which rows were looked at closely."""
    sample = document["sample"]
    if not sample["halvings"]:
        return "all rows"
    return f"{count(sample['rows'])} of {count(document['rows'])} rows, chosen by hash"


def copies_words(document: Document) -> str:
    copies, near = document["copies"], document["near_duplicates"]
    exact = f"{share(copies['repeats'], copies['rows'])} of {count(copies['rows'])} rows repeat an earlier text to the character."
    rule = f"they share {near['jaccard_percent']} % of their runs of {near['shingle_words']} words with a row that stays"
    return f"{exact} {counted_words(near)}, are near-duplicates: {rule}."


def own_words(document: Document) -> str:
    """Copies of what our own models wrote, or why nothing is known of them."""
    own = document["own_emissions"]
    if "not_measured" in own:
        return f"Not measured: {own['not_measured']}."
    human = own["by_origin"].get(Origin.HUMAN.value, {"hits": 0})["hits"]
    least = document["rules"]["emitted_percent"]
    said = f"{counted_words(own)}, repeat what our own models wrote: {least} % of their runs of five words or more."
    ids = f" for example {', '.join(line(name, 60) for name in own['claimed_human'])}" if own["claimed_human"] else ""
    claim = f" {count(human)} of them claim to be human:{ids}." if human else " None of them claims to be human."
    short = f" {count(own['unanswered'])} rows are too short to answer." if own["unanswered"] else ""
    return f"{said}{claim}{short} Text that a model would write afresh is not found this way."


def laundered_words(found: Document) -> str:
    """The estimate over the whole corpus, or why there is none."""
    whole = found["groups"][0] if "groups" in found else found
    if "laundered" in whole:
        estimate = whole["laundered"]
        return (
            f"{100 * estimate['share']:.1f} % {bounds(estimate)} of the rows that claim to be human are model text, by the signal "
            f"{', '.join(whole['signals'])}: {count(found['looked_at'])} rows against {count(found['references'])} pinned human rows."
        )
    return f"Not identifiable: {reason(whole['not_identifiable'])}."


def reason(why: Any) -> str:
    """Why a share cannot be told, as a phrase."""
    return line(str(why if isinstance(why, str) else why["detail"]), 240)
