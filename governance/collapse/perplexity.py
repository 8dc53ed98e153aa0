"""Perplexity of one shard of human documents: the candidate against a reference on the very same documents."""

import math
from collections.abc import Mapping
from functools import partial

import numpy as np

from governance.collapse.evidence import BASELINE, CANDIDATE, Documents, Floats, Mask, Unmeasured, mismatch, scored_documents
from governance.collapse.intervals import Comparison, bootstrap_se, compare_logs, generator, sum_by
from governance.collapse.metric import Better, Case, Kind, Metric, Reading

LEAST_SOURCES = 6
"""Fewer source documents give fewer than the 5 degrees of freedom that an interval needs."""


def perplexity_metric(name: str, title: str, shard: str) -> Metric:
    """The paired perplexity metric of a shard of scores.parquet. The unit is that of the values; the change is one of perplexity."""
    return Metric(
        name=name,
        title=title,
        unit="bits per UTF-8 byte",
        better=Better.LOWER,
        kind=Kind.PAIRED_DOCUMENTS,
        measure=partial(measure_shard, shard=shard),
    )


def measure_shard(case: Case, *, shard: str) -> Reading:
    """Bits per byte of every model, and the relative change of perplexity per reference token against each reference.

    The change is exp(ln 2 * delta bits per byte * bytes per token) - 1, where bytes per token are those of the baseline's tokenizer on
    this shard. Models with different tokenizers are so compared in one unit, and with one tokenizer it is the change of perplexity itself.
    """
    references = case.evidence.references()
    scored = {model: scored_documents(case.evidence, shard, model) for model in (CANDIDATE, *references)}
    values = {model: d if isinstance(d, Unmeasured) else d.bits_per_byte() for model, d in scored.items()}
    against = {reference: _compare(case, shard, scored, reference) for reference in references}
    candidate = scored[CANDIDATE]
    units = 0 if isinstance(candidate, Unmeasured) else len(set(candidate.sources))
    return Reading(values=values, against=against, units=units, slices=_compare_slices(case, shard, scored))


def _compare(case: Case, shard: str, scored: Mapping[str, Documents | Unmeasured], reference: str) -> Comparison | Unmeasured:
    candidate, other = scored[CANDIDATE], scored[reference]
    if isinstance(candidate, Unmeasured):
        return candidate
    if isinstance(other, Unmeasured):
        return other
    if reason := mismatch(candidate, other):
        return Unmeasured(reason=f"the {shard} shard, candidate and {reference}: {reason}")
    everything = np.ones(len(candidate.doc_ids), dtype=bool)
    return _change(case, f"{shard}/all", candidate, other, chosen=everything, scale=_bytes_per_token(scored, other))


def _compare_slices(case: Case, shard: str, scored: Mapping[str, Documents | Unmeasured]) -> dict[str, Comparison | Unmeasured]:
    candidate, baseline = scored[CANDIDATE], scored[BASELINE]
    if isinstance(candidate, Unmeasured) or isinstance(baseline, Unmeasured) or mismatch(candidate, baseline):
        return {}
    names = np.asarray(candidate.slices)
    sources = np.asarray(candidate.sources)
    compared: dict[str, Comparison | Unmeasured] = {}
    for name in sorted(set(candidate.slices)):
        chosen = names == name
        count = len(np.unique(sources[chosen]))
        if count < case.plan.minimum_slice_documents:
            compared[name] = Unmeasured(reason=f"too small to judge: {count} documents, {case.plan.minimum_slice_documents} are the least")
            continue
        compared[name] = _change(case, f"{shard}/{name}", candidate, baseline, chosen=chosen, scale=baseline.bytes_per_token())
    return compared


def _change(case: Case, purpose: str, candidate: Documents, reference: Documents, *, chosen: Mask, scale: float) -> Comparison | Unmeasured:
    extra, size = _by_source(candidate, candidate.bits - reference.bits, chosen), _by_source(candidate, candidate.size, chosen)
    if len(size) < LEAST_SOURCES:
        return Unmeasured(reason=f"only {len(size)} source documents were scored, an interval needs {LEAST_SOURCES}")
    nats = math.log(2) * scale
    se = nats * bootstrap_se(extra, size, case.plan.bootstrap_draws, generator(case.seed, purpose))
    return compare_logs(nats * float(extra.sum() / size.sum()), se, case.noise, units=len(size), degrees=len(size) - 1)


def _by_source(documents: Documents, values: Floats, chosen: Mask) -> Floats:
    sources, labels = np.unique(np.asarray(documents.sources)[chosen], return_inverse=True)
    return sum_by(labels, values[chosen], len(sources))


def _bytes_per_token(scored: Mapping[str, Documents | Unmeasured], other: Documents) -> float:
    baseline = scored[BASELINE]
    return other.bytes_per_token() if isinstance(baseline, Unmeasured) else baseline.bytes_per_token()
