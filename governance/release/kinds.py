"""The kinds of events and what the body of each must say: ids, digests and numbers, and the short reasons that people give."""

from collections.abc import Mapping
from types import MappingProxyType

from governance.errors import UsageError

WORKSPACE_CREATED = "workspace.created"
SHARDS_PINNED = "shards.pinned"
TEACHER_PINNED = "teacher.pinned"
BENCHMARK_PINNED = "benchmark.pinned"
SENTINELS_PINNED = "sentinels.pinned"
EMISSIONS_ENTERED = "emissions.entered"
ROWS_SYNTHESIZED = "rows.synthesized"
MEMORY_EXTENDED = "memory.extended"
ROWS_KEPT = "rows.kept"
ROWS_PRUNED = "rows.pruned"
ROWS_WITHDRAWN = "rows.withdrawn"
MODEL_ADOPTED = "model.adopted"
ROWS_RELABELLED = "rows.relabelled"
CYCLE_FROZEN = "cycle.frozen"
CYCLE_EXTENDED = "cycle.extended"
CYCLE_JUDGED = "cycle.judged"
CYCLE_ABANDONED = "cycle.abandoned"
CANDIDATE_REGISTERED = "candidate.registered"
REVIEW_REQUESTED = "review.requested"
APPROVAL_GIVEN = "approval.given"
APPROVAL_REFUSED = "approval.refused"
ROLLBACK_REHEARSED = "rollback.rehearsed"
PROMOTION_INTENDED = "promotion.intended"
PROMOTION_COMMITTED = "promotion.committed"
PROMOTION_ABANDONED = "promotion.abandoned"
ROLLBACK_INTENDED = "rollback.intended"
ROLLBACK_COMMITTED = "rollback.committed"
CANARY_STARTED = "canary.started"
CANARY_ENDED = "canary.ended"
SHADOW_READ = "shadow.read"
TASKS_SCORED = "tasks.scored"
SCHEDULE_FROZEN = "schedule.frozen"
SCHEDULE_UNFROZEN = "schedule.unfrozen"
SHARD_SEALED = "shard.sealed"
BASELINE_PROPOSED = "baseline.proposed"
BASELINE_APPROVED = "baseline.approved"
NOTE_ADDED = "note.added"
CONTROL_READ = "control.read"
CORPUS_AUDITED = "corpus.audited"
GATE_DRILLED = "gate.drilled"
SAMPLE_DRAWN = "sample.drawn"
SAMPLE_READ = "sample.read"
SIDES_DRAWN = "sides.drawn"
SIDES_VOTED = "sides.voted"
VIEWS_REPAIRED = "views.repaired"
PLATFORM_KEY_NAMED = "platform-key.named"

