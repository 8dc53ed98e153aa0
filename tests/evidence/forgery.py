"""What a forger does to a bundle: edits a file, mends every digest that he can compute, and leaves those that he cannot."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from governance.adapters.evidence import verify
from governance.digest import canonical_bytes, digest_bytes, digest_document

Files = dict[str, bytes]


def opened(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def mended(files: Files) -> Files:
    """bundle.json names the files as they are, and the ledger as it ends."""
    about, events = json.loads(files["bundle.json"]), events_of(files)
    about["files"] = {name: {"sha256": digest_bytes(c), "bytes": len(c)} for name, c in files.items() if name != "bundle.json"}
    about["ledger"] = {"seq": len(events), "head": events[-1]["digest"]}
    return {**files, "bundle.json": canonical_bytes(about)}


def events_of(files: Files) -> list[dict[str, Any]]:
    return [json.loads(line) for line in io.BytesIO(files["ledger.jsonl"])]


def with_events(files: Files, events: list[dict[str, Any]], *, chained: bool = True) -> Files:
    """The ledger of these events; a forger who knows the form makes their chain anew."""
    previous = verify.GENESIS
    for place, event in enumerate(events, start=1):
        if chained:
            event |= {"seq": place, "previous": previous}
            event["digest"] = digest_document({key: event[key] for key in verify.CONTENT})
        previous = event["digest"]
    return {**files, "ledger.jsonl": b"".join(canonical_bytes(event) + b"\n" for event in events)}


def with_document(files: Files, name: str, edit: Callable[[dict[str, Any]], None]) -> Files:
    document = json.loads(files[f"documents/{name}.json"])
    edit(document)
    return {**files, f"documents/{name}.json": canonical_bytes(document) + b"\n"}


def with_event(files: Files, kind: str, edit: Callable[[dict[str, Any]], None], *, chained: bool = True) -> Files:
    """The last event of a kind, edited."""
    events = events_of(files)
    edit([event for event in events if event["kind"] == kind][-1])
    return with_events(files, events, chained=chained)


def failed(path: Path, **given: Path) -> set[str]:
    """The names of the checks that fail; `given` is what whoever verifies brings along."""
    return {check.name for check in verify.verify(path, verify.Given(**given)) if check.outcome == verify.FAIL}


def said(path: Path, name: str, **given: Path) -> str:
    return " | ".join(check.says for check in verify.verify(path, verify.Given(**given)) if check.name == name)
