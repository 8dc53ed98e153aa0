"""Which anchors are shown how often: evenly, or tilted to the slices that fresh human text has too little of; and how often in a run."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from governance.mixing.caps import anchor_need
from governance.mixing.quotas import NO_PART
from governance.mixing.rules import ACTIVE, MixRules

FLOOR_PERCENT = 50
"""What a slice of the anchors keeps of its even share, however much fresh text of it there is: anchors are replayed in every run."""


def sampled(anchors: pl.DataFrame, humans: pl.DataFrame, synthetic_tokens: int, rules: MixRules) -> pl.DataFrame:
    """The anchors, which come in their stratified order, in the order in which shards take them; under active sampling with repeats.

    Active sampling aims at the anchors' own shares of slices: fresh human text and anchors together shall hold each slice by the share
    that the anchors hold it by. So anchors of slices that the batch has too little of come first and more often. They are people's text
    and carry no synthetic text, so no cap moves.
    """
    human = int(humans["tokens"].sum())
    need = anchor_need(human + synthetic_tokens, rules.anchor_percent)
    if rules.anchor_sampling != ACTIVE or anchors.is_empty() or need > rules.most_anchor_passes * int(anchors["tokens"].sum()):
        return anchors
    slices = anchors["slice"].fill_null(NO_PART)
    held = dict(anchors.group_by(slices).agg(pl.col("tokens").sum()).sort("slice").iter_rows())
    fresh = dict(humans.group_by(pl.col("slice").fill_null(NO_PART)).agg(pl.col("tokens").sum()).iter_rows())
    wanted = wanted_tokens(held, {name: int(fresh.get(name, 0)) for name in held}, need)
    rounds = []
    for name, tokens in wanted.items():
        places = np.flatnonzero((slices == name).to_numpy())
        rounds.append(_around(places, anchors["tokens"].to_numpy()[places], min(tokens, rules.most_anchor_passes * held[name])))
    chosen, points = (np.concatenate(found) for found in zip(*rounds, strict=True))
    return anchors[chosen[np.lexsort((chosen, points))]]


def wanted_tokens(held: Mapping[str, int], fresh: Mapping[str, int], need: int) -> dict[str, int]:
    """Anchor tokens of every slice, `need` in all: half its even share at least, the rest where fresh text falls furthest short."""
    whole, in_all = sum(held.values()), sum(fresh.values()) + need
    floors = {name: need * tokens * FLOOR_PERCENT // (100 * whole) for name, tokens in held.items()}
    short = {name: max(0, in_all * tokens // whole - fresh[name] - floors[name]) for name, tokens in held.items()}
    rest, missing = need - sum(floors.values()), sum(short.values())
    shares = short if missing else held
    divisor = missing or whole
    return {name: floors[name] - (-rest * shares[name] // divisor) for name in held}


def _around(places: Any, tokens: Any, wanted: int) -> tuple[Any, Any]:
    """(places around and around until they hold the wanted tokens, the point of each along [0, 1))."""
    passes = wanted // max(1, int(tokens.sum())) + 1
    repeated = np.tile(tokens, passes)
    before = np.cumsum(repeated) - repeated
    inside = before < wanted
    return np.tile(places, passes)[inside], (before[inside] + repeated[inside] / 2) / max(1, wanted)


def passes_document(mix: Mapping[str, Any], rules: MixRules, *, epochs: int, batch_blocks: int) -> dict[str, Any]:
    """What mix.json says of the anchors over the whole run: passes in hundredths, over all and of the slice that is shown most often.

    Batches hold whole blocks of anchors and repeat them where a mix is short of them, so a run shows them at least as often as its mix.
    """
    held = mix["anchor_slices"]
    tokens, one = mix["tokens"], mix["anchor_pass_tokens"]
    blocks = -(-rules.anchor_percent * batch_blocks // 100)
    others = sum(tokens.values()) - tokens["anchor"]
    in_batches = -(-others * blocks // max(1, batch_blocks - blocks))
    shown = max(tokens["anchor"], in_batches)
    most = max(held, key=lambda name: (_shown_of(mix, name) / held[name], name), default=None)
    return {
        "epochs": epochs,
        "anchor_passes": shown * epochs * 100 // one if one else 0,
        "warned_anchor_passes": rules.warned_anchor_passes,
        "most_shown_anchors": None
        if most is None
        else {"slice": most, "passes": _shown_of(mix, most) * shown * epochs * 100 // (held[most] * max(1, tokens["anchor"]))},
    }


def _shown_of(mix: Mapping[str, Any], name: str) -> int:
    return int(mix["slices"].get(name, {}).get("anchor", 0))


def slices_document(anchors: pl.DataFrame, selected: pl.DataFrame, rare: tuple[str, ...]) -> dict[str, Any]:
    """Tokens of one pass over the anchors of each slice, and of every rare slice what a pass over the mix shows of it."""
    named = anchors.group_by(pl.col("slice").fill_null(NO_PART)).agg(pl.col("tokens").sum()).sort("slice")
    by_role = selected.with_columns(pl.col("slice").fill_null(NO_PART)).group_by("slice", "role").agg(pl.col("tokens").sum())
    shown = {(name, role): tokens for name, role, tokens in by_role.iter_rows()}
    return {
        "anchor_slices": dict(named.filter(pl.col("tokens") > 0).iter_rows()),
        "rare_slices": {name: {role: int(shown.get((name, role), 0)) for role in ("anchor", "human")} for name in rare},
    }


def anchor_alarms(mix: Mapping[str, Any]) -> list[str]:
    """Sentences on anchors that are shown too often, and on rare slices that the run would not see at all."""
    said = []
    limit = mix.get("warned_anchor_passes")
    most = mix.get("most_shown_anchors")
    if limit is not None and most is not None and max(mix["anchor_passes"], most["passes"]) > 100 * limit:
        said.append(
            f"anchors are shown {mix['anchor_passes'] / 100:.1f} times in {mix['epochs']} epochs, those of slice {most['slice']}"
            f" {most['passes'] / 100:.1f} times: beyond {limit} a text is learnt by heart; add anchors"
        )
    absent = [name for name, tokens in mix.get("rare_slices", {}).items() if not any(tokens.values())]
    if absent:
        said.append(f"{len(absent)} rare slices are in no batch of this run: {', '.join(absent[:5])}" + (", ..." if absent[5:] else ""))
    return said
