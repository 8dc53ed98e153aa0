"""policy.toml -> Policy: what is allowed, handed out in parts. No flag and no environment variable overrides it."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.collapse.probe import ProbePlan
from governance.digest import digest_document
from governance.errors import PolicyError, shown
from governance.gates.margins import GateRules
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.provenance.corpus.rules import CorpusRules
from governance.provenance.labels.rules import LabelRules
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.rules import ProvenanceRules
from governance.provenance.synthesis import SynthesisRules
from governance.release.rules import DEMO, OPTIONAL, ControlRules, PromotionRules
from governance.section import read_section, section_document
from governance.training.rules import TrainingRules

PRODUCTION = "production"
ENVIRONMENTS = (DEMO, "staging", PRODUCTION)
OVERRIDE_PREFIX = "HEIRLOOM_POLICY"
LARGEST_SEED = 4_000_000
"""A cycle's seed is a thousand times this plus its number, and NumPy and torch take 32 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Which model line this is: the section [line]. `seed` starts every stream of random numbers of every cycle."""

    model: str
    environment: str = "demo"
    seed: int = 7

    def __post_init__(self) -> None:
        if self.environment not in ENVIRONMENTS:
            raise ValueError(f"environment: {self.environment!r} is none of {', '.join(ENVIRONMENTS)}")
        if not is_name(self.model):
            raise ValueError(f"model: {self.model!r} is no name (a-z, 0-9, '.', '_', '-', at most 63 characters, letter or digit first)")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ValueError(f"seed: {self.seed} is not in 0..{LARGEST_SEED}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole policy. A stage gets only the section it names; its digest is part of every decision."""

    line: Line
    provenance: ProvenanceRules = field(default_factory=ProvenanceRules)
    laundering: LaunderingRules = field(default_factory=LaunderingRules)
    labels: LabelRules = field(default_factory=LabelRules)
    mixing: MixRules = field(default_factory=MixRules)
    selection: SelectionRules = field(default_factory=SelectionRules)
    training: TrainingRules = field(default_factory=TrainingRules)
    probe: ProbePlan = field(default_factory=ProbePlan)
    gates: GateRules = field(default_factory=GateRules)
    controls: ControlRules = field(default_factory=ControlRules)
    promotion: PromotionRules = field(default_factory=PromotionRules)
    synthesis: SynthesisRules = field(default_factory=SynthesisRules)
    corpus: CorpusRules = field(default_factory=CorpusRules)

    def __post_init__(self) -> None:
        if self.line.environment == PRODUCTION and self.labels.require_signature is False:
            raise ValueError("labels.require_signature: false, and in production only signed labels count")
        if self.line.environment != DEMO and self.promotion.signed == OPTIONAL:
            raise ValueError(f"promotion.signed: {OPTIONAL}, and in {self.line.environment} only signed approvals count")

    def document(self) -> dict[str, Any]:
        """Every setting with its value, defaults included."""
        found: dict[str, Any] = section_document(self)
        return found

    @property
    def digest(self) -> str:
        """The sha256 of the document: comments and order in the file do not change it, a default that changes does."""
        return digest_document(self.document())


def read_policy(path: Path) -> Policy:
    """The policy of a workspace.

    Raises: PolicyError naming the file and the setting.
    """
    return read_section(Policy, read_toml(path), path.name)


def parse_policy(text: str, where: str) -> Policy:
    """The policy that some text says. Raises: PolicyError likewise."""
    try:
        return read_section(Policy, tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"is not TOML: {error}", where=where) from error


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a mapping. Raises: PolicyError naming file and line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PolicyError("is missing", where=str(path), fix="heirloom init DIR makes a workspace") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"is not TOML: {error}", where=str(path)) from error
    except OSError as error:
        raise PolicyError(f"cannot be read: {error.strerror}", where=str(path), expected="a TOML file") from error


def policy_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What differs between the documents of two policies, in words: `gates.tail.max 1.05 -> 1.2`; at most five settings are named."""
    old, new = dict(_settings(before)), dict(_settings(after))
    names = [name for name in (*old, *(name for name in new if name not in old)) if old.get(name) != new.get(name)]
    return shown([f"{name} {_said(old.get(name))} -> {_said(new.get(name))}" for name in names])


def _settings(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _settings(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _said(value: Any) -> str:
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)


def refuse_overrides(environment: Mapping[str, str]) -> None:
    """An environment variable that tries to change the policy is an error, not ignored (attack A21).

    Raises: PolicyError naming the variable.
    """
    found = sorted(name for name in environment if name.upper().startswith(OVERRIDE_PREFIX))
    if found:
        raise PolicyError(
            f"{found[0]} is set, and the environment cannot change the policy",
            fix=f"unset {found[0]}, and change policy.toml under review",
        )


def is_name(text: str) -> bool:
    """Names of models, rows' batches and workspaces: safe in paths, addresses and pages (attack A9)."""
    first, rest = text[:1], text[1:]
    plain = "abcdefghijklmnopqrstuvwxyz0123456789"
    return bool(first) and first in plain and len(text) <= 63 and all(c in plain + "._-" for c in rest)
