"""The description of a model version: what a reviewer reads first in the registry, in Markdown, with no text of any row."""

from collections.abc import Sequence

from governance.adapters.report.contents import synthetic_share, whole_run
from governance.adapters.report.documents import CycleDocuments
from governance.adapters.report.numbers import MISSING, share
from governance.adapters.report.page import next_command
from governance.adapters.report.tasks import tasks_words
from governance.adapters.report.verdict import GateRow, gate_rows, headline, verdict_of, worst_slice_words
from governance.adapters.report.visible import markdown
from governance.provenance.descent_words import depth_words, descent_of_document, share_words
from governance.provenance.laundering.words import sentence
from governance.release.rules import MAJORITY_LABELLER, POLICY_COMMITTER, REQUESTER, REVIEW

LONGEST = 4800
"""MLflow keeps 5,000 characters of a description."""

GATES_SHOWN = 12
APPROVERS_SHOWN = 5
EXCLUDED = {
    REQUESTER: "whoever asked for the run",
    POLICY_COMMITTER: "whoever committed the policy",
    MAJORITY_LABELLER: "whoever labelled most of its rows",
}
COPY = (
    "This page is a copy: tags and text here can be edited by others and decide nothing. The decision is in the ledger: `heirloom ledger`."
)


def describe(documents: CycleDocuments) -> str:
    """The page of a version: verdict, gates with their numbers and limits, what it was trained on, where the report is, what to do next."""
    parts = [
        f"## Cycle {documents.cycle['number']}{_attempt(documents)}. {headline(documents.decision)}",
        markdown(str(documents.decision.get("reason") or ""), 400),
        _approvals(documents),
        _worst(documents),
        _gate_table(gate_rows(documents)),
        _tasks(documents),
        _trained_on(documents),
        _declared(documents),
        "Full report: **Artifacts** of the run, `review/report.html`. Beside it: `decision.json`, `measures.json`, `mix_summary.csv`.",
        f"Next: `{next_command(documents)[0]}`",
        COPY,
    ]
    text = "\n\n".join(part for part in parts if part)
    return text if len(text) <= LONGEST else "\n\n".join([*parts[:2], *parts[4:]])


def _attempt(documents: CycleDocuments) -> str:
    """A verdict that was asked for more than once is one that luck may have given: it is said first."""
    attempt = documents.cycle.get("attempt") or 1
    return f", attempt {attempt} of this data" if attempt > 1 else ""


def _approvals(documents: CycleDocuments) -> str:
    """How many people have to say yes and who may, by the policy that the cycle was frozen with; nothing where nobody is asked."""
    rules = (documents.cycle.get("policy") or {}).get("promotion") or {}
    if verdict_of(documents.decision) != "pass" or rules.get("mode") != REVIEW:
        return ""
    count, approvers = int(rules.get("approvals", 1)), list(rules.get("approvers", ()))
    names = [markdown(name, 60) for name in approvers[:APPROVERS_SHOWN]]
    names += [f"{len(approvers) - APPROVERS_SHOWN} more whom the policy names"] if len(approvers) > APPROVERS_SHOWN else []
    named = " or ".join(names) or "anybody who is not excluded"
    excluded = [*([REQUESTER] if rules.get("exclude_requester", True) else []), *rules.get("exclude", ())]
    left_out = [EXCLUDED[who] for who in dict.fromkeys(excluded) if who in EXCLUDED]
    words = f"**Needs {count} approval{'s' if count > 1 else ''}** from {named}"
    return f"{words}; not from {' or '.join(left_out)}." if left_out else f"{words}."


def _declared(documents: CycleDocuments) -> str:
    return f"Declared origins: {markdown(sentence(documents.laundering), 400)}" if documents.laundering else ""


def _worst(documents: CycleDocuments) -> str:
    worst = worst_slice_words(documents)
    return f"Worst slice: {markdown(worst)}" if worst else ""


def _gate_table(rows: Sequence[GateRow]) -> str:
    if not rows:
        return ""
    shown = [_gate_line(row) for row in rows[:GATES_SHOWN]]
    rest = [f"| and {len(rows) - GATES_SHOWN} more in the report | | | | |"] if len(rows) > GATES_SHOWN else []
    return "\n".join(["| gate | against | change | limit | |", "|---|---|---|---|---|", *shown, *rest])


def _gate_line(row: GateRow) -> str:
    change = f"{row.change} {row.interval}".strip() or MISSING
    cells = (row.title, row.against or MISSING, change, row.limit or MISSING)
    return "| " + " | ".join([*(markdown(cell, 80) for cell in cells), f"**{row.verdict}**"]) + " |"


def _tasks(documents: CycleDocuments) -> str:
    if documents.tasks is None or not documents.tasks["given"]:
        return "Your own tasks: none were scored when this page was written; `heirloom review` shows those that were scored later."
    return "Your own tasks, which decide nothing: " + markdown(tasks_words(documents.tasks), 500)


def _trained_on(documents: CycleDocuments) -> str:
    mix, lineage = documents.mix, documents.lineage
    if mix is None:
        return ""
    tokens = mix["tokens"]
    whole = tokens["anchor"] + tokens["human"] + tokens["synthetic"]
    said = (
        f"Trained on {whole:,} tokens: {share(tokens['human'], whole)} human, {share(tokens['anchor'], whole)} anchors, "
        f"{share(tokens['synthetic'], whole)} synthetic or hybrid ({synthetic_share(whole_run(mix))} of what the cap of "
        f"{mix['synthetic_cap_percent']} % counts)."
    )
    if lineage is None:
        return said
    descent = descent_of_document(lineage)
    return (
        f"{said} Depth of recursion {depth_words(descent)}; synthetic share with the start included {share_words(descent.share)},"
        f" effective share {share_words(descent.effective_share)}."
    )
