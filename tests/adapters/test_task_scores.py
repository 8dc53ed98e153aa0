"""A benchmark's file of scores is read whole, or refused with one sentence that says where it is wrong."""

import json

import pytest

from governance.adapters.task_scores import MOST_BYTES, read_task_scores
from governance.digest import digest_file
from governance.errors import UsageError

RECORD = {"checkpoint": "a" * 64, "task": "arc-easy", "score": 0.41, "questions": 500}


def file_of(folder, scores, **more):
    path = folder / "scores.json"
    path.write_text(json.dumps({"schema": "heirloom/task-scores/1", "scores": scores, **more}))
    return path


def test_a_file_is_read_with_its_digest(tmp_path):
    path = file_of(tmp_path, [RECORD, {**RECORD, "task": "perplexity", "score": 12, "questions": 1, "better": "lower"} | {"score": 0.5}])
    found = read_task_scores(path, "scores.json")
    assert (found.file, found.sha256, len(found.scores)) == ("scores.json", digest_file(path), 2)
    assert (found.scores[0].score, found.scores[0].questions, found.scores[1].better) == (0.41, 500, "lower")
    assert read_task_scores(file_of(tmp_path, []), "scores.json").scores == ()


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({**RECORD, "score": "0.41"}, r"scores\[1\]\.score: '0.41' is a str"),
        ({**RECORD, "score": True}, r"scores\[1\]\.score: True is a bool"),
        ({**RECORD, "accuracy": 1}, r"scores\[1\]: unknown setting 'accuracy'"),
        ({"task": "arc", "score": 1}, r"scores\[1\]: 'checkpoint' is not set"),
        ({**RECORD, "checkpoint": "v3"}, r"scores\[1\]: checkpoint: is no sha256 of a model"),
        (["arc", 0.41], r"scores\[1\]: is no object"),
        (RECORD, "arc-easy of checkpoint aaaaaaaaaaaa is scored twice"),
    ],
)
def test_a_wrong_score_is_named_by_its_place(tmp_path, record, said):
    with pytest.raises(UsageError, match=said):
        read_task_scores(file_of(tmp_path, [RECORD, record]), "scores.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"schema": "heirloom/task-scores/1", "scores": [{"score": NaN}]}', "NaN is no number"),
        (b"[]", "is not a file of task scores"),
        (b'{"schema": "heirloom/task-scores/2", "scores": []}', "is not a file of task scores"),
        (b'{"schema": "heirloom/task-scores/1", "scores": {}}', "is not a file of task scores"),
        (b" " * (MOST_BYTES + 1), "is larger than"),
    ],
    ids=["cut", "no-text", "deep", "nan", "list", "another-schema", "no-list", "large"],
)
def test_another_file_is_refused(tmp_path, content, said):
    path = tmp_path / "scores.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as found:
        read_task_scores(path, "scores.json")
    assert len(str(found.value)) < 800


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path):
    for place in (tmp_path / "none.json", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read_task_scores(place, "scores.json")
