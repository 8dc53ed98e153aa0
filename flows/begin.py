"""Before the first stage: the shards are as pinned, a batch is chosen, and the cycle is frozen. Plain functions, no Prefect."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.benchmarks import pinned_benchmarks, record_pins
from flows.earlier import earlier_rows
from flows.marking import watermark_to_find
from flows.recall import recalled_of, withdrawn_rows
from flows.references import last_batch, start_of
from flows.sentinels import guarded, pinned_sentinels, record_sentinels
from flows.tasks import refuse_bad_scores
from governance.actions.freeze import (
    FOUNDING,
    RETRAINING,
    CycleRequest,
    batch_files,
    batch_manifest,
    cycle_of,
    freeze,
    frozen_cycle,
    same_question,
    settle,
)
from governance.actions.label import standing
from governance.actions.preregister import preregister
from governance.adapters.dvc_commands import add_files, init_dvc
from governance.adapters.inbox import waiting
from governance.collapse.sentinels import SENTINELS_FILE
from governance.digest import canonical_bytes, digest_document, digest_file, write_document
from governance.errors import IntegrityError, RefusedError, UsageError
from governance.mixing.rules import SYNTHETIC
from governance.ports.desk import SHARDS
from governance.ports.source import Prepared
from governance.provenance.labels.label import RELABELS_FILE
from governance.provenance.memory import Past
from governance.provenance.passed import KnownModel, known_model
from governance.provenance.row import Origin
from governance.release import kinds
from governance.release.controls import pooled_noises, terms_of
from governance.release.judged import Judgement
from governance.release.preregistration import outdated
from governance.release.standing import history_document, original_document
from governance.release.state import State
from governance.stages.table import code_documents
from governance.wiring import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A frozen cycle, ready for its stages. `batch` is the batch as it was named."""

    number: int
    digest: str
    kind: str
    batch: str
    resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToDo:
    """Why no cycle was begun; where the batch was judged before, what came of it."""

    reason: str
    judgement: Judgement | None = None


def pin(shop: Shop) -> Prepared:
    """Lay out the workspace the first time, and prove every other time that no pinned shard has changed.

    Raises: IntegrityError naming the altered shard.
    """
    init_dvc(shop.workspace.root)
    refresh_code(shop)
    state = shop.ledger.state()
    if state.shards:
        prove_shards(shop, state)
    prepared = shop.source.prepare(shop.workspace.root, shop.settings.source, shop.door)
    if not state.shards:
        places = [shop.workspace.root / place for place in SHARDS.values()]
        sentinels = shop.workspace.shards / SENTINELS_FILE
        add_files(shop.workspace.root, [*places, *([sentinels] if sentinels.is_file() else [])])
        if state.model is None:
            body = {"model": shop.policy.line.model, "environment": shop.policy.line.environment}
            shop.ledger.record(kinds.WORKSPACE_CREATED, body)
        shop.ledger.record(kinds.SHARDS_PINNED, dict(prepared.shards))
    return prepared


def prove_shards(shop: Shop, state: State) -> None:
    """Every pinned shard has the bytes that were pinned. Raises: IntegrityError naming the file and the way to get it back."""
    for name, place in SHARDS.items():
        path = shop.workspace.root / place
        found = digest_file(path) if path.is_file() else "missing"
        if found != state.shards[name]:
            raise IntegrityError(
                f"is {found[:12]}, pinned as {state.shards[name][:12]}",
                where=place,
                expected="the bytes that the ledger pinned",
                fix=f"dvc checkout --force {place}.dvc brings the pinned bytes back",
            )


def refresh_code(shop: Shop) -> None:
    """Tell DVC, a file a stage, which code the stages are made of now."""
    for name, document in code_documents().items():
        path = shop.workspace.code / f"{name}.json"
        if not path.exists() or path.read_bytes() != _line(document):
            write_document(path, document)


def _line(document: Mapping[str, Any]) -> bytes:
    return canonical_bytes(document) + b"\n"


def waiting_batches(shop: Shop, state: State, base: str | None) -> tuple[Path, ...]:
    """What waits in the inbox: not the base batch, and nothing that was judged under any policy."""
    return tuple(path for path in waiting(shop.workspace.inbox, state.attempts) if path.name != (base and Path(base).name))


