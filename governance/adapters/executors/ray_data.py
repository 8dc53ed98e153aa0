"""Kernels on a Ray cluster, or on the cores of this machine under Ray: the same kernels, the same rows in the same order.

An extra (`ray`). Batches travel as Arrow; the kernel and what it holds on to are pickled to the workers.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.executors.here import BATCH_ROWS, HereExecutor
from governance.errors import DependencyError
from governance.ports.executor import Kernel
from governance.provenance.hashing import Places

QUIET = {"RAY_USAGE_STATS_ENABLED": "0"}
"""Read when Ray starts: it counts nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RayExecutor:
    """See `governance.ports.executor.Executor`. `address` is a running cluster's; None starts one on this machine for as long as we run.

    Every worker reads the file itself: on a cluster it has to lie where all of them see it. Rows are gathered here.
    """

    address: str | None = None
    batch_rows: int = BATCH_ROWS
    here: HereExecutor = field(default_factory=HereExecutor)

    def mapped(self, source: Path, columns: Sequence[str], kernel: Kernel) -> Iterator[pl.DataFrame]:
        ray = _started(self.address)
        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        rows = ray.data.read_parquet(str(source.resolve()), columns=list(columns))
        done = rows.map_batches(_on_arrow(kernel), batch_size=self.batch_rows, batch_format="pyarrow")
        for table in done.iter_batches(batch_size=self.batch_rows, batch_format="pyarrow"):
            yield pl.DataFrame(table)

    def gathered(self, source: Path, places: Places, scratch: Path, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        return self.here.gathered(source, places, scratch, columns)


def _on_arrow(kernel: Kernel) -> Any:
    def on_arrow(table: Any) -> Any:
        return kernel(pl.DataFrame(table)).to_arrow()

    return on_arrow


def _started(address: str | None) -> Any:
    """Ray, connected. Raises: DependencyError where it is not installed, or no cluster answers."""
    if find_spec("ray") is None:
        raise DependencyError("ray is not installed", where="executor 'ray'", fix="pip install -c constraints.txt -e '.[ray]'")
    os.environ.update({name: value for name, value in QUIET.items() if name not in os.environ})
    import ray
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if not ray.is_initialized():
        try:
            ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level="error")
        except ConnectionError as error:
            raise DependencyError(f"no Ray cluster answers: {error}", where=address or "this machine") from error
    return ray
