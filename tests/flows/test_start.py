"""What a retraining starts from: the release that the policy names, with the share and the depth that come with its weights."""

import pytest

from flows.references import start_of
from governance.errors import RefusedError
from tests.flows.traced_line import TracedLine

TEACHER_ROWS = (("model", "teacher", "1", 4),)


def started(root, start, *releases):
    line = TracedLine(root, f'[training]\nstart = "{start}"\n')
    for number, by in enumerate(releases, 1):
        line.release(number, None if number == 1 else number - 1, by)
    return start_of(line.shop(), line.shop().ledger.state())


@pytest.mark.parametrize(("start", "version"), [("champion", 3), ("base", 2)])
def test_a_policy_starts_from_the_champion_or_from_the_newest_release_without_a_synthetic_ancestor(tmp_path, start, version):
    found = started(tmp_path, start, (), (), TEACHER_ROWS)
    assert found["version"] == version
    assert (found["synthetic_tokens"] > 0) is (start == "champion")


def test_a_line_without_such_a_release_has_no_base_to_start_from(tmp_path):
    with pytest.raises(RefusedError, match="there is none"):
        started(tmp_path, "base", TEACHER_ROWS)
