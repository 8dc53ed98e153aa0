"""What is expected of a batch as a whole: Great Expectations suites as JSON, pinned here so that a changed suite is changed code."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from governance.errors import IntegrityError

SUITES: Mapping[str, str] = MappingProxyType(
    {
        "batch": "979cba4ccbf3f7384aa5c178227b34a0d542ef51df4d7db0821ecaeea62ff005",
        "slices": "f0c8acb779f8eeb3e21329e003e146537fdc53737aea7e99ac8645debe5df3a2",
    }
)
"""Name of a suite -> sha256 of its file: a stage that is cached by its code (DVC) must see that a suite changed."""


def suite(name: str) -> dict[str, Any]:
    """A suite as Great Expectations reads it.

    Raises: IntegrityError where the file is not the one that is pinned.
    """
    path = Path(__file__).with_name(f"{name}.json")
    content = path.read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != SUITES[name]:
        raise IntegrityError(
            f"is {found[:12]}, pinned as {SUITES[name][:12]}", where=path.name, fix="pin it in schemas/expectations/__init__.py"
        )
    read: dict[str, Any] = json.loads(content)
    return read
