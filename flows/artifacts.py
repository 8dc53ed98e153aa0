"""What a Prefect page shows of a cycle: the mix as a table, the verdict as text, the report as a link. Ids and numbers, no row texts."""

from collections.abc import Mapping
from typing import Any

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from flows.begin import Begun
from flows.writing import Synthesis
from governance.actions.outcomes import RegistrationOutcome
from governance.wiring import Shop


def show_cycle(shop: Shop, begun: Begun, decision: Mapping[str, Any], mix: Mapping[str, Any], registration: RegistrationOutcome) -> None:
    """Three artifacts, keyed by the model so that their history shows the cycles."""
    key = _key(shop)
    create_table_artifact(mix_rows(mix), key=f"{key}-mix", description=f"Cycle {begun.number}: tokens by role")
    create_markdown_artifact(verdict_words(begun, decision, registration), key=f"{key}-verdict", description=f"Cycle {begun.number}")
    link = registration.report if "://" in registration.report else f"file://{registration.report}"
    create_link_artifact(link, link_text=f"Report of version {registration.version}", key=f"{key}-report")


def show_synthesis(shop: Shop, done: Synthesis) -> None:
    """One artifact: who wrote how much, and how."""
    create_markdown_artifact(synthesis_words(done), key=f"{_key(shop)}-synthesis", description=synthesis_line(done))


def synthesis_line(done: Synthesis) -> str:
    """Who wrote how many rows for which batch."""
    found = done.document
    return f"{found['generator']} ({found['version']}): {sum(found['rows'].values())} rows for {done.batch}"


def synthesis_words(done: Synthesis) -> str:
    """How the rows were made, as markdown: settings, digests and counts, no text."""
    found = done.document
    lines = [f"## {synthesis_line(done)}", "", *(f"**{_cell(said)}**" for said in done.warnings), "", "| | |", "|---|---|"]
    lines += [f"| {_cell(name)} | {_cell(value)} |" for name, value in found.items() if name != "schema"]
    return "\n".join(lines)


def _key(shop: Shop) -> str:
    return "heirloom-" + "".join(c if c.isalnum() else "-" for c in shop.policy.line.model)


def mix_rows(mix: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line per role: rows, tokens, share of all tokens."""
    total = max(sum(mix["tokens"].values()), 1)
    return [
        {"role": role, "rows": mix["rows"][role], "tokens": tokens, "share": f"{100 * tokens / total:.1f} %"}
        for role, tokens in mix["tokens"].items()
    ]


def verdict_words(begun: Begun, decision: Mapping[str, Any], registration: RegistrationOutcome) -> str:
    """The verdict and every gate as markdown."""
    lines = [
        f"## Cycle {begun.number}: {decision['verdict']}",
        "",
        str(decision["reason"]),
        "",
        "| gate | against | verdict | reason |",
        "|---|---|---|---|",
    ]
    lines += [f"| {g['gate']} | {g['against']} | {g['verdict']} | {_cell(g['reason'])} |" for g in decision["gates"]]
    lines += ["", f"Registered as version {registration.version}. This page is a copy; the ledger decides (seq {registration.seq})."]
    return "\n".join(lines)


def _cell(text: object) -> str:
    return str(text).replace("|", "/").replace("\n", " ")
