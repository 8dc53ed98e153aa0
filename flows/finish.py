"""After the last stage: the verdict enters the ledger, the candidate the registry, and a pass what comes next. No Prefect."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flows.recall import kinship_of
from governance.actions.attest import ATTESTATIONS, attest
from governance.actions.outcomes import PromotionOutcome, RegistrationOutcome
from governance.actions.preregister import check_as_registered, check_released
from governance.actions.promote import promote
from governance.actions.proving import Proof, prove
from governance.actions.register import Finished, register
from governance.actions.rehearse import rehearse
from governance.actions.release_desk import ReleaseDesk
from governance.actions.sample import draw_sample
from governance.adapters.evidence.tables import PACKED, TABLES, keep_tables, table_digest
from governance.adapters.git_policy import GitPolicy
from governance.collapse.pinned import SCORED
from governance.digest import digest_document, read_document, swap_folder
from governance.errors import DependencyError, PolicyError
from governance.gates.matched import MATCHED_FILE
from governance.ports.desk import SHARDS
from governance.provenance.descent import Bounds
from governance.release import kinds
from governance.release.fold import fold
from governance.release.levels import Levels, levels_of
from governance.release.reading import Sample
from governance.release.rules import REVIEW
from governance.release.state import ADOPTED, PASS
from governance.release.tasks import TASKS_FILE
from governance.stages.gate_version import judging_gate
from governance.wiring import Shop, steps

KEPT = (
    *("cycle.json", "audit.json", "laundering.json", "mix.json", "lineage.json", "training.json", "measures.json", "decision.json"),
    *(MATCHED_FILE, TASKS_FILE, "review/report.html", "samples.parquet", "doubtful.parquet", *ATTESTATIONS),
)
"""Documents of a finished cycle that stay in the workspace, so that a review works with every server down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleOutcome:
    """What one cycle came to. `promotion` is None where the verdict was no pass, or where people have to decide."""

    number: int
    kind: str
    batch: str
    verdict: str
    reason: str
    version: int
    report: str
    stages_run: tuple[str, ...]
    stages_cached: tuple[str, ...]
    registration: RegistrationOutcome
    promotion: PromotionOutcome | None
    decision: Mapping[str, Any]
    mix: Mapping[str, Any]


def release_desk(shop: Shop) -> ReleaseDesk:
    """The desk of promotions and rollbacks in this workspace; it opens even where policy.toml is broken, for the sake of the way back."""
    return ReleaseDesk(
        model=shop.ledger.state().model or shop.policy.line.model,
        ledger=shop.ledger,
        registry=shop.registry,
        store=shop.store,
        root=shop.workspace.root,
        pointer=shop.workspace.serving_pointer,
        scrubs=shop.workspace.scrubs,
        freeze_after_rollback=_freezes(shop),
        steps=steps(),
        verifier=shop.verifier,
        policy_history=GitPolicy(path=shop.workspace.policy),
        terms=lambda: shop.terms,
        prove=partial(proven, shop),
    )


def proven(shop: Shop, version: int) -> Proof:
    """The ledger and its witnesses agree, all of them, and a version was judged by what was registered before it was trained.

    Raises: IntegrityError as `prove`; RefusedError as `check_released`; DependencyError where a witness could not be asked.
    """
    events = shop.ledger.events()
    found, release = prove(shop.notary, events), fold(events).releases.get(version)
    if release is not None and release.kind != ADOPTED:
        check_released(shop.notary, events, release.registered_seq, release.cycle_digest, release.policy_sha256)
    if found.silent:
        raise DependencyError(
            f"a witness of the ledger cannot be asked: {'; '.join(found.silent)}",
            fix="bring it back, or take it out of heirloom.toml [ledger] witnesses; a rollback does not wait for it",
        )
    return found


def _freezes(shop: Shop) -> bool:
    try:
        return shop.policy.promotion.freeze_after_rollback
    except PolicyError:
        return True  # freezing is the safe side, and a rollback does not wait for a policy to be mended


def judged(shop: Shop) -> Mapping[str, Any]:
    """Put the verdict of the cycle at hand into the ledger, once. Returns the decision document."""
    folder = shop.workspace.cycle
    cycle, decision = read_document(folder / "cycle.json"), read_document(folder / "decision.json")
    lineage = read_document(folder / "lineage.json")
    digest = digest_document(cycle)
    check_as_registered(shop.notary, shop.ledger.events(), cycle, digest, judging_gate(cycle))
    at_hand = shop.ledger.state().cycle
    if at_hand is not None and at_hand.digest == digest and not at_hand.judged:
        body = {
            "cycle": cycle["number"],
            "cycle_digest": digest,
            "batch_digest": cycle["batch"]["digest"],
            "policy_sha256": cycle["policy_sha256"],
            "verdict": decision["verdict"],
            "reason": str(decision["reason"])[:400],
            "decision_sha256": digest_document(decision),
            "checkpoint": lineage["checkpoint"],
        }
        shop.ledger.record(kinds.CYCLE_JUDGED, body)
    return decision


