"""An adopted model as the registry shows it: what was stated of its past, by whom and why, and that nothing of it was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.report.template import page_template
from governance.adapters.report.visible import line, markdown
from governance.digest import digest_document, write_bytes, write_document
from governance.ports.registry import Candidate
from governance.provenance.descent_words import depth_words, mean_words, share_words, token_words
from governance.release.state import ADOPTED, INCONCLUSIVE
from governance.training.adoption import StatedPast

SCHEMA = "heirloom/adoption/1"
DOCUMENT, PAGE = "adoption.json", "report.html"
HEADLINE = "Adopted, never measured"
COPY = "This page is a copy and decides nothing. The word is in the ledger: `heirloom ledger`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A checkpoint that was checked, what is stated of it, and who states that."""

    model: str
    environment: str
    trainer: str
    checkpoint: Path
    checkpoint_digest: str
    policy_sha256: str
    past: StatedPast
    by: str
    reason: str

    def document(self) -> dict[str, object]:
        """adoption.json: what is adopted as what. Its digest names the adoption; the word itself, name and reason, is the ledger's."""
        return {
            "schema": SCHEMA,
            "model": self.model,
            "environment": self.environment,
            "trainer": self.trainer,
            "checkpoint": self.checkpoint_digest,
            "policy_sha256": self.policy_sha256,
            "share": self.past.share.document(),
            "tokens": self.past.tokens,
        }

    @property
    def digest(self) -> str:
        return digest_document(self.document())


def build_adopted(adoption: Adoption, archive: Path) -> Candidate:
    """The candidate of an adoption; adoption.json and its page are written into the archive folder."""
    write_document(archive / DOCUMENT, adoption.document())
    write_bytes(archive / PAGE, _page(adoption).encode())
    return Candidate(
        model=adoption.model,
        cycle_digest=adoption.digest,
        checkpoint=adoption.checkpoint,
        checkpoint_digest=adoption.checkpoint_digest,
        run_name=f"adopted {adoption.checkpoint_digest[:12]}",
        description=_description(adoption),
        tags=_tags(adoption),
        params={"kind": ADOPTED, "trainer": adoption.trainer, "environment": adoption.environment},
        metrics={},
        artifacts={f"review/{name}": archive / name for name in (PAGE, DOCUMENT)},
    )


def adoption_facts(adoption: Adoption) -> Sequence[tuple[str, str]]:
    """What a reader has to know, in words and numbers."""
    descent = adoption.past.start(adoption.checkpoint_digest).descent
    stated = "stated by its owner" if adoption.past.narrowed else "nobody knows"
    human = "yes, by that statement alone" if not descent.open and descent.synthetic == 0 else "no"
    return [
        ("Adopted by", line(adoption.by, 80)),
        ("Reason", line(adoption.reason, 400)),
        ("Synthetic share of its past", f"{share_words(descent.share)} ({stated})"),
        ("Learnt from", token_words(descent)),
        ("Depth of recursion", depth_words(descent)),
        ("Pre-synthetic", human),
        ("Gates", "none: it was never judged here. Every candidate is measured against it"),
        ("Checkpoint", adoption.checkpoint_digest),
        ("Trainer", line(adoption.trainer, 80)),
    ]


def _tags(adoption: Adoption) -> Mapping[str, str]:
    descent = adoption.past.start(adoption.checkpoint_digest).descent
    return {
        "heirloom.kind": ADOPTED,
        "heirloom.verdict": INCONCLUSIVE,
        "heirloom.decision_sha256": adoption.digest,
        "heirloom.policy_sha256": adoption.policy_sha256,
        "heirloom.synthetic_share_percent": share_words(descent.share).removesuffix(" %"),
        "heirloom.depth": depth_words(descent),
        "heirloom.mean_depth": mean_words(descent.mean_depth),
        "heirloom.effective_share_percent": share_words(descent.effective_share).removesuffix(" %"),
        "heirloom.cycle_digest": adoption.digest,
    }


def _description(adoption: Adoption) -> str:
    facts = "\n".join(f"| {name} | {markdown(value, 400)} |" for name, value in adoption_facts(adoption))
    return f"## {HEADLINE}\n\n| | |\n|---|---|\n{facts}\n\n{COPY}"


def _page(adoption: Adoption) -> str:
    title = f"{line(adoption.model, 80)}, adopted"
    return page_template("adopted.html").render(title=title, headline=HEADLINE, facts=adoption_facts(adoption))