_NEEDS = {
    WORKSPACE_CREATED: "model environment",
    SHARDS_PINNED: "anchors tail human prompts",
    TEACHER_PINNED: "name digest",
    BENCHMARK_PINNED: "name sha256 columns",
    SENTINELS_PINNED: "sha256",
    EMISSIONS_ENTERED: "generator version rows emissions_sha256",
    ROWS_SYNTHESIZED: (
        "generator version digest digest_checked batch rows rejected decoding watermark prompts_sha256 rows_sha256 document_sha256"
        " policy_sha256"
    ),
    MEMORY_EXTENDED: "cycle cycle_digest rows forgotten memory_sha256",
    ROWS_KEPT: "cycle cycle_digest rows rows_sha256 own",
    ROWS_PRUNED: "cycle_digest rows_sha256 reason",
    ROWS_WITHDRAWN: "rows reason withdrawn_sha256 kept trained perhaps",
    MODEL_ADOPTED: "version adoption_sha256 checkpoint policy_sha256 share tokens run_url reason page",
    ROWS_RELABELLED: "by rows unqueued moves labels_sha256 sheet_sha256 signature key",
    CYCLE_FROZEN: "cycle cycle_digest batch_digest policy_sha256 kind registration signature key",
    CYCLE_EXTENDED: "cycle cycle_digest batch_digest policy_sha256 kind extends version registration signature key",
    CYCLE_JUDGED: "cycle cycle_digest batch_digest policy_sha256 verdict reason decision_sha256 checkpoint",
    CYCLE_ABANDONED: "cycle cycle_digest reason",
    CANDIDATE_REGISTERED: (
        "version cycle cycle_digest checkpoint verdict decision_sha256 policy_sha256 kind synthetic_tokens total_tokens depth"
        " worst_shard_synthetic worst_shard_total run_url passages unknown_tokens past_share batches_head levels kinship labellers"
        " documents page"
    ),
    REVIEW_REQUESTED: "version requested_by",
    APPROVAL_GIVEN: (
        "version checkpoint decision_sha256 policy_sha256 expected_champion reason model environment cycle_digest not_after"
        " policy_committer statement_sha256 signature key"
    ),
    APPROVAL_REFUSED: (
        "version reason checkpoint decision_sha256 policy_sha256 expected_champion model environment cycle_digest policy_committer"
        " statement_sha256 signature key"
    ),
    ROLLBACK_REHEARSED: "version to checkpoint files bytes milliseconds",
    PROMOTION_INTENDED: "version from checkpoint approved_by approvals policy_committer",
    PROMOTION_COMMITTED: "version from approved_by",
    PROMOTION_ABANDONED: "version reason",
    ROLLBACK_INTENDED: "version from reason",
    ROLLBACK_COMMITTED: "version from reason degraded",
    CANARY_STARTED: "version champion checkpoint percent until approved_by approvals",
    CANARY_ENDED: "version started reason",
    SHADOW_READ: "version champion checkpoint champion_checkpoint prompts draws prompts_sha256 document_sha256",
    TASKS_SCORED: "version checkpoint tasks scores_sha256 document_sha256",
    SCHEDULE_FROZEN: "reason",
    SCHEDULE_UNFROZEN: "reason",
    SHARD_SEALED: "sha256 documents",
    BASELINE_PROPOSED: "version from control sealed_sha256 policy_sha256 evidence reason",
    BASELINE_APPROVED: "proposal reason",
    NOTE_ADDED: "about text",
    CONTROL_READ: "cycle group terms seed checkpoint readings",
    CORPUS_AUDITED: "name corpus_sha256 rows tokens synthetic_rows unknown_rows exceeded",
    GATE_DRILLED: "gate_version trainer own seeds broken drill_sha256",
    SAMPLE_DRAWN: "cycle cycle_digest rows sample_sha256 due excluded",
    SAMPLE_READ: "cycle_digest sample_sha256 readers",
    SIDES_DRAWN: "cycle cycle_digest against pairs pairs_sha256 key_sha256",
    SIDES_VOTED: "key_sha256 by votes judge votes_sha256 signature key",
    VIEWS_REPAIRED: "aliases pointer copies",
    PLATFORM_KEY_NAMED: "key public replaces signature reason",
}
BODIES: Mapping[str, frozenset[str]] = MappingProxyType({kind: frozenset(keys.split()) for kind, keys in _NEEDS.items()})
"""Kind -> the keys of its body, all of them and no others."""

LATER: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        CANDIDATE_REGISTERED: frozenset(
            ("passages", "unknown_tokens", "past_share", "batches_head", "levels", "kinship", "labellers", "documents", "page")
        ),
        MODEL_ADOPTED: frozenset(("page",)),
        APPROVAL_GIVEN: BODIES[APPROVAL_GIVEN]
        - frozenset(("version", "checkpoint", "decision_sha256", "policy_sha256", "expected_champion", "reason")),
        APPROVAL_REFUSED: BODIES[APPROVAL_REFUSED] - frozenset(("version", "reason")),
        PROMOTION_INTENDED: frozenset(("approvals", "policy_committer")),
        ROWS_KEPT: frozenset(("own",)),
        CYCLE_FROZEN: frozenset(("registration", "signature", "key")),
        CYCLE_EXTENDED: frozenset(("registration", "signature", "key")),
        SIDES_VOTED: frozenset(("signature", "key")),
    }
)
"""Kind -> keys that older versions did not write. Every event written now has them; the fold knows what their absence means."""

TEXT_LIMIT = 2000
"""Characters of one text in a body: a reason is a sentence or two, and a row of training text is never one."""


def check_body(kind: str, body: Mapping[str, object]) -> None:
    """A body says everything its kind needs and nothing else, in short texts that are Unicode.

    Raises: UsageError naming the kind and the key.
    """
    if kind not in BODIES:
        raise UsageError(f"{kind!r} is no kind of event", expected=", ".join(BODIES), where="ledger")
    missing, extra = BODIES[kind] - body.keys(), body.keys() - BODIES[kind]
    if missing or extra:
        wrong = [f"{key} is missing" for key in sorted(missing)] + [f"{key} is not expected" for key in sorted(extra)]
        raise UsageError("; ".join(wrong), where=f"ledger event {kind}")
    for key, value in body.items():
        if isinstance(value, str):
            check_text(value, f"ledger event {kind}, {key}")


def check_text(text: str, where: str) -> None:
    """A text that can be kept: at most 2000 characters, no half characters, no control characters but the line feed.

    Raises: UsageError saying which of these it is.
    """
    if len(text) > TEXT_LIMIT:
        raise UsageError(f"{len(text)} characters", expected=f"at most {TEXT_LIMIT}", where=where)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"half a character at position {error.start}", expected="Unicode text", where=where) from error
    if wrong := [place for place, sign in enumerate(text) if ord(sign) < 32 and sign != "\n"]:
        raise UsageError(f"a control character at position {wrong[0]}", expected="printable text", where=where)
