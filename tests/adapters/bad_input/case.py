"""One bad input and what must become of it: read right, quarantined by line and rule, or refused with a file and a fix."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.provenance.rules import ProvenanceRules

Content = bytes | Callable[[Path], object]
"""The bytes of a file, or what makes it at its path."""

TEXT = "People wrote this."
COLUMNS = ("row_id", "text", "origin")
HEADER = ",".join(COLUMNS).encode()
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A folder of files at the door. Exactly one of `read` with `quarantined` (every row is in one of them) and `refused` is expected.

    `quarantined` is line -> rule in the first file, `texts` what the texts of rows must be to the character, `refused` what the one error
    says. `note` is for the reader of the page.
    """

    topic: str
    name: str
    files: Mapping[str, Content]
    read: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    quarantined: Mapping[int, str] = field(default_factory=dict)
    refused: str = ""
    mapping: Mapping[str, Any] = field(default_factory=dict)
    rules: ProvenanceRules = field(default_factory=ProvenanceRules)
    note: str = ""

    def __post_init__(self) -> None:
        if bool(self.refused) == bool(self.read or self.quarantined):
            raise ValueError(f"{self.name}: expects rows or one error, never both or neither")

    @property
    def outcome(self) -> str:
        """What becomes of the input, for the page."""
        if self.refused:
            return f"refused: “{self.refused}”"
        rules = sorted(set(self.quarantined.values()))
        return f"quarantined: {', '.join(f'`{rule}`' for rule in rules)}" if rules else "read right"


def row(row_id: str, **more: Any) -> dict[str, Any]:
    """A good row, but for what is said otherwise."""
    return {"row_id": row_id, "text": TEXT, "origin": "human", **more}


def as_line(record: Any) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode()


def json_lines(*lines: bytes | Mapping[str, Any]) -> bytes:
    return b"".join((line if isinstance(line, bytes) else as_line(line)) + b"\n" for line in lines)


@dataclass(frozen=True, slots=True)
class JsonTopic:
    """Cases of one line of JSON between two good ones, whose neighbours must be admitted whatever becomes of it."""

    topic: str

    def bad(self, name: str, line: bytes | Mapping[str, Any], rule: str, **more: Any) -> Case:
        return Case(topic=self.topic, name=name, files={"a.jsonl": _between(line)}, read=(BEFORE, AFTER), quarantined={2: rule}, **more)

    def good(self, name: str, line: bytes | Mapping[str, Any], row_id: str = "x", text: str = TEXT, **more: Any) -> Case:
        read = (BEFORE, row_id, AFTER)
        return Case(topic=self.topic, name=name, files={"a.jsonl": _between(line)}, read=read, texts={row_id: text}, **more)

    def both_bad(self, name: str, lines: Sequence[Mapping[str, Any]], rule: str, **more: Any) -> Case:
        content = json_lines(row(BEFORE), *lines, row(AFTER))
        lost = dict.fromkeys(range(2, 2 + len(lines)), rule)
        return Case(topic=self.topic, name=name, files={"a.jsonl": content}, read=(BEFORE, AFTER), quarantined=lost, **more)


def _between(line: bytes | Mapping[str, Any]) -> bytes:
    return json_lines(row(BEFORE), line, row(AFTER))


@dataclass(frozen=True, slots=True)
class CsvTopic:
    """Cases of one CSV record between two good ones."""

    topic: str

    def bad(self, name: str, record: bytes, rule: str, **more: Any) -> Case:
        return Case(topic=self.topic, name=name, files={"a.csv": self.around(record)}, read=(BEFORE, AFTER), quarantined={3: rule}, **more)

    def good(self, name: str, record: bytes, row_id: str = "x", text: str = TEXT, **more: Any) -> Case:
        read = (BEFORE, row_id, AFTER)
        return Case(topic=self.topic, name=name, files={"a.csv": self.around(record)}, read=read, texts={row_id: text}, **more)

    def no_file(self, name: str, content: Content, refused: str, **more: Any) -> Case:
        return Case(topic=self.topic, name=name, files={"a.csv": content}, refused=refused, **more)

    def whole(self, name: str, content: bytes, read: tuple[str, ...], **more: Any) -> Case:
        return Case(topic=self.topic, name=name, files={"a.csv": content}, read=read, **more)

    @staticmethod
    def around(record: bytes) -> bytes:
        return b"\n".join([HEADER, b"before,People wrote this.,human", record, b"after,People wrote this.,human", b""])
