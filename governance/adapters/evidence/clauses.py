"""Clause by clause: what in a bundle answers it, and what does not. A map for auditors, no claim of conformity."""

from collections.abc import Sequence
from dataclasses import dataclass

AISVS, NIST, AI_ACT = "OWASP AISVS 1.0", "NIST AI 600-1", "EU AI Act"
FRAMEWORKS = {"aisvs": AISVS, "nist": NIST, "eu-ai-act": AI_ACT}
"""Name on the command line -> framework."""
NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause: what it asks for in our words, what of a bundle answers it, and what an auditor has to look for elsewhere."""

    framework: str
    clause: str
    asks: str
    answer: str
    gap: str = ""


def _aisvs(clause: str, asks: str, answer: str, gap: str = "") -> Clause:
    return Clause(framework=AISVS, clause=clause, asks=asks, answer=answer, gap=gap)


def _act(clause: str, asks: str, answer: str, gap: str = "") -> Clause:
    return Clause(framework=AI_ACT, clause=clause, asks=asks, answer=answer, gap=gap)


CLAUSES: Sequence[Clause] = (
    _aisvs(
        "1.1.3",
        "changes of data sets go through a logged approval",
        "ledger.jsonl: shards.pinned, cycle.frozen; approval.given",
        "the approval is of the release, not of each batch",
    ),
    _aisvs(
        "1.2.5-1.2.7",
        "integrity of training data in storage and transfer",
        "rows.csv and the mix root; sha256 of batch files in cycle.json",
        "access control of the store",
    ),
    _aisvs(
        "1.3.1-1.3.4",
        "labels are attributed to who gave them, and signed",
        "ledger.jsonl: rows.relabelled with key and signature; audit.json labellers",
        "labels that came with the batch are its sender's word",
    ),
    _aisvs(
        "1.5.1-1.5.4",
        "lineage of data; synthetic data is marked throughout",
        "rows.csv origin and generator; lineage.json; cards/croissant.json",
    ),
    _aisvs(
        "3.1.2, 3.1.3, 3.1.5",
        "a model's identity, integrity and origin can be verified",
        "checkpoint digest in ledger, lineage.json and cards/ml-bom.cdx.json",
        "the weights: hash them against the digest",
    ),
    _aisvs("3.2.4", "a model is tested before it is let out", "decision.json, scores.csv; verify.py recomputes perplexity gates"),
    _aisvs(
        "3.2.6",
        "an audit record that cannot be changed, with actor, before and after",
        "ledger.jsonl and checkpoints.jsonl; verify.py",
        "an authenticated actor only where the act is signed",
    ),
    _aisvs(
        "3.3.2",
        "the whole state of a model goes back atomically",
        "ledger.jsonl: rollback.rehearsed, rollback.committed",
        "that the serving side follows the pointer",
    ),
    _aisvs(
        "3.6.2",
        "who starts a fine-tune does not let it out",
        "review.requested and approval.given: verify.py holds them apart",
        "under promotion.mode auto no person approves",
    ),
    _aisvs("3.6.4, 3.6.5", "fine-tuning data and results are checked before use", "audit.json, laundering.json, mix.json, decision.json"),
    Clause(
        framework=NIST,
        clause="MS-2.11-005",
        asks="proportion of synthetic to other training data; not overly homogeneous or generated, against collapse",
        answer="rows.csv recomputed by verify.py; laundering.json estimate; decision.json diversity and tail gates",
        gap="homogeneity of what the locked shards do not hold",
    ),
    _act(
        "10(2)(b), (c)", "origin of data, and how it was prepared", "cycle.json batch, audit.json, mix.json dropped and retention, rows.csv"
    ),
    _act(
        "10(2)(e), (g)",
        "assumptions, suitability, gaps of data",
        "mix.json slices and survival; measures.json per slice",
        "whether the data fits the purpose",
    ),
    _act(
        "10(2)(f), 10(3)",
        "biases examined; data representative and free of errors",
        "measures.json slices: tails per slice",
        "bias towards groups of people is not measured here",
    ),
    _act("10(5)", "special categories of personal data", NOTHING, "the bundle holds no texts and knows nothing of them"),
    _act(
        "12(1), 12(2)",
        "events are logged automatically over the lifetime",
        "ledger.jsonl: every act of training, judging, promotion and rollback",
        "logs of the serving system",
    ),
    _act("12(3)", "logs of remote biometric identification", NOTHING, "not what this is for"),
    _act(
        "15(4)",
        "feedback loops: biased outputs that become input are reduced as far as possible",
        "caps and anchors in rows.csv and batches.jsonl; depth in lineage.json; barred words in mix.json; gates in decision.json",
        "text of models that nobody declared: laundering.json estimates its share",
    ),
)


def clauses_of(frameworks: Sequence[str]) -> Sequence[Clause]:
    """The clauses of these frameworks, in their order."""
    wanted = [FRAMEWORKS[name] for name in frameworks]
    return [one for one in CLAUSES if one.framework in wanted]


def clause_table(frameworks: Sequence[str] = tuple(FRAMEWORKS)) -> str:
    """The map as Markdown."""
    rows = [f"| {c.framework} | {c.clause} | {c.asks} | {c.answer} | {c.gap or '-'} |" for c in clauses_of(frameworks)]
    head = ["# Clauses and what answers them", "", "No claim of conformity: where to look, and where nothing here helps.", ""]
    return "\n".join([*head, "| framework | clause | asks for | in the bundle | not in it |", "|---|---|---|---|---|", *rows, ""])
