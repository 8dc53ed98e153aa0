"""What a workspace lends to the audit of a corpus: its rules, its student's tokenizer, its pinned human text, its emission ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from flows.begin import prove_shards
from governance.adapters.corpus.looking import LookRules
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.ports.desk import SHARDS
from governance.provenance.corpus.document import STUDENT, WORDS
from governance.provenance.corpus.rules import CorpusRules
from governance.provenance.emissions import Emissions, read_emissions
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.rules import ProvenanceRules
from governance.provenance.words import CountTokens, read_words
from governance.release.state import State
from governance.wiring import Shop

NO_WORKSPACE, NONE_EMITTED = (
    "outside a workspace nothing is known of what its models wrote",
    "no model of this workspace has written anything",
)
REFERENCE_SHARDS = ("anchors", "human")


def count_words(texts: Sequence[str]) -> Sequence[int]:
    """Words of each text: what is counted where there is no student yet."""
    counts: list[int] = read_words(texts).lengths.tolist()
    return counts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """Outside of any workspace: the default rules, and nothing to compare with."""

    provenance: ProvenanceRules = field(default_factory=ProvenanceRules)
    look: LookRules = field(default_factory=lambda: LookRules(mixing=MixRules(), selection=SelectionRules(), corpus=CorpusRules()))
    laundering: LaunderingRules = field(default_factory=LaunderingRules)
    seed: int = 0
    unit: str = WORDS
    count: CountTokens = count_words
    emissions: Emissions | None = None
    not_emitted: str = NO_WORKSPACE
    references: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict.fromkeys(("row_id", "text", "slice"), pl.String)))


def surroundings(shop: Shop | None) -> Surroundings:
    """What the shop lends. Raises: IntegrityError where a pinned shard or the emission ledger was altered."""
    if shop is None:
        return Surroundings()
    policy, state = shop.policy, shop.ledger.state() if shop.begun else State()
    place, count = shop.emissions.settled(state.emissions), _student(shop, state)
    return Surroundings(
        provenance=policy.provenance,
        look=LookRules(mixing=policy.mixing, selection=policy.selection, corpus=policy.corpus),
        laundering=policy.laundering,
        seed=policy.line.seed,
        unit=STUDENT if count else WORDS,
        count=count or count_words,
        emissions=read_emissions(place) if place else None,
        not_emitted=NONE_EMITTED,
        references=_references(shop, state) if state.shards else Surroundings().references,
    )


def _student(shop: Shop, state: State) -> CountTokens | None:
    """The champion's own tokenizer, where its files are here."""
    folder = shop.workspace.model(state.releases[state.champion].checkpoint) if state.champion is not None else None
    return shop.trainer.counter(folder) if folder and folder.is_dir() else None


def _references(shop: Shop, state: State) -> pl.DataFrame:
    """Pinned human rows, with the document that each was cut from where it is known."""
    prove_shards(shop, state)
    shards = [pl.read_parquet(shop.workspace.root / SHARDS[name]) for name in REFERENCE_SHARDS]
    wanted = [shard.select(name for name in ("row_id", "text", "slice", "source_id") if name in shard.columns) for shard in shards]
    return pl.concat(wanted, how="diagonal")
