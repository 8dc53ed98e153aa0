from typing import Any

import polars as pl
import pytest
from mixing_rows import frame, plan, row, text_of

from governance.errors import RefusedError
from governance.mixing.conscience import alarms
from governance.mixing.plan import Mix
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.provenance.row import ROW_SCHEMA, SUCCESS

PEOPLE = [row(f"p-{n}", text_of(n, 60)) for n in range(20)]
WRITTEN = [row(f"m-{n}", text_of(100 + n, 20), origin) for n, origin in enumerate(["model", "hybrid", "model", "model"])]


def mix_of(success: dict[str, str], **selection: Any) -> Mix:
    rows = frame([*PEOPLE, *WRITTEN])
    told = rows.with_columns(pl.Series(SUCCESS, [success.get(name) for name in rows["row_id"]], dtype=pl.String))
    return plan(told, frame([]), MixRules(minimum_human_tokens=1, anchor_percent=0), selection=SelectionRules(**selection))


def test_model_text_that_carries_its_success_is_flagged_and_peoples_is_not() -> None:
    mix = mix_of({"m-0": "0.9", "m-1": "17", "p-3": "4,000"})
    assert mix.flagged.select("row_id", "rule", "kept_because").rows() == [
        ("m-0", "own-success", "policy"),
        ("m-1", "own-success", "policy"),
    ]
    assert mix.document["own_success"] == {"rule": "flag", "rows": 2, "tokens": 40}
    assert mix.selected.schema.names()[: len(ROW_SCHEMA)] == ROW_SCHEMA.names()
    assert SUCCESS not in mix.selected.columns
    assert mix.selected.filter(pl.col("row_id") == "m-0").height == 1
    (said,) = [alarm for alarm in alarms(mix.document) if "feedback loop" in alarm]
    assert said.startswith("2 synthetic rows were picked or weighted by a model's own success")


def test_policy_may_leave_such_rows_out_or_refuse_the_batch() -> None:
    mix = mix_of({"m-0": "0.9"}, own_success="drop")
    assert mix.document["dropped"] == {"own-success": 1}
    with pytest.raises(RefusedError, match="1 synthetic rows carry how well they did") as caught:
        mix_of({"m-0": "0.9"}, own_success="refuse")
    assert "m-0" in str(caught.value)
    assert mix_of({}, own_success="refuse").document["own_success"]["rows"] == 0


def test_rows_of_an_earlier_version_carry_none() -> None:
    mix = plan(frame([*PEOPLE, *WRITTEN]), frame([]), MixRules(minimum_human_tokens=1, anchor_percent=0))
    assert mix.document["own_success"] == {"rule": "flag", "rows": 0, "tokens": 0}
