"""The file that a team's own benchmark writes: JSON, read whole or refused whole."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from governance.digest import digest_bytes
from governance.errors import PolicyError, UsageError
from governance.release.tasks import SCORES_SCHEMA, TaskScore, TaskScores
from governance.section import read_section

MOST_BYTES = 8 << 20
SHOWN = 200
FIX = "let the benchmark write the file again (docs/report.md), or take [tasks] out of heirloom.toml"


def read_task_scores(path: Path, name: str) -> TaskScores:
    """Every score of a file, which is called `name` in what is kept of it.

    Raises: UsageError naming the file and the first thing that is wrong with it.
    """
    content = _content(path)
    document = _object(content, path)
    if document.get("schema") != SCORES_SCHEMA or set(document) != {"schema", "scores"} or not isinstance(document["scores"], list):
        said = "is not a file of task scores"
        raise UsageError(said, where=str(path), expected=f'{{"schema": "{SCORES_SCHEMA}", "scores": [...]}} and nothing else', fix=FIX)
    scores = tuple(_score(record, f"{path}.scores[{place}]") for place, record in enumerate(document["scores"]))
    try:
        return TaskScores(scores=scores, file=name, sha256=digest_bytes(content))
    except ValueError as error:
        raise UsageError(str(error), where=str(path), fix=FIX) from error


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path), fix=FIX) from error
    if len(content) > MOST_BYTES:
        raise UsageError(f"is larger than {MOST_BYTES:,} bytes", where=str(path), expected="scores, not answers", fix=FIX)
    return content


def _object(content: bytes, path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"is no JSON: {str(error)[:SHOWN]}", where=str(path), fix=FIX) from error
    return document if isinstance(document, dict) else {}


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _score(record: object, where: str) -> TaskScore:
    if not isinstance(record, dict):
        raise UsageError("is no object", where=where, expected='{"checkpoint", "task", "score"}, perhaps "questions" and "better"', fix=FIX)
    try:
        return read_section(TaskScore, record, where)
    except PolicyError as error:
        raise UsageError(error.found[:SHOWN], where=error.where, expected=error.expected, fix=FIX) from error
