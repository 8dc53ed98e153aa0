"""The embedded demo's human text: Python's reference documentation and standard library docstrings, parted into disjoint sets.

The sets depend on the Python release, as its documentation does; they are pinned by digest when the workspace is made.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.sentinel_sentences import sentinel_rows
from governance.adapters.shards import PROMPT_SCHEMA, lay_out, prepared_before
from governance.adapters.splits import fraction, rare_names_per_100_words, without_copies
from governance.adapters.stdlib_texts import Document, documents
from governance.ports.batch import BatchDoor
from governance.ports.rows import rows_frame
from governance.ports.source import Prepared, Source
from governance.provenance.row import Origin
from governance.section import read_section

TAIL_CHARACTERS = (150, 2000)
TAIL_SLICE_PERCENT = 20
"""No slice fills more than this share of the tail shard, so that one beat's habits are not taken for the tail."""
RARE_MODULE_DOCUMENTS = 8
"""A module with at most this many documents is rare; half of the prompts ask about one."""
PROMPT_WORDS = 7
SALT = "heirloom/python-docs/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonDocsSettings:
    """How many documents go where. Percentages are of what tail, human shard and prompts leave over; the rest is fresh human text."""

    name: str = "python-docs"
    stdlib: str = ""
    """Another folder of Python files to read docstrings from; empty means this Python's standard library."""
    tail_documents: int = 450
    human_documents: int = 300
    prompts: int = 150
    anchor_percent: int = 15
    base_percent: int = 58
    cycles: int = 4

    def __post_init__(self) -> None:
        if min(self.tail_documents, self.human_documents, self.prompts, self.cycles) < 1:
            raise ValueError("tail_documents, human_documents, prompts and cycles must be at least 1")
        if not (self.anchor_percent > 0 < self.base_percent and self.anchor_percent + self.base_percent < 100):
            raise ValueError("anchor_percent and base_percent must be above 0 and leave something for the cycles")


def prepare(workspace: Path, settings: Mapping[str, Any], door: BatchDoor) -> Prepared:
    """Lay out four shards, `base` and a batch of fresh human text per cycle; the rows carry their provenance, so no door is asked."""
    del door
    read = read_section(PythonDocsSettings, {k: v for k, v in settings.items() if k != "mapping"}, "source")
    if known := prepared_before(workspace):
        return known
    everything = documents(Path(read.stdlib) if read.stdlib else None)
    sets, dropped = part(everything, read)
    shards = {name: _frame(sets.pop(name), f"{name}.parquet") for name in ("anchors", "tail", "human")}
    held = sets.pop("prompts")
    shards["prompts"] = _prompts(held)
    sentinels = sentinel_rows(held, [document for name in sets for document in sets[name]])
    batches = {name: _frame(sets[name], f"{name}.parquet").drop("source_id", "sha256", "source_file", "line") for name in sets}
    shards["anchors"] = shards["anchors"].drop("source_id")
    return lay_out(workspace, SOURCE.name, shards, batches, base="base", dropped=dropped, sentinels=sentinels)


def part(everything: Sequence[Document], settings: PythonDocsSettings) -> tuple[dict[str, list[Document]], dict[str, int]]:
    """Disjoint sets by name (anchors, tail, human, prompts, base, cycle-1...) and how many documents were left out, and why.

    No two documents of any sets are near copies. Which set a document falls into depends on its id, but for the tail, which is chosen by
    rare names among all documents.
    """
    rates = rare_names_per_100_words([d.text for d in everything])
    order = sorted(range(len(everything)), key=lambda place: fraction(everything[place].row_id, SALT))
    kept = [order[place] for place in without_copies([everything[place].text for place in order])]
    left = [everything[place] for place in kept]
    sets: dict[str, list[Document]] = {}
    rate_of = {d.row_id: rate for d, rate in zip(everything, rates, strict=True)}
    sets["tail"] = _tail(left, rate_of, settings.tail_documents)
    left = _without(left, sets["tail"])
    sets["prompts"] = _asked(left, settings.prompts)
    left = _without(left, sets["prompts"])
    sets["human"] = left[: settings.human_documents]
    _part_by_hash(left[settings.human_documents :], settings, sets)
    return sets, {"near-copy": len(everything) - len(kept)}


def _tail(left: Sequence[Document], rates: Mapping[str, float], wanted: int) -> list[Document]:
    room = Counter({name: max(1, wanted * TAIL_SLICE_PERCENT // 100) for name in {d.slice for d in left}})
    chosen: list[Document] = []
    for document in sorted(left, key=lambda d: (-rates[d.row_id], d.row_id)):
        fits = TAIL_CHARACTERS[0] <= len(document.text) <= TAIL_CHARACTERS[1] and room[document.slice] > 0
        if fits and rates[document.row_id] > 0 and len(chosen) < wanted:
            chosen.append(document)
            room[document.slice] -= 1
    return chosen


def _asked(left: Sequence[Document], wanted: int) -> list[Document]:
    """Documents whose openings, all different, are prompts: half about rare modules where there are so many, the others slice by slice."""
    sizes = Counter(d.module for d in left)
    long_enough = list({_opening(d): d for d in reversed(left) if len(d.text.split()) > PROMPT_WORDS}.values())[::-1]
    rare = [d for d in long_enough if sizes[d.module] <= RARE_MODULE_DOCUMENTS][: (wanted + 1) // 2]
    turns: Counter[str] = Counter()
    others = []
    for document in _without(long_enough, rare):
        others.append((turns[document.slice], document))
        turns[document.slice] += 1
    return rare + [document for _, document in sorted(others, key=lambda pair: pair[0])][: wanted - len(rare)]


def _part_by_hash(left: Sequence[Document], settings: PythonDocsSettings, sets: dict[str, list[Document]]) -> None:
    fresh = settings.anchor_percent + settings.base_percent
    for name in ("anchors", "base", *(f"cycle-{n}" for n in range(1, settings.cycles + 1))):
        sets[name] = []
    for document in left:
        at = 100 * fraction(document.row_id, f"{SALT}/sets")
        if at < settings.anchor_percent:
            sets["anchors"].append(document)
        elif at < fresh:
            sets["base"].append(document)
        else:
            cycle = 1 + int((at - fresh) * settings.cycles / (100 - fresh))
            sets[f"cycle-{min(cycle, settings.cycles)}"].append(document)


def _without(left: Sequence[Document], taken: Sequence[Document]) -> list[Document]:
    gone = {d.row_id for d in taken}
    return [d for d in left if d.row_id not in gone]


def _frame(chosen: Sequence[Document], source_file: str) -> pl.DataFrame:
    rows = [
        {"row_id": d.row_id, "text": d.text, "origin": Origin.HUMAN.value, "slice": d.slice, "source_tier": d.tier, "task": "documentation"}
        for d in sorted(chosen, key=lambda d: d.row_id)
    ]
    sources = {d.row_id: d.source_id for d in chosen}
    source_id = pl.Series("source_id", [sources[str(row["row_id"])] for row in rows], dtype=pl.String)
    return rows_frame(rows, source_file).with_columns(source_id)


def _prompts(chosen: Sequence[Document]) -> pl.DataFrame:
    rows = [{"prompt_id": f"prompt-{d.row_id}", "text": _opening(d), "slice": d.slice} for d in sorted(chosen, key=lambda d: d.row_id)]
    return pl.DataFrame(rows, schema=PROMPT_SCHEMA)


def _opening(document: Document) -> str:
    return " ".join(document.text.split()[:PROMPT_WORDS])


SOURCE = Source(name="python-docs", prepare=prepare)
