"""`heirloom verify training`: what the batches of the cycle at hand really held, recomputed from the rows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from cli.options import Common
from cli.outcome import DONE, INTEGRITY, REFUSED, Outcome, plain

if TYPE_CHECKING:
    from flows.approvals import Word
    from flows.verify import TrainingProof
    from governance.training.batch_log import Finding

command = App(name="verify", group="Prove and mend", help="Prove from the files what was done.")


@command.command
def training(*, common: Common | None = None) -> Outcome:
    """Recompute the shares of every batch that was trained on from the rows, and hold them against caps, anchors and record.

    Nothing is taken from the log's own sums. Exit 4 names batches that were edited, dropped, moved or repeated, or whose rows were
    relabelled; exit 3 says which limit was not kept.
    """
    from cli.shop import shop_of
    from flows.verify import prove_training

    return proof_outcome(prove_training(shop_of(common)))


@command.command
def approval(file: Path, *, common: Common | None = None) -> Outcome:
    """Verify an exported approval: its form, its signature against today's allowed_signers, and its place in the ledger.

    Exit 4 where one of them does not hold. That a true yes does not count any more, because it ended or was spent, is said and is no error.

    Parameters
    ----------
    file
        The DSSE envelope that `heirloom review VERSION --export DIR` wrote.
    """
    from cli.shop import shop_of
    from flows.approvals import prove

    return word_outcome(prove(shop_of(common), file))


def word_outcome(word: "Word") -> Outcome:
    """What was said, whose word it is, where it stands, what it is worth."""
    said = word.statement
    act = "approves" if said.approves else "refuses"
    lines = [f"{plain(said.by)} {act} {said.model}/{said.version} for {said.environment}: {plain(said.reason)}"]
    lines += [f" signed by {plain(word.key)}"] if word.key else []
    lines += [f" ledger {word.seq}"] if word.seq else []
    lines += [f" Does not hold: {plain(wrong)}." for wrong in word.wrong]
    lines += [f" Does not count now: {plain(word.doubt)}." if word.doubt else " Counts now."] if said.approves and not word.wrong else []
    document = {"statement": said.document(), "key": word.key, "ledger_seq": word.seq, "wrong": list(word.wrong), "doubt": word.doubt}
    return Outcome(command="verify-approval", lines=lines, document=document, code=INTEGRITY if word.wrong else DONE)


def proof_outcome(proof: "TrainingProof") -> Outcome:
    """The shares, then what does not hold."""
    altered, broken = proof.altered, proof.found.broken
    code = INTEGRITY if altered else REFUSED if broken else DONE
    return Outcome(command="verify-training", lines=_lines(proof, code), document=_document(proof), code=code)


def _lines(proof: "TrainingProof", code: int) -> list[str]:
    from cli.shop import percent

    rules, tokens = proof.rules, proof.found.tokens
    name = f"cycle {proof.cycle}" + (f" (version {proof.version})" if proof.version else ", not registered yet")
    lines = [f"{proof.recorded.batches:,} batches of {name}, recomputed from mix.parquet"]
    lines.append(f" {'':<10} {'parts':>6} {'anchors':>9} {'at least':>9} {'synthetic':>10} {'at most':>8}   (synthetic without anchors)")
    for kind in ("run", "epoch", "shard", "batch"):
        found = tokens.filter(tokens["kind"] == kind).iter_rows(named=True)
        rows = [(one["anchor_tokens"], one["human_tokens"], one["synthetic_tokens"]) for one in found]
        if not rows:
            continue
        anchor, *rest = min(rows, key=lambda row: row[0] / max(1, sum(row)))
        _, human, synthetic = max(rows, key=lambda row: row[2] / max(1, row[1] + row[2]))
        least, most = percent(anchor, anchor + sum(rest)), percent(synthetic, human + synthetic)
        lines.append(f" {kind:<10} {len(rows):>6,} {least:>9} {rules.anchor_percent:>7} % {most:>10} {rules.synthetic_cap_percent:>6} %")
    lines += _part_lines(proof)
    lines += [f" Altered: {_words(finding)}." for finding in proof.altered]
    lines += [f" Not kept: {_words(finding)}." for finding in proof.found.broken]
    return [*lines, _last(proof, code)]


def _part_lines(proof: "TrainingProof") -> list[str]:
    """The slices and tasks that have a cap of their own, in the epoch in which they held most, and how many slices are rare."""
    from cli.shop import percent

    parts = proof.found.parts
    worst: dict[tuple[str, str], dict[str, Any]] = {}
    for one in parts.filter(parts["cap"].is_not_null()).iter_rows(named=True):
        key = (one["kind"], one["name"])
        if key not in worst or one["counted"] * worst[key]["human"] > worst[key]["counted"] * one["human"]:
            worst[key] = one
    lines = [
        f" {kind} {plain(name)}: {percent(one['counted'], one['human'] + one['counted'])} synthetic, cap {one['cap']} %"
        for (kind, name), one in worst.items()
    ]
    slices = parts.filter((parts["kind"] == "slice") & (parts["human"] > 0))["name"].n_unique()
    rare = ", ".join(plain(name) for name in proof.found.rare[:5])
    return [*lines, f" {slices:,} slices with human text, {len(proof.found.rare):,} of them rare" + (f" ({rare})" if rare else "") + "."]


def _words(finding: "Finding") -> str:
    from governance.errors import shown

    return plain(f"{finding.phrase}: {shown(finding.names)}" if finding.names else finding.phrase)


def _last(proof: "TrainingProof", code: int) -> str:
    if code == INTEGRITY:
        return "INTEGRITY  log or rows are not those that were trained. Next: dvc checkout brings the cycle's files back"
    if code == REFUSED:
        return "BROKEN  the batches are as recorded and did not keep the policy's limits."
    ledger = "as the ledger has it" if proof.in_ledger else "the ledger has no head of it yet"
    return f"Every batch follows the one before it and kept the limits. Head {proof.recorded.head[:16]}, {ledger}."


def _document(proof: "TrainingProof") -> dict[str, Any]:
    def found(findings: "Sequence[Finding]") -> list[dict[str, Any]]:
        return [{"phrase": finding.phrase, "names": list(finding.names)} for finding in findings]

    return {
        "cycle": proof.cycle,
        "version": proof.version,
        "batch_log": proof.recorded.document(),
        "ledger_head": proof.in_ledger,
        "limits": {"anchor_percent": proof.rules.anchor_percent, "synthetic_cap_percent": proof.rules.synthetic_cap_percent},
        "tokens": proof.found.tokens.to_dicts(),
        "parts": proof.found.parts.to_dicts(),
        "rare_slices": list(proof.found.rare),
        "altered": found(proof.altered),
        "broken": found(proof.found.broken),
    }