def begin(shop: Shop, batch: Path | None = None, *, again: bool = False, record: bool = True) -> Begun | NothingToDo:
    """Choose the batch, freeze the cycle and say so in the ledger; a cycle that was killed is taken up where it stopped.

    With `record=False` the cycle is frozen for a look at its plan, and the ledger does not hear of it.

    Raises: RefusedError where retraining is frozen; BatchError where the batch cannot be read.
    """
    prepared = pin(shop)
    settle(shop.workspace)
    refuse_bad_scores(shop)
    state = shop.ledger.state()
    if state.frozen is not None:
        raise RefusedError(f"retraining is frozen: {state.frozen}", fix='heirloom unfreeze --reason "..."')
    if state.champion is None:
        return _begin_founding(shop, state, prepared, record=record)
    chosen = batch or _open_batch(shop, state) or next(iter(waiting_batches(shop, state, prepared.base)), None)
    if chosen is None:
        return NothingToDo(reason="no batch waits in the inbox")
    judged = state.judged.get((batch_manifest(chosen).digest, shop.policy.digest))
    if judged is not None and judged.version is not None and not again:
        return NothingToDo(reason=f"{chosen.name} was judged in cycle {judged.cycle} under this policy: {judged.verdict}", judgement=judged)
    return _begin(shop, state, _request(shop, state, RETRAINING, chosen, start_of(shop, state)), record=record)


def _open_batch(shop: Shop, state: State) -> Path | None:
    """The frozen copy of the batch of a cycle that has no candidate yet: a killed run is finished before the next batch is taken."""
    at_hand = frozen_cycle(shop.workspace)
    return shop.workspace.batch if at_hand and state.cycle and at_hand[1] == state.cycle.digest else None


def _begin_founding(shop: Shop, state: State, prepared: Prepared, *, record: bool) -> Begun | NothingToDo:
    if state.waiting:
        return NothingToDo(reason=f"version {state.waiting[-1].version} waits for approval before anything can be compared with it")
    base = shop.workspace.root / prepared.base if prepared.base else next(iter(waiting_batches(shop, state, None)), None)
    if base is None:
        raise UsageError("no champion, and no batch to found generation 0 on", fix="put human rows into the inbox")
    judged = state.judged.get((batch_manifest(base).digest, shop.policy.digest))
    if judged is not None and judged.version is not None:
        return NothingToDo(reason=f"the founding cycle was judged: {judged.verdict}", judgement=judged)
    return _begin(shop, state, _request(shop, state, FOUNDING, base, _founding_start(shop, base)), record=record)


def _request(shop: Shop, state: State, kind: str, batch: Path, start: Mapping[str, Any]) -> CycleRequest:
    sentinels = pinned_sentinels(shop, state)
    return CycleRequest(
        number=state.cycles + 1,
        kind=kind,
        batch=batch,
        mapping=shop.settings.mapping,
        policy=shop.policy,
        shards={name: state.shards[name] for name in SHARDS},
        start=start,
        champion=_named(state, state.champion),
        baseline=_named(state, state.baseline),
        best_ever=_named(state, state.best_ever),
        original_baseline=original_document(state),
        history=history_document(state),
        teachers=_teachers(shop, state),
        ledger_head={"seq": state.seq, "digest": state.head},
        emissions=shop.emissions.settled(state.emissions),
        memory=shop.memory.settled(state.memory),
        models=known_models(shop, state),
        recalled=recalled_of(shop, state),
        withdrawn=withdrawn_rows(shop, state),
        relabels=standing(state, shop.labels, shop.seal),
        earlier=earlier_rows(shop.policy.mixing, shop.rows, state, shop.workspace.scratch),
        benchmarks=guarded(pinned_benchmarks(shop, state), sentinels),
        sentinels=sentinels,
        watermark=watermark_to_find(shop),
        last_batch=last_batch(shop, state),
        attempts=state.attempts,
        noises=pooled_noises(state.controls.values(), terms_of(shop.policy.document(), {name: state.shards[name] for name in SHARDS})),
    )


