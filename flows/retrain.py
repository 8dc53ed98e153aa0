"""The retraining flow: provenance validation -> capped mixing -> fine-tuning -> collapse evaluation -> gate -> registry.

Each task is one call of a plain function; Prefect schedules, shows and retries nothing that decides. A block is a completed run named
so. Promotion is a flow of its own.
"""

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import artifacts
from flows.begin import Begun, NothingToDo, begin
from flows.controls import lay_out_matched
from flows.ending import ended, frozen
from flows.extend import begin_extension, open_extension
from flows.finish import CycleOutcome, judged, promoted, registered, release_desk, sampled
from flows.local import scheduled, shop_of_run
from flows.promote import promote_flow
from flows.recall import authors_of, withdrawn_rows
from governance.actions.freeze import FOUNDING
from governance.actions.keep_rows import keep_rows
from governance.actions.outcomes import RegistrationOutcome
from governance.actions.prune_rows import prune_rows
from governance.actions.recover import recover
from governance.actions.remember import remember
from governance.adapters.lock import hold
from governance.adapters.runners import stage_forks
from governance.digest import digest_document, read_document
from governance.errors import GovernanceError
from governance.gates.matched import MATCHED_FILE
from governance.release.recall import missed, way_to_recalled
from governance.release.rules import AUTO
from governance.stages.stage import Stage
from governance.stages.table import STAGES
from governance.wiring import Shop, steps

NAMES = {"pass": "Passed", "block": "Blocked", "inconclusive": "Inconclusive"}


@task(name="begin", task_run_name="begin")
def begin_task(shop: Shop, batch: Path | None, again: bool, *, extend: bool = False) -> Begun | NothingToDo:  # noqa: FBT001 - by name
    """Finish or undo what a killed run left, then freeze the cycle; an extension that is open is gone on with before anything else."""
    if extend:
        return begin_extension(shop)
    return open_extension(shop, shop.ledger.state()) or begin(shop, batch, again=again)


@task(name="stage", task_run_name="{stage}")
def stage_task(shop: Shop, stage: str) -> bool:
    """One stage through DVC; False where DVC had the answer already."""
    return shop.runner.run(stage)


@task(name="controls", task_run_name="controls")
def controls_task(shop: Shop) -> int:
    """Before the verdict: human-only controls of this cycle where the policy's schedule wants some, so that a loss is told its cause."""
    return lay_out_matched(shop)


@task(name="register", task_run_name="register")
def register_task(shop: Shop) -> RegistrationOutcome:
    """The verdict into the ledger, the rows into the memory, the candidate into the registry; rows that are kept for nothing leave."""
    judged(shop)
    remember(shop.ledger, shop.memory, shop.workspace.cycle, steps())
    kept_cycles, cycle = shop.policy.mixing.kept_cycles, shop.workspace.cycle
    if kept_cycles != 0:
        state = shop.ledger.state()
        named, gone = authors_of(shop, state), withdrawn_rows(shop, state)
        keep_rows(shop.ledger, shop.rows, shop.executor, cycle, steps(), authors=named, withdrawn=gone)
    registration = registered(shop)
    sampled(shop, registration.version)
    prune_rows(shop.ledger, shop.rows, digest_document(read_document(cycle / "cycle.json")), kept_cycles, steps())
    return registration


@flow(name="retrain", flow_run_name="retrain-{model}", validate_parameters=False)
def retrain(
    workspace: str,
    model: str,
    batch: str | None = None,
    again: bool = False,  # noqa: FBT001, FBT002 - Prefect passes parameters by name
    requester: str | None = None,
    *,
    extend: bool = False,
) -> State[Any]:
    """Bring the workspace to its next decision: found generation 0 where there is no champion yet, then take the next batch.

    The result is a list of cycle outcomes, or a NothingToDo; a scheduled run that is not wanted now is skipped. Parameters are names
    only, never limits: every limit is the policy's.
    """
    shop = shop_of_run(workspace, requester)
    try:
        with hold(shop.workspace.lock, f"retrain {model}", shop.clock), stage_forks(shop.trainer):
            if scheduled() and (why := shop.ledger.state().frozen) is not None:
                return frozen(why)
            return _run(shop, Path(batch) if batch else None, again=again, extend=extend)
    except GovernanceError as error:
        return ended(error)


def _run(shop: Shop, batch: Path | None, *, again: bool, extend: bool = False) -> State[Any]:
    finish_killed(shop)
    begun: Begun | NothingToDo = begin_task(shop, batch, again, extend=extend)
    if isinstance(begun, NothingToDo):
        return Completed(name="Nothing to do", message=begun.reason, data=begun)
    done = [one_cycle(shop, begun)]
    if begun.kind == FOUNDING and done[0].promotion and done[0].promotion.changed:
        following: Begun | NothingToDo = begin_task(shop, batch, again)
        done += [one_cycle(shop, following)] if isinstance(following, Begun) else []
    return Completed(name=NAMES[done[-1].verdict], message=done[-1].reason[:500], data=done)


def finish_killed(shop: Shop) -> None:
    """Before anything new begins: finish or undo an open act, and promote what passed just before an automatic run was killed."""
    if shop.ledger.state().intent is not None:
        recover(release_desk(shop))
    state = shop.ledger.state()
    alike = [r for r in state.waiting if r.judged_against == state.champion and r.policy_sha256 == shop.policy.digest]
    left = [r.version for r in alike if not missed(state, r) and not way_to_recalled(state, r.version)]
    if left and state.frozen is None and shop.policy.promotion.mode == AUTO:
        promote_flow(str(shop.workspace.root), shop.policy.line.model, left[-1], shop.actor)


def _staged(shop: Shop, stage: Stage) -> bool:
    if MATCHED_FILE in stage.reads:
        controls_task(shop)
    return stage_task(shop, stage.name)


def one_cycle(shop: Shop, begun: Begun) -> CycleOutcome:
    """All stages of a frozen cycle, then registry and promotion."""
    ran = {stage.name: _staged(shop, stage) for stage in STAGES}
    registration: RegistrationOutcome = register_task(shop)
    decision, mix = (read_document(shop.workspace.cycle / name) for name in ("decision.json", "mix.json"))
    artifacts.show_cycle(shop, begun, decision, mix, registration)
    verdict = str(decision["verdict"])
    promotion = None
    if verdict == "pass" and shop.policy.promotion.mode == AUTO:
        promotion = promote_flow(str(shop.workspace.root), shop.policy.line.model, registration.version, shop.actor)
    elif verdict == "pass":
        promotion = promoted(shop, registration.version, verdict)
    return CycleOutcome(
        number=begun.number,
        kind=begun.kind,
        batch=begun.batch,
        verdict=verdict,
        reason=str(decision["reason"]),
        version=registration.version,
        report=registration.report,
        stages_run=tuple(name for name, worked in ran.items() if worked),
        stages_cached=tuple(name for name, worked in ran.items() if not worked),
        registration=registration,
        promotion=promotion,
        decision=decision,
        mix=mix,
    )
