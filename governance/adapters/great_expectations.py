"""Great Expectations over a batch as a whole: it sees counts, never a row, so that its cost and its reports hold no text.

Its Data Docs write values unescaped and load files from outside: they are not made. Results go into the audit.
"""

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from governance.errors import DependencyError
from governance.provenance.audit import Counts, ProvenanceAudit
from governance.provenance.last_batch import drift_since
from governance.provenance.outline import BatchOutline
from governance.provenance.row import Origin
from schemas.expectations import SUITES, suite

Table = Sequence[Mapping[str, int | str]]


def expectations_of(audit: ProvenanceAudit, outline: BatchOutline) -> list[dict[str, Any]]:
    """Every expectation with `name`, `severity`, `success` and what was `observed` (a number, or null where nothing could be).

    Raises: DependencyError where the suite itself cannot be run.
    """
    tables: Mapping[str, Table] = {"batch": [batch_line(audit, outline)], "slices": slice_lines(audit)}
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the package is imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports use deprecated modules; nothing of ours is called inside
        context = _context()
        return [result for name in SUITES for result in _validated(context, name, tables[name])]


def batch_line(audit: ProvenanceAudit, outline: BatchOutline) -> dict[str, int]:
    """The batch as one line of whole numbers; percentages are rounded down, and 0 stands where there is nothing to count."""
    human = audit.by_origin.get(Origin.HUMAN.value, 0)
    synthetic = audit.admitted - human
    return {
        "rows_in": audit.rows_in,
        "admitted": audit.admitted,
        "quarantined_percent": _percent(audit.quarantined, audit.rows_in),
        "human": human,
        "human_percent": _percent(human, audit.admitted),
        "unknown_vintage_percent": _percent(audit.unknown_vintage, audit.admitted),
        "unknown_generator_version_percent": _percent(audit.unknown_generator_version, synthetic),
        "largest_slice_percent": _percent(max((sum(c.values()) for c in audit.by_slice.values()), default=0), audit.admitted),
        "characters_p05": outline.characters_at(5),
        "characters_median": outline.characters_at(50),
        "characters_p99": outline.characters_at(99),
        "earliest_year": min(outline.years, default=0),
        "latest_year": max(outline.years, default=0),
        **drift_since(outline.last, audit.by_slice, outline.characters_at(50)),
    }


def slice_lines(audit: ProvenanceAudit) -> list[dict[str, int | str]]:
    """A line for every slice with admitted rows."""
    return [{"slice": name, **_slice_line(counts)} for name, counts in sorted(audit.by_slice.items())]


def _slice_line(counts: Counts) -> dict[str, int]:
    rows, human = sum(counts.values()), counts.get(Origin.HUMAN.value, 0)
    return {"rows": rows, "human": human, "human_percent": _percent(human, rows)}


def _percent(part: int, whole: int) -> int:
    return part * 100 // whole if whole else 0


def _context() -> Any:
    """A context in memory, without progress bars and without Data Docs."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    settings = DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False), analytics_enabled=False)
    context = gx.get_context(mode="ephemeral", project_config=settings)
    context.variables.progress_bars = {"globally": False}
    return context


def _validated(context: Any, name: str, table: Table) -> list[dict[str, Any]]:
    import pandas as pd  # type: ignore[import-untyped]
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.exceptions import GreatExpectationsError

    try:
        source = context.data_sources.add_pandas(name)
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        frame = pd.DataFrame(list(table), columns=None if table else ["slice", "rows", "human", "human_percent"])
        results = batch.get_batch({"dataframe": frame}).validate(ExpectationSuite(**suite(name))).results
    except GreatExpectationsError as error:
        raise DependencyError(f"Great Expectations cannot run the suite: {type(error).__name__}", where=f"{name}.json") from error
    return [_result(one) for one in results]


def _result(one: Any) -> dict[str, Any]:
    observed = (one.result or {}).get("observed_value")
    return {
        "name": one.expectation_config.meta["name"],
        "severity": str(one.expectation_config.severity.value),
        "success": bool(one.success),
        "observed": int(observed) if observed is not None and observed == observed else None,  # noqa: PLR0124 - NaN is unequal to itself
    }