def registered(shop: Shop) -> RegistrationOutcome:
    """Mirror the cycle at hand into the registry and keep its documents."""
    from flows.tasks import write_cycle_tasks
    from governance.adapters.report.candidate import build_candidate

    cycle = read_document(shop.workspace.cycle / "cycle.json")
    gate = judging_gate(cycle)
    check_as_registered(shop.notary, shop.ledger.events(), cycle, digest_document(cycle), gate)
    attest(shop.notary, shop.workspace.cycle, gate)
    write_cycle_tasks(shop)
    candidate = build_candidate(shop.workspace.cycle)
    archive = archive_of(shop, candidate.cycle_digest)
    shards = {name: shop.workspace.place(SHARDS[name]) for name in SCORED}
    keep_documents(shop.workspace.cycle, archive, shards)
    desk = release_desk(shop)
    found = register(desk, replace(finished(shop), documents=documents_of(archive)), candidate)
    if found.review_requested and found.version not in shop.ledger.state().rehearsals:
        rehearse(desk, found.version)  # people decide with the way back before them; a promotion walks it once more
    return found


def sampled(shop: Shop, version: int) -> Sample | None:
    """Put some of the model text behind a version before a person who neither asked for it nor had it written."""
    events = shop.ledger.events()
    release = fold(events).releases[version]
    files = {file["sha256"] for file in read_document(shop.workspace.cycle / "cycle.json")["batch"]["files"]}
    wrote = {e.actor for e in events if e.kind == kinds.ROWS_SYNTHESIZED and e.body["rows_sha256"] in files}
    asked = {name for name in (release.requested_by, release.registered_by) if name}
    return draw_sample(shop.ledger, shop.labels, shop.workspace.cycle, shop.policy.labels, excluded=asked | wrote, steps=steps())


def finished(shop: Shop) -> Finished:
    """The cycle at hand in the numbers and digests that the ledger keeps."""
    folder = shop.workspace.cycle
    names = ("cycle.json", "decision.json", "lineage.json", "measures.json", "mix.json", "audit.json")
    cycle, decision, lineage, measures, mix, audit = (read_document(folder / name) for name in names)
    worst = lineage["worst_shard_synthetic"]
    return Finished(
        cycle=cycle["number"],
        verdict=decision["verdict"],
        decision_sha256=digest_document(decision),
        policy_sha256=cycle["policy_sha256"],
        kind=cycle["kind"],
        synthetic_tokens=lineage["synthetic_tokens"],
        total_tokens=lineage["total_tokens"],
        depth=lineage["depth"],
        worst_shard_synthetic=worst["synthetic"],
        worst_shard_total=worst["total"],
        passages=lineage["passages"],
        unknown_tokens=lineage["unknown_tokens"],
        past_share=Bounds.from_document(lineage["past_share"]),
        batches_head=(lineage.get("batch_log") or {}).get("head"),
        levels=_levels(shop, cycle, measures),
        kinship=kinship_of(shop, cycle, mix),
        labellers=audit.get("labellers", {}),
        review_for=shop.actor if shop.policy.promotion.mode == REVIEW else None,
    )


def _levels(shop: Shop, cycle: Mapping[str, Any], measures: Mapping[str, Any]) -> Levels | None:
    """A second look reads more documents than any other candidate's first, so the levels of its candidate stay those of its own first."""
    first = cycle.get("extension")
    return shop.ledger.state().releases[first["version"]].levels if first else levels_of(measures, cycle)


def archive_of(shop: Shop, cycle_digest: str) -> Path:
    """Where the documents of a finished cycle are kept."""
    return shop.workspace.archive(cycle_digest)


def documents_of(archive: Path) -> Mapping[str, str]:
    """The kept documents and tables of a cycle by their sha256; of the page and the samples, which hold texts, nothing is said."""
    found = {name: digest_document(read_document(archive / name)) for name in KEPT if name.endswith(".json") and (archive / name).is_file()}
    return found | {name: table_digest(archive, name) for name in TABLES if (archive / f"{name}{PACKED}").is_file()}


def keep_documents(cycle: Path, archive: Path, shards: Mapping[str, Path] = MappingProxyType({})) -> None:
    """Copy the small documents of a cycle and make its tables for auditors, whole or not at all. `shards`: tail and human, as pinned."""
    part = archive.with_name(f".{archive.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name in KEPT:
        if (cycle / name).exists():
            shutil.copyfile(cycle / name, part / Path(name).name)
    keep_tables(cycle, part, shards)
    swap_folder(part, archive)


def promoted(shop: Shop, version: int, verdict: str) -> PromotionOutcome | None:
    """Promote a pass as far as the policy lets it: at once under `auto`, else it waits for people. None where it did not pass.

    Where `auto` itself is refused (production, or margins that nobody calibrated) the refusal is raised and the candidate waits.
    """
    if verdict != PASS:
        return None
    return promote(release_desk(shop), version, shop.terms)
