"""The benchmarks that heirloom.toml names, with the bytes that the ledger pinned. Plain functions, no Prefect."""

import polars as pl

from governance.adapters.benchmark_file import read_benchmark
from governance.errors import IntegrityError
from governance.mixing.benchmarks import BENCHMARKS_SCHEMA, Benchmarks
from governance.provenance.pin import Pin
from governance.release import kinds
from governance.release.state import State
from governance.wiring import Shop


def pinned_benchmarks(shop: Shop, state: State) -> Benchmarks:
    """Every benchmark that the settings name; what the ledger pinned before has its bytes and columns still.

    Raises: BatchError where a file cannot be read; IntegrityError where it is not what was pinned.
    """
    frames, pins = [BENCHMARKS_SCHEMA.to_frame()], dict[str, Pin]()
    for name, wanted in sorted(shop.settings.benchmarks.items()):
        path = shop.workspace.root / wanted.file
        texts, sha256 = read_benchmark(name, path, wanted.columns, shop.policy.provenance.max_row_bytes)
        pins[name] = Pin(sha256=sha256, columns=wanted.columns)
        _refuse_moved(name, pins[name], state.benchmarks.get(name), wanted.file)
        frames.append(texts)
    return Benchmarks(texts=pl.concat(frames), pins=pins, not_named=tuple(sorted(state.benchmarks.keys() - pins.keys())))


def record_pins(shop: Shop, state: State, benchmarks: Benchmarks) -> None:
    """Pin what is named for the first time."""
    for name, pin in benchmarks.pins.items():
        if name not in state.benchmarks:
            shop.ledger.record(kinds.BENCHMARK_PINNED, {"name": name, "sha256": pin.sha256, "columns": list(pin.columns)})


def _refuse_moved(name: str, found: Pin, pinned: Pin | None, file: str) -> None:
    fix = "bring the file back, or name the new edition as a benchmark of its own"
    if pinned is not None and found.sha256 != pinned.sha256:
        raise IntegrityError(f"benchmark {name} is {found.sha256[:12]}, pinned as {pinned.sha256[:12]}", where=file, fix=fix)
    if pinned is not None and found.columns != pinned.columns:
        said = f"benchmark {name} is read by {', '.join(found.columns)}, pinned with {', '.join(pinned.columns)}"
        raise IntegrityError(said, where=f"heirloom.toml.benchmarks.{name}.columns", fix=fix)
