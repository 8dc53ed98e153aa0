"""Which rows are their own ancestors: a row cannot have been made from itself, at whatever distance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

_TRIMS = 32


def ids_on_cycles(edges: pl.DataFrame) -> frozenset[str]:
    """The ids that lie on a cycle of `edges` (columns `child`, `parent`); a row that only descends from a cycle does not.

    Self-parents are no concern of this rule. Rows at the ends of chains are trimmed away first, so that the exact search (Tarjan's strongly
    connected components) sees next to nothing of an honest batch.
    """
    left = edges.select("child", "parent").filter(pl.col("child") != pl.col("parent")).unique()
    for _ in range(_TRIMS):
        kept = left.join(left.select("child"), left_on="parent", right_on="child", how="semi")
        kept = kept.join(kept.select("parent"), left_on="child", right_on="parent", how="semi")
        if kept.height == left.height:
            break
        left = kept
    parents = left.group_by("child").agg("parent")
    search = _Search(parents=dict(zip(parents["child"].to_list(), parents["parent"].to_list(), strict=True)))
    for root in search.parents:
        search.walk(root)
    return frozenset(search.found)


@dataclass(slots=True, kw_only=True)
class _Search:
    """Tarjan's strongly connected components, iterative, so that a chain of a million rows is no million stack frames."""

    parents: Mapping[str, Sequence[str]]
    index: dict[str, int] = field(default_factory=dict)
    low: dict[str, int] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    on_path: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)

    def walk(self, root: str) -> None:
        """Visit everything that can be reached from an id and was not visited before."""
        stack = [self._enter(root)] if root not in self.index else []
        while stack:
            here, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                stack.pop()
                self._leave(here)
                if stack:
                    self._lower(stack[-1][0], self.low[here])
            elif step in self.on_path:
                self._lower(here, self.index[step])
            elif step not in self.index and step in self.parents:
                stack.append(self._enter(step))

    def _enter(self, here: str) -> tuple[str, Iterator[str]]:
        self.index[here] = self.low[here] = len(self.index)
        self.path.append(here)
        self.on_path.add(here)
        return here, iter(self.parents[here])

    def _lower(self, here: str, reached: int) -> None:
        self.low[here] = min(self.low[here], reached)

    def _leave(self, here: str) -> None:
        if self.low[here] != self.index[here]:
            return
        component = [self.path.pop()]
        while component[-1] != here:
            component.append(self.path.pop())
        self.on_path.difference_update(component)
        if len(component) > 1:
            self.found.update(component)
