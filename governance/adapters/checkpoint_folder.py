"""A checkpoint on disk: safetensors and JSON only, checked by name before a byte is parsed, written whole or not at all."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from governance.digest import read_document, sync_folder
from governance.errors import IntegrityError

ALLOWED_NAMES = frozenset({"merges.txt", "README.md"})
ALLOWED_SUFFIXES = (".safetensors", ".json")
CODE_KEYS = ("auto_map", "custom_pipelines", "trust_remote_code")
"""Settings by which a checkpoint asks to run code of its own."""
MAX_HEADER_BYTES = 10_000_000
"""A safetensors header of a billion-parameter model is under 1 MB; the format allows 100."""


def check_folder(folder: Path) -> None:
    """Hold a checkpoint folder to safetensors and JSON without remote code.

    Raises: IntegrityError naming the file: a pickle or anything else that is not allowed, a link, JSON that names code of its own, a
    safetensors file whose header is larger than it may be.
    """
    if not folder.is_dir():
        raise IntegrityError("is missing", where=str(folder), expected="a checkpoint folder")
    files = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file()]
    for path in files:
        _check_name(path)
    for path in files:
        if path.suffix == ".safetensors":
            _check_header(path)
        if path.suffix == ".json":
            _check_settings(path)


def _check_name(path: Path) -> None:
    if path.is_symlink():
        raise IntegrityError("is a symbolic link", where=str(path), expected="plain files only")
    if path.suffix not in ALLOWED_SUFFIXES and path.name not in ALLOWED_NAMES:
        raise IntegrityError(
            "is no safetensors and no JSON file",
            where=str(path),
            expected="checkpoints hold .safetensors and .json only",
            fix="convert the weights to safetensors; pickles are never opened",
        )


def _check_header(path: Path) -> None:
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
    if length > min(MAX_HEADER_BYTES, path.stat().st_size - 8):
        raise IntegrityError(f"its header claims {length} bytes", where=str(path), expected="a safetensors file")


def _check_settings(path: Path) -> None:
    try:
        settings: Any = json.loads(path.read_text())
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise IntegrityError(f"cannot be read as JSON: {error}", where=str(path)) from error
    named = [key for key in CODE_KEYS if isinstance(settings, dict) and settings.get(key)]
    if named:
        raise IntegrityError(
            f"asks to run code of its own ({named[0]})", where=str(path), fix="use a model that transformers knows by itself"
        )


def read_settings(folder: Path) -> dict[str, Any]:
    """config.json of a checked folder. Raises: IntegrityError where it is missing or no JSON object."""
    return read_document(folder / "config.json")


def write_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write into a sibling folder and rename it into place, so that a reader sees a whole checkpoint or none."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    fill(partial)
    for path in sorted(partial.rglob("*")):
        if path.is_file():
            path.chmod(0o644)
    check_folder(partial)
    if folder.exists():
        shutil.rmtree(folder)
    partial.replace(folder)
    sync_folder(folder.parent)
