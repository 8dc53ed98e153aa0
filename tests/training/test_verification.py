"""A log that was touched is caught by name, whoever recomputed its digests; a limit that was not kept is told apart from that."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.mixing.rules import MixRules
from governance.training.batch_log import Recorded
from governance.training.batches import Caps
from governance.training.blocks import ROLES, pack
from governance.training.shown import shown_rows
from governance.training.verification import Verification, verify_training
from tests.training.batch_logs import END, ROWS, SIZE, chained_anew, rows_of, trained

CAPS = Caps(anchor_percent=15, synthetic_cap_percent=35)
MIX = rows_of(
    ("human", "anchor", "politics", 30, 4),
    ("human", "human", "politics", 20, 40),
    ("human", "human", "local beat", 11, 2),
    ("model", "synthetic", "politics", 17, 18),
)
LOG = trained(MIX, caps=CAPS)
Forgery = Callable[[pl.DataFrame], pl.DataFrame]


def verified(
    log: pl.DataFrame = LOG,
    rows: pl.DataFrame = MIX,
    *,
    recorded: Recorded | None = None,
    rows_sha256: str = ROWS,
    rules: MixRules | None = None,
) -> Verification:
    return verify_training(
        log,
        rows,
        rows_sha256=rows_sha256,
        recorded=recorded or Recorded.of(LOG, ROWS),
        block_tokens=SIZE,
        rules=rules or MixRules(synthetic_cap_percent=CAPS.synthetic_cap_percent, anchor_percent=CAPS.anchor_percent),
        rare_slice_percent=5,
    )


def phrases(found: Verification) -> str:
    return " | ".join(f"{finding.phrase}: {', '.join(finding.names)}" for finding in found.altered)


def test_what_was_trained_as_planned_verifies_and_its_rare_slices_are_named() -> None:
    found = verified()
    assert (found.altered, found.broken) == ((), ())
    assert found.rare == ("local beat",)
    run = found.tokens.row(0, named=True)
    assert (run["kind"], run["name"]) == ("run", "whole run")
    assert [run[f"{role}_tokens"] for role in ROLES] == [LOG[f"{role}_tokens"].sum() for role in ROLES]


def edited(log: pl.DataFrame) -> pl.DataFrame:
    wrong = pl.when(pl.col("step") == 4).then(pl.col("synthetic_tokens") - SIZE).otherwise("synthetic_tokens")
    return log.with_columns(synthetic_tokens=wrong)


def other_blocks(log: pl.DataFrame) -> pl.DataFrame:
    return log.with_columns(blocks=pl.when(pl.col("step") == 4).then(log["blocks"][0].implode()).otherwise("blocks"))


FORGERIES: dict[str, tuple[Forgery, str]] = {
    "edited": (edited, "0/4"),
    "dropped": (lambda log: log.filter(pl.col("step") != 4), "step 4"),
    "dropped at the end": (lambda log: log.head(log.height - 1), f"step {LOG.height - 1}"),
    "swapped": (lambda log: log[[0, 1, 2, 4, 3, *range(5, log.height)]], "0/4, 0/3"),
    "duplicated": (lambda log: log[[0, 1, 2, 3, 4, 4, *range(5, log.height)]], "0/4"),
    "blocks exchanged": (other_blocks, "0/4"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_an_edited_dropped_swapped_or_duplicated_batch_is_named(name: str) -> None:
    forge, batch = FORGERIES[name]
    assert batch in phrases(verified(forge(LOG)))


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forger_who_chains_the_log_anew_is_caught_by_the_recorded_head(name: str) -> None:
    found = verified(chained_anew(FORGERIES[name][0](LOG)))
    assert "the last batch is" in phrases(found)


@pytest.mark.parametrize("name", ["edited", "blocks exchanged"])
def test_a_forger_who_changes_the_record_too_is_caught_by_the_rows(name: str) -> None:
    forged = chained_anew(FORGERIES[name][0](LOG))
    found = verified(forged, recorded=Recorded.of(forged, ROWS))
    assert "0/4" in phrases(found)


def test_a_forger_who_leaves_a_batch_out_of_log_and_record_leaves_human_text_untrained() -> None:
    forged = LOG.filter(pl.col("step") != 4).with_columns(step=pl.int_range(LOG.height - 1, dtype=pl.Int32))
    forged = chained_anew(forged)
    found = verified(forged, recorded=Recorded.of(forged, ROWS))
    assert found.altered == ()
    assert [finding.phrase for finding in found.broken] == ["1 slices whose human text was not shown in full"]


def test_a_row_that_was_relabelled_in_the_shard_is_named_with_its_batches() -> None:
    relabelled = MIX.with_columns(origin=pl.when(pl.col("row_id") == "r9").then(pl.lit("model")).otherwise("origin"))
    found = verified(rows=relabelled, rows_sha256="ee" * 32)
    assert "mix.parquet is eeeeeeeeeeee, trained on 0f0f0f0f0f0f" in phrases(found)
    assert "role is not that of their origin (r9)" in phrases(found)
    holding = [f"{epoch}/{step}" for epoch, step, ids in LOG.select("epoch", "step", "row_ids").iter_rows() if "r9" in ids]
    assert all(name in phrases(found) for name in holding)


def test_a_row_whose_role_was_changed_with_its_origin_moves_blocks_and_is_seen() -> None:
    place = pl.col("row_id") == "r9"
    relabelled = MIX.with_columns(
        origin=pl.when(place).then(pl.lit("model")).otherwise("origin"), role=pl.when(place).then(pl.lit("synthetic")).otherwise("role")
    )
    assert "whose rows are not those of their blocks" in phrases(verified(rows=relabelled))


def test_a_run_that_broke_a_cap_is_not_called_altered() -> None:
    log = trained(MIX, caps=Caps(anchor_percent=0, synthetic_cap_percent=60))
    found = verified(log, recorded=Recorded.of(log, ROWS), rules=MixRules(synthetic_cap_percent=20, anchor_percent=15))
    assert found.altered == ()
    said = " | ".join(finding.phrase for finding in found.broken)
    for kind in ("run", "epochs", "shards", "batches (epoch/step)"):
        assert f"{kind} with less than 15 % anchor" in said
        assert f"{kind} with more than 20 % synthetic" in said


def test_slices_and_tasks_are_held_to_their_own_caps_in_every_epoch() -> None:
    rules = MixRules(slice_caps={"politics": 20}, task_caps={"p": 21})
    (finding,) = verified(rules=rules).broken
    assert finding.names == ("slice politics in epoch 0", "slice politics in epoch 1", "task p in epoch 0", "task p in epoch 1")
    assert verified(rules=MixRules(slice_caps={"politics": 28, "local beat": 0}, task_caps={"p": 28})).broken == ()


def test_a_row_that_counts_in_part_counts_in_part_against_the_cap_of_its_slice() -> None:
    halved = MIX.with_columns(counted=(pl.col("counted") + 1) // 2)
    shown = verified(rows=halved).parts.filter(kind="slice", name="politics")
    whole = verified().parts.filter(kind="slice", name="politics")
    assert all(2 * half - 18 <= full <= 2 * half for half, full in zip(shown["counted"], whole["counted"], strict=True))


def test_a_block_that_no_row_fills_and_a_batch_of_another_shard_are_named() -> None:
    beyond = LOG.with_columns(blocks=pl.when(pl.col("step") == 2).then(pl.lit([9999], dtype=pl.List(pl.Int32))).otherwise("blocks"))
    assert "with blocks that the rows do not fill: 0/2" in phrases(verified(beyond))
    moved = LOG.with_columns(shard=pl.when(pl.col("step") == 2).then(pl.lit(7, dtype=pl.Int32)).otherwise("shard"))
    assert "of another shard than their blocks: 0/2" in phrases(verified(moved))


mixes = st.lists(
    st.tuples(st.sampled_from(ROLES), st.integers(0, 2), st.integers(0, 30)),
    min_size=1,
    max_size=20,
)


@given(rows=mixes, size=st.integers(2, 9))
def test_what_a_block_holds_is_recomputed_as_the_trainer_packed_it(rows: list[tuple[str, int, int]], size: int) -> None:
    """Two roads to the same place: the packer moves tokens, the verifier only counts."""
    frame = pl.DataFrame(
        {"row_id": [f"r{n}" for n in range(len(rows))], "role": [r[0] for r in rows], "shard": [r[1] for r in rows]},
        schema={"row_id": pl.String, "role": pl.String, "shard": pl.Int32},
    ).with_columns(tokens=pl.Series([r[2] for r in rows], dtype=pl.Int64))
    packed = pack(frame, [[n + 1] * r[2] for n, r in enumerate(rows)], block_tokens=size, end=END)
    count = len(packed.tokens)
    log = pl.DataFrame({"blocks": [[n] for n in range(count + 1)]}, schema={"blocks": pl.List(pl.Int32)})
    shown = shown_rows(log, frame, size)
    assert shown.filter(pl.col("place").is_null())["batch"].to_list() == [count]
    for number in range(count):
        mine = shown.filter(block=number)
        assert mine["tokens"].sum() == size
        assert set(mine["place"]) == {int(row[1:]) for row in packed.row_ids[number]}
        texts = dict.fromkeys(mine["place"], 0)
        for place, tokens in mine.select("place", "text_tokens").iter_rows():
            texts[place] += tokens
        found = np.bincount(packed.tokens[number], minlength=len(rows) + 1)
        assert texts == {place: found[place + 1] for place in texts}
