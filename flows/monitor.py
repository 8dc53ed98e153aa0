"""The monitoring flow: what must hold between releases is proved on schedule, and views that drifted are mended and told of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.approvals import terms_of
from flows.finish import release_desk
from flows.health import prove
from flows.local import shop_of_run
from flows.shadow import canary_drift
from governance.actions.canary import watch_canary
from governance.actions.outcomes import NOTHING, CanaryOutcome, ReconcileOutcome
from governance.actions.proving import prove as prove_ledger
from governance.actions.reconcile import reconcile
from governance.actions.witnessing import witness
from governance.adapters.checks.check import FAIL, OK, WARN, Check, broken, doubtful, fine, tried
from governance.adapters.checks.places import check_lock
from governance.errors import ConflictError, DependencyError, IntegrityError, RefusedError
from governance.ports.registry import LineTags
from governance.release.canary import WINDOW_OVER
from governance.release.ledger import Event
from governance.wiring import Shop

HEALTHY, UNHEALTHY = "Healthy", "Unhealthy"
CHECKPOINT_TAG = "heirloom.checkpoint"
LEFT = "left for next time"
STALE_DAYS = 35
"""Five weeks without a release is worth a look where the default schedule retrains every week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What one round of the monitor found, check by check, in the order in which they were made."""

    model: str
    checks: tuple[Check, ...]

    def __post_init__(self) -> None:
        if not self.checks:
            raise ValueError("checks: a round without a check has found nothing out")

    @property
    def findings(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.level == FAIL)

    @property
    def doubts(self) -> tuple[Check, ...]:
        """The checks that somebody should look at, one day."""
        return tuple(check for check in self.checks if check.level == WARN)

    @property
    def name(self) -> str:
        return UNHEALTHY if self.findings else HEALTHY

    @property
    def words(self) -> str:
        """The findings in words, doubts after them; for a page, so never long."""
        told = (*self.findings, *self.doubts)
        return "; ".join(f"{check.name}: {check.said}" for check in told)[:2000] or f"all {len(self.checks)} checks hold"


@flow(name="monitor", flow_run_name="monitor-{model}", validate_parameters=False)
def monitor(workspace: str, model: str) -> State[Any]:
    """Prove the workspace. Parameters are names only; the run is Failed where anything does not hold, so that Prefect can alarm."""
    shop = shop_of_run(workspace, None)
    found = watch(shop, model)
    create_markdown_artifact(watch_words(found), key=health_key(model), description=f"{model}: {found.name}")
    if found.findings:
        return Failed(name=UNHEALTHY, message=found.words)
    return Completed(name=HEALTHY, message=found.words, data=found)


def watch(shop: Shop, model: str) -> Watch:
    """One round: ledger, shards and models are proved, the canary is watched, views are mended, what is open and how old is told.

    A ledger that holds is signed at the end of it, so that what no act made a checkpoint of has one by tomorrow.
    """
    rest = (
        ("canary", canary),
        ("views", views),
        ("retraining", _retraining),
        ("last release", _age),
        ("checkpoint", _checkpoint),
        ("registry's word", _registrys_checkpoint),
    )
    return Watch(model=model, checks=(*prove(shop), *(tried(name, partial(work, shop)) for name, work in rest)))


def canary(shop: Shop, *, whole: bool = True) -> Check:
    """The canary is looked at with the champion; what does not hold any more takes it off, whoever holds the lock.

    Unless `whole`, no byte of it is hashed.
    """
    return canary_check(watch_canary(release_desk(shop), partial(terms_of, shop), whole=whole, drift=partial(canary_drift, shop)))


def canary_check(outcome: CanaryOutcome) -> Check:
    """A canary that was taken off is told, and is a finding where its window was not simply over."""
    late = f"; its alias is still shown: {outcome.unshown}" if outcome.unshown else ""
    if outcome.version is None:
        return fine("canary", "there is none")
    if not outcome.ended:
        return fine("canary", f"version {outcome.version} has {outcome.percent} % of the traffic until {outcome.until}")
    said = f"version {outcome.version} was taken off: {outcome.reason}{late}"
    if outcome.reason == WINDOW_OVER or not outcome.changed:
        return doubtful("canary", said, f"heirloom promote {outcome.version}, or heirloom reject {outcome.version}")
    return broken("canary", said, f"heirloom review {outcome.version}", RefusedError.exit_code)


def views(shop: Shop, *, copies: bool = True) -> Check:
    """The registry and the serving pointer show what the ledger says; an act that was left open is finished or undone first.

    Without `copies` the registry's files of models are not looked at.

    The lock is looked at, not held: a retraining that falls due in the same minute is not skipped for our sake. Reconciling is safe beside
    it, because every act is committed by compare-and-swap on the ledger's head.
    """
    state = shop.ledger.state()
    busy = check_lock(shop.workspace, shop.clock)
    if busy.level != OK:
        return doubtful("views", f"{LEFT}: {busy.said}")
    return views_check(reconcile(release_desk(shop), copies=copies), announced=state.views_behind)


def views_check(outcome: ReconcileOutcome, *, announced: bool) -> Check:
    """Drift that was known of is told; drift that nobody announced has a cause that somebody should find (attack A18).

    Pages that an act had no time to write are brought up to date as a matter of course.
    """
    late = [m for m in outcome.mended if m.late]
    said = [f"{m.view} was {m.found or 'missing'}, is {m.wanted or 'removed'}" for m in outcome.mended if not m.late]
    said += ["the serving pointer was wrong"] if outcome.pointer else []
    said += [f"the registry's copy of version {version} was not true" for version in outcome.copies]
    if outcome.gone:
        lost = ", ".join(map(str, outcome.gone))
        words = "; ".join([f"version {lost} was deleted in the registry, which can show it no more", *said])
        return broken("views", words, "its bytes are kept here and a rollback to it works: heirloom status", IntegrityError.exit_code)
    if outcome.recovered.result != NOTHING:
        recovered = f"the {outcome.recovered.act} to version {outcome.recovered.version} was left open and is {outcome.recovered.result}"
        return doubtful("views", "; ".join([recovered, *said]))
    if not said:
        return fine("views", f"registry and serving pointer show what the ledger says; {len(late)} tags were brought up to date")
    words = f"mended: {'; '.join(said)}"
    if announced:
        return doubtful("views", words)
    return broken("views", words, "find out who moved it: the ledger did not", ConflictError.exit_code)


def _retraining(shop: Shop) -> Check:
    state = shop.ledger.state()
    if state.intent is not None:
        return doubtful("retraining", f"an open {state.intent.act} to version {state.intent.version}", "heirloom recover")
    if state.frozen is not None:
        return doubtful("retraining", f"frozen: {state.frozen}", "heirloom unfreeze")
    if state.cycle is not None:
        return fine("retraining", f"cycle {state.cycle.number} is open; heirloom retrain goes on with it")
    return fine("retraining", "nothing is open")


def _age(shop: Shop) -> Check:
    """Days since the champion was promoted, by the machine's clock: for people, and nothing is decided by it."""
    state = shop.ledger.state()
    promoted = state.releases[state.champion].promoted_seq if state.champion is not None else None
    if promoted is None:
        return fine("last release", "there is none yet")
    days = days_since({event.seq: event.at for event in shop.ledger.events()}, promoted, shop.clock.now())
    if days > STALE_DAYS:
        return doubtful("last release", f"{days} days ago", "look at the last runs of retrain: heirloom history")
    return fine("last release", f"{days} days ago")


