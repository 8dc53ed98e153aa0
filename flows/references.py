"""What of the line's past a retraining is frozen with: the release that it starts from, and the batch that its own is held against."""

from typing import Any

from flows.recall import refuse_start
from governance.actions.freeze import RETRAINING
from governance.digest import read_document
from governance.errors import RefusedError
from governance.provenance.last_batch import LastBatch
from governance.release.state import Release, State
from governance.training.rules import START_BASE
from governance.wiring import Shop


def start_of(shop: Shop, state: State) -> dict[str, Any]:
    """The release whose weights a retraining starts from, as the policy says; as it stands in cycle.json.

    Raises: RefusedError where there is none, or where it descends from a recalled one.
    """
    version = state.base if shop.policy.training.start == START_BASE else state.champion
    if version is None:
        raise RefusedError("the policy starts from the pre-synthetic release, and there is none", where="policy.toml training.start")
    refuse_start(state, version)
    return _lineage_of(state.releases[version])


def _lineage_of(release: Release) -> dict[str, Any]:
    return {
        "digest": release.checkpoint,
        "version": release.version,
        "synthetic_tokens": release.synthetic_tokens,
        "total_tokens": release.total_tokens,
        "depth": release.depth,
        "passages": release.descent.passages,
        "unknown_tokens": release.unknown_tokens,
        "past_share": release.past_share.document() if release.past_share else None,
    }


def last_batch(shop: Shop, state: State) -> LastBatch | None:
    """The batch of the newest retraining that was registered, where its audit is still kept; a founding batch is another kind of thing."""
    retrained = [release for release in state.releases.values() if release.kind == RETRAINING]
    newest = max(retrained, key=lambda release: release.registered_seq, default=None)
    if newest is None or not (audit := shop.workspace.archive(newest.cycle_digest) / "audit.json").is_file():
        return None
    return LastBatch.of_audit(newest.cycle, read_document(audit))