def known_models(shop: Shop, state: State) -> tuple[KnownModel, ...]:
    """Every release of the line, promoted or not: any of them may have written what comes in."""
    name, worst = shop.policy.line.model, shop.policy.mixing.unknown_past == SYNTHETIC
    return tuple(known_model(name, r.checkpoint, r.descent, unknown_is_synthetic=worst) for r in state.releases.values())


def _begin(shop: Shop, state: State, request: CycleRequest, *, record: bool) -> Begun:
    at_hand = frozen_cycle(shop.workspace)
    wanted = cycle_of(request, batch_manifest(request.batch))
    open_digest = state.cycle.digest if state.cycle else None
    if at_hand and at_hand[1] == open_digest and outdated(shop.ledger.events(), at_hand[1], shop.gate_version):
        at_hand = None
    if at_hand and same_question(at_hand[0], wanted) and (at_hand[1] == open_digest or at_hand[0]["number"] == request.number):
        document, digest, resumed = *at_hand, at_hand[1] == open_digest
    else:
        document = freeze(shop.workspace, request)
        digest, resumed = digest_document(document), False
    if record and digest != open_digest:
        record_pins(shop, state, request.benchmarks)
        record_sentinels(shop, state)
        _record(shop, state, document, digest)
    name = request.batch.name
    if request.batch == shop.workspace.batch:
        name = ", ".join(path.name for path in batch_files(request.batch))
    return Begun(number=document["number"], digest=digest, kind=document["kind"], batch=name, resumed=resumed)


def _record(shop: Shop, state: State, document: Mapping[str, Any], digest: str) -> None:
    sealed = preregister(shop.notary, document, digest, shop.gate_version)
    if state.cycle is not None:
        body = {"cycle": state.cycle.number, "cycle_digest": state.cycle.digest, "reason": "another cycle was begun"}
        shop.ledger.record(kinds.CYCLE_ABANDONED, body)
    body = {
        "cycle": document["number"],
        "cycle_digest": digest,
        "batch_digest": document["batch"]["digest"],
        "policy_sha256": document["policy_sha256"],
        "kind": document["kind"],
        **sealed,
    }
    shop.ledger.record(kinds.CYCLE_FROZEN, body)


def _founding_start(shop: Shop, base: Path) -> dict[str, Any]:
    """Tokenizer and random weights, learnt from the base batch's human texts; taken from the cycle at hand where it asks the same."""
    at_hand = frozen_cycle(shop.workspace)
    wanted = (FOUNDING, batch_manifest(base).digest, shop.policy.digest)
    if at_hand and (at_hand[0]["kind"], at_hand[0]["batch"]["digest"], at_hand[0]["policy_sha256"]) == wanted:
        return dict(at_hand[0]["start"])
    folder = shop.workspace.scratch / "founding"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows = admitted_humans(shop, base, folder)
    shop.trainer.found(rows["text"].to_list(), shop.policy.training.recipe, shop.policy.line.seed, folder / "start")
    digest = shop.store.put(folder / "start")
    shutil.rmtree(folder)
    nothing = dict.fromkeys(("synthetic_tokens", "total_tokens", "depth", "passages", "unknown_tokens"), 0)
    return {"digest": digest, "version": None, **nothing, "past_share": None}


def admitted_humans(shop: Shop, batch: Path, scratch: Path) -> pl.DataFrame:
    """The human rows of a batch, through the same door as every row."""
    scratch.mkdir(parents=True, exist_ok=True)
    admitted = scratch / "admitted.parquet"
    state = shop.ledger.state()
    standing(state, shop.labels, shop.seal).relabels.write_parquet(scratch / RELABELS_FILE)
    past = Past(known=shop.memory.settled(state.memory), relabels=scratch / RELABELS_FILE)
    shop.door.admit(batch_files(batch), shop.settings.mapping, shop.policy.provenance, admitted, scratch / "quarantine.jsonl", past=past)
    return pl.read_parquet(admitted).filter(pl.col("origin") == Origin.HUMAN.value)


def _named(state: State, version: int | None) -> dict[str, Any] | None:
    return None if version is None else {"version": version, "digest": state.releases[version].checkpoint}


def _teachers(shop: Shop, state: State) -> dict[str, Any]:
    return {name: digest for name, digest in state.teachers.items() if name in shop.policy.mixing.teachers}