def _checkpoint(shop: Shop) -> Check:
    """A ledger that its witnesses do not agree with is not signed: the round has told it already."""
    events = shop.ledger.events()
    if not events:
        return fine("checkpoint", "there is nothing to sign yet")
    proof = prove_ledger(shop.notary, events)
    if proof.last is not None and not (proof.after or proof.silent or proof.doubts):
        return fine("checkpoint", f"seq {proof.last.seq} is kept by {' + '.join(proof.witnesses)} already")
    kept = witness(shop.notary)
    said = f"seq {kept.signed.seq} is kept by {' + '.join(kept.witnesses)}"
    if kept.failed:
        return broken("checkpoint", f"{said}; not by {'; '.join(kept.failed)}", "bring that witness back")
    return fine("checkpoint", said)


def _registrys_checkpoint(shop: Shop) -> Check:
    """What the registry shows of the ledger's end, then the end that is. A tag that anybody can edit raises a doubt and decides nothing."""
    name, events = "registry's word", shop.ledger.events()
    if not isinstance(shop.registry, LineTags) or not events:
        return fine(name, "it shows no checkpoint")
    try:
        shown = shop.registry.line_tags(shop.policy.line.model).get(CHECKPOINT_TAG, "")
        if doubt := tag_doubt(events, shown):
            return doubtful(name, doubt, "heirloom ledger verify; where that holds, the tag was edited by hand: delete it")
        shop.registry.set_line_tag(shop.policy.line.model, CHECKPOINT_TAG, f"{events[-1].seq} {events[-1].digest}")
    except DependencyError as error:
        return doubtful(name, f"it cannot be asked: {error.found}")
    return fine(name, f"seq {events[-1].seq}")


def tag_doubt(events: Sequence[Event], shown: str) -> str:
    """How the registry's tag and the ledger disagree; empty where they do not, or there is no tag yet."""
    if not shown:
        return ""
    seq, _, head = shown.partition(" ")
    if not seq.isdigit() or not 1 <= int(seq) <= len(events):
        return f"the registry shows {shown[:24]!r} as the ledger's end, which has {len(events)} events"
    here = events[int(seq) - 1].digest
    return "" if here == head else f"the registry shows the head {head[:16]!r} at seq {seq}, the ledger has {here[:16]}"


def days_since(times: Mapping[int, str], seq: int, now: datetime) -> int:
    """Whole days between an event and now, never negative: clocks step back (F11)."""
    return max((now - datetime.fromisoformat(times[seq])).days, 0)


def health_key(model: str) -> str:
    """The key of the artifact of a model, so that its history shows every round; Prefect permits letters, digits and dashes."""
    return "heirloom-" + "".join(c if c.isalnum() else "-" for c in model) + "-health"


def watch_words(found: Watch) -> str:
    """A round as markdown: a line per check."""
    lines = [f"## {found.model}: {found.name}", "", "| check | | found | mend |", "|---|---|---|---|"]
    lines += [f"| {c.name} | {c.level} | {_cell(c.said)} | {_cell(c.fix)} |" for c in found.checks]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ").replace("<", "&lt;")
