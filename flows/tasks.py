"""A team's own benchmark scores: read when a cycle is registered, or later by a person, and shown beside the gates. No Prefect."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from governance.adapters.report.candidate import REVIEW, task_metrics
from governance.adapters.report.documents import read_cycle
from governance.adapters.report.page import render
from governance.adapters.task_scores import read_task_scores
from governance.digest import digest_document, read_document, write_bytes, write_document
from governance.errors import IntegrityError, RefusedError, UsageError
from governance.ports.registry import Appended
from governance.release import kinds
from governance.release.state import ADOPTED, Release
from governance.release.tasks import CANDIDATE, NOT_NAMED, TASKS_FILE, tasks_document, tasks_not_given
from governance.wiring import Shop

REFERENCES = ("champion", "baseline")
REPORT = "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What is known of the tasks of a version: the document, and the ledger's entry that names it where a person brought it later."""

    document: Mapping[str, Any]
    seq: int | None
    changed: bool
    shown: bool
    """Whether the registry's run shows it too: a registry need not be able to add to a run."""


def refuse_bad_scores(shop: Shop) -> None:
    """A file that cannot be read is refused before anything is trained; one that is not there yet is not.

    Raises: UsageError naming what is wrong.
    """
    if (path := _place(shop)) is not None and path.exists():
        read_task_scores(path, shop.settings.tasks.scores)


def write_cycle_tasks(shop: Shop) -> None:
    """tasks.json of the cycle at hand, once a look, where the settings name a file: what it says of the candidate, or why it says nothing.

    The candidate is trained and judged by now, and no file of scores takes that back: what cannot be read is written down as the reason.
    """
    folder = shop.workspace.cycle
    if (path := _place(shop)) is None:
        return
    cycle, checkpoint = read_document(folder / "cycle.json"), str(read_document(folder / "lineage.json")["checkpoint"])
    models, digest = _models(cycle, checkpoint), digest_document(cycle)
    if (folder / TASKS_FILE).exists() and read_document(folder / TASKS_FILE).get("cycle_digest") == digest:
        return
    try:
        document = tasks_document(read_task_scores(path, shop.settings.tasks.scores), models, digest)
    except UsageError as error:
        document = tasks_not_given(f"{shop.settings.tasks.scores}: {error.found}", models, digest)
    write_document(folder / TASKS_FILE, document)


def score(shop: Shop, version: int, file: Path | None = None) -> Scored:
    """Read a version's scores from a file, or from the one that the settings name, keep them, and show them in report and registry.

    Raises: RefusedError for a version that no gate judged, or of which the file says nothing; UsageError where no file is named, or
    it cannot be read; DependencyError where the registry cannot be reached: then all but the registry has them, and the same again adds it.
    """
    release = shop.ledger.state().releases.get(version)
    if release is None or release.kind == ADOPTED:
        raise RefusedError(f"version {version} was judged by no gate", expected="a version that heirloom review shows with its gates")
    path = file or _place(shop)
    if path is None:
        raise UsageError(NOT_NAMED, fix="--scores FILE, or [tasks] scores")
    archive = shop.workspace.archive(release.cycle_digest)
    models = _models(read_document(archive / "cycle.json"), release.checkpoint)
    found = read_task_scores(path, file.name if file else shop.settings.tasks.scores)
    document = tasks_document(found, models, release.cycle_digest)
    if not document["given"]:
        raise RefusedError(document["reason"], where=str(path), expected=f"scores of checkpoint {release.checkpoint}")
    seq, changed = _kept(shop, release, document)
    return Scored(document=document, seq=seq, changed=changed, shown=_shown(shop, release, archive, document, seq))


def tasks_of(shop: Shop, release: Release) -> Scored:
    """The newest scores of a version: brought later by a person, or read when its cycle was registered; else that there are none.

    Raises: IntegrityError where the document is not the one that the ledger names.
    """
    event = _newest(shop, release)
    if event is None:
        kept = shop.workspace.archive(release.cycle_digest) / TASKS_FILE
        document = read_document(kept) if kept.is_file() else _nothing(release)
        return Scored(document=document, seq=None, changed=False, shown=False)
    seq, digest = event
    place = shop.workspace.tasks / f"{digest}.json"
    document = read_document(place)
    if digest_document(document) != digest:
        raise IntegrityError("is not the document that the ledger names", where=str(place), fix="heirloom tasks reads the scores again")
    return Scored(document=document, seq=seq, changed=False, shown=False)


def _place(shop: Shop) -> Path | None:
    named = shop.settings.tasks.scores
    return shop.workspace.root / named if named else None


def _models(cycle: Mapping[str, Any], checkpoint: str) -> dict[str, str | None]:
    return {CANDIDATE: checkpoint, **{name: (cycle.get(name) or {}).get("digest") for name in REFERENCES}}


def _nothing(release: Release) -> Mapping[str, Any]:
    return tasks_not_given(NOT_NAMED, {CANDIDATE: release.checkpoint}, release.cycle_digest)


def _newest(shop: Shop, release: Release) -> tuple[int, str] | None:
    for event in reversed(shop.ledger.events()):
        if event.kind == kinds.TASKS_SCORED and event.body["version"] == release.version:
            return event.seq, str(event.body["document_sha256"])
    return None


def _kept(shop: Shop, release: Release, document: Mapping[str, Any]) -> tuple[int, bool]:
    """The document first and its name in the ledger after it; what is on record already is not recorded again."""
    digest = digest_document(document)
    write_document(shop.workspace.tasks / f"{digest}.json", document)
    known = _newest(shop, release)
    if known is not None and known[1] == digest:
        return known[0], False
    counts = {"tasks": len(document["tasks"]), "scores_sha256": document["file"]["sha256"]}
    body = {"version": release.version, "checkpoint": release.checkpoint, **counts, "document_sha256": digest}
    return shop.ledger.record(kinds.TASKS_SCORED, body).seq, True


def _shown(shop: Shop, release: Release, archive: Path, document: Mapping[str, Any], seq: int) -> bool:
    """The kept report is made again with the scores in it, and the registry's run gets them; the decision in both is the one of then."""
    documents = replace(read_cycle(archive), tasks=document)
    write_bytes(archive / REPORT, render(documents).encode())
    if not isinstance(shop.registry, Appended):
        return False
    artifacts = {
        f"{REVIEW}/{REPORT}": archive / REPORT,
        f"{REVIEW}/{TASKS_FILE}": shop.workspace.tasks / f"{digest_document(document)}.json",
    }
    model = shop.ledger.state().model or shop.policy.line.model
    shop.registry.append(model, release.version, metrics=task_metrics(document), step=seq, artifacts=artifacts)
    return True
