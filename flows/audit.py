"""The audit of a store or a crawl, from its files to a document. Plain functions; nothing of a text is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from flows.surroundings import Surroundings, surroundings
from governance.adapters.bars import bars
from governance.adapters.compiled import fastest
from governance.adapters.corpus.files import corpus_files
from governance.adapters.corpus.looking import Looked, look_closely, tokens_of
from governance.adapters.corpus.reading import Corpus, named, read_corpus
from governance.provenance.corpus.asked import mapping_asked
from governance.provenance.corpus.document import SCHEMA, declared_part, read_part, sample_part
from governance.provenance.corpus.laundered import Comparison, laundered
from governance.provenance.corpus.limits import Limit, exceeded, limits
from governance.provenance.corpus.rows import lenient
from governance.provenance.corpus.tally import DECLARED_SYNTHETIC
from governance.provenance.emissions import Emissions, containment
from governance.provenance.laundering.audit import signals
from governance.provenance.laundering.signal import Floats, Material
from governance.provenance.row import Origin
from governance.release import kinds
from governance.section import section_document
from governance.wiring import Shop

NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusAudit:
    """corpus.json and the limits in it."""

    document: dict[str, Any]
    limits: tuple[Limit, ...]


def audit_corpus(place: Path, asked: Sequence[str], shop: Shop | None) -> CorpusAudit:
    """Look at everything that can be read below a place, against the policy and the pinned texts of a workspace, where there is one.

    Raises: BatchError where nothing can be read; UsageError for a mapping that is none.
    """
    mapping = mapping_asked(shop.settings.mapping if shop else {}, asked)
    files, around = corpus_files(place), surroundings(shop)
    corpus = read_corpus(files, mapping, lenient(around.provenance), around.look.corpus, count=around.count, show=bars("reading"))
    rows = corpus.sample.frame()
    looked = look_closely(rows, around.look, around.emissions, fastest(rows.height), bars("looking"))
    found = limits(around.look.corpus, corpus.tally, looked.own, looked.near.counted)
    document: dict[str, Any] = {"schema": SCHEMA, "name": named(place)[:NAME_CHARACTERS], "token_unit": around.unit}
    document |= _declared(corpus, around) | _looked(looked, around) | {"laundered": _laundered(rows, corpus, around)}
    document |= sample_part(corpus.sample, corpus.copies, tokens_of(rows))
    document |= {"limits": [limit.document() for limit in found], "rules": section_document(around.look.corpus)}
    return CorpusAudit(document=document, limits=tuple(found))


def record(shop: Shop, audit: CorpusAudit, sha256: str) -> bool:
    """Tell the ledger of a workspace that has one what was audited: a digest and counts. Returns whether it was told."""
    if not shop.begun:
        return False
    document, declared = audit.document, audit.document["declared"]
    body = {
        "name": document["name"],
        "corpus_sha256": sha256,
        "rows": document["rows"],
        "tokens": document["tokens"],
        "synthetic_rows": sum(declared[origin]["rows"] for origin in DECLARED_SYNTHETIC if origin in declared),
        "unknown_rows": declared.get(Origin.UNKNOWN.value, {"rows": 0})["rows"],
        "exceeded": [limit.setting for limit in exceeded(audit.limits)],
    }
    shop.ledger.settle(kinds.CORPUS_AUDITED, lambda _: body)
    return True


def _declared(corpus: Corpus, around: Surroundings) -> dict[str, Any]:
    files, tally = corpus.files, corpus.tally
    opened = {"tables": len(files.tables), "documents": len(files.documents), "passed_over": dict(files.passed_over)}
    suggested = dict(tally.alias_suggestions(around.provenance.aliases))
    return {"read": {**opened, **read_part(corpus.unread, tally)}, **declared_part(tally), "alias_suggestions": suggested}


def _looked(looked: Looked, around: Surroundings) -> dict[str, Any]:
    rules = {"jaccard_percent": around.look.mixing.near_duplicate_jaccard_percent, "shingle_words": around.look.mixing.shingle_words}
    return {
        "near_duplicates": {**rules, **looked.near.document()},
        "own_emissions": looked.own.document() if looked.own else {"not_measured": around.not_emitted},
        "openings": [one.document() for one in looked.openings],
        "artefacts": looked.artefacts,
    }


def _laundered(rows: pl.DataFrame, corpus: Corpus, around: Surroundings) -> dict[str, Any]:
    against = Comparison(
        references=around.references,
        means=Material(emissions=partial(_emitted_shares, around.emissions) if around.emissions else None),
        signals=signals(),
        rules=around.laundering,
        seed=around.seed,
    )
    return laundered(rows, corpus.tally, against)


def _emitted_shares(emissions: Emissions, texts: Sequence[str]) -> Floats:
    return containment(emissions, texts).shares
