"""Extending an inconclusive cycle, once: the same candidate, the documents that were held back, more draws. Plain functions, no Prefect."""

from collections.abc import Mapping
from typing import Any

from flows.begin import Begun, prove_shards
from governance.actions.freeze import RETRAINING, batch_files, frozen_cycle, settle
from governance.actions.preregister import preregister
from governance.digest import digest_document, write_document
from governance.errors import ConflictError, RefusedError
from governance.release import kinds
from governance.release.preregistration import outdated
from governance.release.state import INCONCLUSIVE, Release, State
from governance.wiring import Shop


def open_extension(shop: Shop, state: State) -> Begun | None:
    """The extension that was begun and has no verdict yet: it is finished before anything else is begun."""
    at_hand = frozen_cycle(shop.workspace)
    if at_hand is None or state.cycle is None or at_hand[1] != state.cycle.digest or not at_hand[0].get("extension"):
        return None
    if outdated(shop.ledger.events(), at_hand[1], shop.gate_version):
        return None  # another gate would judge it than was registered
    return _begun(shop, at_hand[0], at_hand[1], resumed=True)


def begin_extension(shop: Shop) -> Begun:
    """Freeze the second look at the cycle at hand. Seed, start, batch and references are the first look's, so the candidate is the same.

    Raises: RefusedError where the policy has no extension, where the cycle was not inconclusive, and where it was extended before;
    ConflictError where policy or champion are not the ones of the first look, or its files are gone.
    """
    settle(shop.workspace)
    state = shop.ledger.state()
    prove_shards(shop, state)
    if state.frozen is not None:
        raise RefusedError(f"retraining is frozen: {state.frozen}", fix='heirloom unfreeze --reason "..."')
    if (going_on := open_extension(shop, state)) is not None:
        return going_on
    if not shop.policy.gates.extension.allowed:
        raise RefusedError(
            "the policy has one look at a candidate",
            where="policy.toml gates.extension.allowed",
            expected="an extension that was registered before the first look",
            fix="set it for the next cycle; this one was judged with all of its error and documents",
        )
    document = _second_look(shop, state)
    write_document(shop.workspace.cycle_document, document)
    digest = digest_document(document)
    sealed = preregister(shop.notary, document, digest, shop.gate_version)
    shop.ledger.settle(kinds.CYCLE_EXTENDED, lambda now: {**_event(now, document, digest), **sealed})
    return _begun(shop, document, digest, resumed=False)


def _second_look(shop: Shop, state: State) -> dict[str, Any]:
    at_hand = frozen_cycle(shop.workspace)
    if at_hand is None:
        raise ConflictError("no cycle is at hand", fix="heirloom retrain")
    document, digest = at_hand
    if document.get("extension"):
        if digest in state.extended.values():
            raise _final(document["extension"]["number"])
        return {**document, "number": state.cycles + 1}  # it was written, and killed before the ledger heard of it
    release = _first_look(state, digest)
    _check(shop, state, document, release)
    extension = {"of": digest, "number": document["number"], "version": release.version, "checkpoint": release.checkpoint}
    return {**document, "number": state.cycles + 1, "extension": extension, "ledger_head": {"seq": state.seq, "digest": state.head}}


def _first_look(state: State, digest: str) -> Release:
    found = next((release for release in state.releases.values() if release.cycle_digest == digest), None)
    if found is None:
        raise ConflictError("the cycle at hand has no verdict yet", fix="heirloom retrain finishes it")
    return found


def _check(shop: Shop, state: State, document: Mapping[str, Any], release: Release) -> None:
    if release.cycle_digest in state.extended:
        raise _final(release.cycle)
    if release.verdict != INCONCLUSIVE or document["kind"] != RETRAINING:
        raise RefusedError(f"cycle {release.cycle} was judged {release.verdict!r}, and only an inconclusive retraining can be extended")
    if document["policy_sha256"] != shop.policy.digest:
        raise ConflictError(f"the policy is not the one of cycle {release.cycle}", fix="put it back, or heirloom retrain --again")
    if state.champion != release.judged_against:
        raise ConflictError(f"another release serves than in cycle {release.cycle}", fix="heirloom retrain")


def _final(cycle: int) -> RefusedError:
    return RefusedError(
        f"cycle {cycle} was extended once, and what came of it is final",
        expected="one extension, as registered before the first look",
        fix="fresh human text and a new cycle; no approval makes a pass of it",
    )


def _event(now: State, document: Mapping[str, Any], digest: str) -> dict[str, Any]:
    extension = document["extension"]
    if extension["of"] in now.extended:
        raise _final(extension["number"])
    return {
        "cycle": document["number"],
        "cycle_digest": digest,
        "batch_digest": document["batch"]["digest"],
        "policy_sha256": document["policy_sha256"],
        "kind": document["kind"],
        "extends": extension["of"],
        "version": extension["version"],
    }


def _begun(shop: Shop, document: Mapping[str, Any], digest: str, *, resumed: bool) -> Begun:
    name = ", ".join(path.name for path in batch_files(shop.workspace.batch))
    return Begun(number=document["number"], digest=digest, kind=document["kind"], batch=name, resumed=resumed)
