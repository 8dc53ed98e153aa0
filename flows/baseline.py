"""Moving the baseline: seal a second shard, propose with evidence, approve by two. Plain functions, no Prefect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.begin import prove_shards
from flows.finish import release_desk
from governance.actions.assurance import verify_bytes
from governance.adapters.dvc_commands import add_file
from governance.collapse.evidence import BASELINE, CANDIDATE, CHAMPION, SAMPLE_SCHEMA, SCORE_SCHEMA, Evidence, Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Case
from governance.collapse.metrics.tail_perplexity import METRIC
from governance.digest import digest_file, digest_text, write_bytes
from governance.errors import ConflictError, IntegrityError, RefusedError, UsageError
from governance.gates.decision import shipped_gates
from governance.gates.margins import Margin
from governance.ports.desk import SHARDS
from governance.provenance.row import Origin
from governance.release import kinds
from governance.release.baseline_proposal import APPROVALS, BaselineProposal
from governance.release.rebaseline import check_baseline_approver, check_proposal
from governance.release.state import Release, State
from governance.wiring import Shop

SEALED = "shards/sealed.parquet"
COLUMNS = ("row_id", "text", "origin")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedShard:
    """The second shard: how many documents it holds, and its sha256. `changed` is False where it was sealed before."""

    sha256: str
    documents: int
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A yes to a proposal. `missing` more are needed; at none the baseline has moved."""

    proposal: BaselineProposal
    by: str
    missing: int


def seal(shop: Shop, file: Path, track: Callable[[Path, Path], None] = add_file) -> SealedShard:
    """Pin a second shard of human documents that share no id and no text with any other shard or any row that was ever admitted.

    It is opened for a proposal and for nothing else. A shard that is sealed stays: another one would be a choice among shards. `track` puts
    a file of a workspace where it can be got back from, before the ledger hears of it.

    Raises: RefusedError naming ids that overlap; UsageError where the rows are no human rows; ConflictError where another one is sealed.
    """
    state = shop.ledger.state()
    if not state.shards:
        raise ConflictError("the other shards are not pinned yet", fix="heirloom retrain founds the line")
    prove_shards(shop, state)
    sha256 = digest_file(file)
    if state.sealed is not None:
        if state.sealed == sha256:
            documents = _sealed(shop, state).height
            _keep(shop, track)
            return SealedShard(sha256=sha256, documents=documents, changed=False)
        raise ConflictError(f"a shard is sealed already: {state.sealed[:12]}", expected="one shard for the whole line")
    rows = _human_rows(file)
    _disjoint(shop, state, rows)
    write_bytes(shop.workspace.root / SEALED, file.read_bytes())
    _keep(shop, track)
    shop.ledger.settle(kinds.SHARD_SEALED, lambda now: _unsealed(now, {"sha256": sha256, "documents": rows.height}))
    return SealedShard(sha256=sha256, documents=rows.height, changed=True)


def propose(shop: Shop, version: int, control: int, reason: str) -> BaselineProposal:
    """Score baseline, proposed release and control on the sealed shard, and put the proposal with its numbers into the ledger.

    Raises: RefusedError where sealed rows were admitted since, where the control does not show the shift that the proposed release shows,
    and as `check_proposal`.
    """
    if not reason.strip():
        raise UsageError("no reason", where="--reason", expected="why candidates shall be measured against another release")
    state = shop.ledger.state()
    release, check, baseline = check_proposal(state, version, control)
    rows = _sealed(shop, state)
    _disjoint(shop, state, rows)
    evidence = _evidence(shop, rows, release, check, baseline)
    _same_shift(evidence, _margin(shop), control)
    body = {
        "version": version,
        "from": baseline.version,
        "control": control,
        "sealed_sha256": state.sealed,
        "policy_sha256": shop.policy.digest,
        "evidence": evidence,
        "reason": reason,
    }
    shop.ledger.settle(kinds.BASELINE_PROPOSED, lambda now: _unmoved(now, state, body))
    return _open(shop.ledger.state())


def approve(shop: Shop, reason: str) -> Approved:
    """One more person's yes to the open proposal; the second one moves the baseline. Raises: as `check_baseline_approver`."""
    if not reason.strip():
        raise UsageError("no reason", where="--reason", expected="what was looked at")
    actor, digest = shop.ledger.actor, shop.policy.digest
    before = check_baseline_approver(shop.ledger.state(), actor, digest)
    _sealed(shop, shop.ledger.state())

    def decide(now: State) -> Mapping[str, Any]:
        return {"proposal": check_baseline_approver(now, actor, digest).seq, "reason": reason}

    shop.ledger.settle(kinds.BASELINE_APPROVED, decide)
    left = shop.ledger.state().proposal
    given = left.approved_by if left and left.seq == before.seq else (*before.approved_by, actor)
    return Approved(proposal=before, by=actor, missing=max(0, APPROVALS - len(given)))


def _human_rows(file: Path) -> pl.DataFrame:
    try:
        rows = pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"cannot be read: {type(error).__name__}", where=str(file), expected="a Parquet file of rows") from error
    if missing := [name for name in COLUMNS if name not in rows.columns]:
        raise UsageError(f"column {missing[0]!r} is missing", where=str(file), expected=", ".join(COLUMNS))
    wrong = rows.filter(pl.col("origin") != Origin.HUMAN.value)
    twice = rows.filter(pl.col("row_id").is_duplicated() | pl.col("text").is_duplicated())
    for problem, found in (("rows that are not human", wrong), ("ids or texts twice", twice)):
        if found.height:
            raise RefusedError(f"{found.height} {problem}", where=str(file), examples=found["row_id"].head(5).to_list())
    return rows


def _disjoint(shop: Shop, state: State, rows: pl.DataFrame) -> None:
    """No id and no text of the rows is in another shard or was ever admitted. Raises: RefusedError naming at most five ids."""
    texts = rows.with_columns(sha256=pl.Series([digest_text(text) for text in rows["text"]], dtype=pl.String))
    for name, place in SHARDS.items():
        shard = pl.read_parquet(shop.workspace.root / place)
        ids = shard["row_id"] if "row_id" in shard.columns else shard["prompt_id"]
        _refuse_shared(texts.filter(pl.col("row_id").is_in(ids.implode()) | pl.col("text").is_in(shard["text"].implode())), f"shard {name}")
    if (memory := shop.memory.settled(state.memory)) is not None:
        known = pl.read_parquet(memory, columns=["row_id", "sha256"])
        shared = pl.col("row_id").is_in(known["row_id"].implode()) | pl.col("sha256").is_in(known["sha256"].implode())
        _refuse_shared(texts.filter(shared), "rows of earlier batches")


def _refuse_shared(shared: pl.DataFrame, what: str) -> None:
    if shared.height:
        raise RefusedError(f"{shared.height} rows are in {what} too", where=SEALED, examples=shared["row_id"].head(5).to_list())


def _unsealed(now: State, body: Mapping[str, Any]) -> Mapping[str, Any]:
    if now.sealed is not None:
        raise ConflictError("another shard was sealed meanwhile")
    return body


def _unmoved(now: State, read: State, body: Mapping[str, Any]) -> Mapping[str, Any]:
    if (now.baseline, now.sealed) != (read.baseline, read.sealed):
        raise ConflictError("baseline or sealed shard moved meanwhile", fix="propose again")
    check_proposal(now, body["version"], body["control"])
    return body


def _open(state: State) -> BaselineProposal:
    if state.proposal is None:
        raise ConflictError("the proposal was overtaken", fix="heirloom ledger shows by what")
    return state.proposal


def _keep(shop: Shop, track: Callable[[Path, Path], None]) -> None:
    """The sealed shard into DVC, as the other ones are, where it is not there yet: older versions left it out."""
    if not (shop.workspace.root / f"{SEALED}.dvc").exists():
        track(shop.workspace.root, shop.workspace.root / SEALED)


def prove_sealed(shop: Shop, state: State) -> bool:
    """The sealed shard has the bytes that were sealed; False where none was. Raises: IntegrityError with the way to get them back."""
    if state.sealed is None:
        return False
    path = shop.workspace.root / SEALED
    found = digest_file(path) if path.is_file() else "missing"
    if found != state.sealed:
        raise IntegrityError(
            f"is {found[:12]}, sealed as {state.sealed[:12]}",
            where=SEALED,
            expected="the bytes that the ledger sealed",
            fix=f"dvc checkout --force {SEALED}.dvc brings the sealed bytes back",
        )
    return True


def _sealed(shop: Shop, state: State) -> pl.DataFrame:
    prove_sealed(shop, state)
    return pl.read_parquet(shop.workspace.root / SEALED)


def _evidence(shop: Shop, rows: pl.DataFrame, release: Release, control: Release, baseline: Release) -> dict[str, Any]:
    """How proposed release and control stand against the baseline, and the one against the other, on the sealed documents."""
    desk = release_desk(shop)
    scores = {}
    for one in (release, control, baseline):
        verify_bytes(desk, one)
        scores[one.version] = _scores(shop, rows, one)
    against = _compare(shop, scores[release.version], {CHAMPION: scores[control.version], BASELINE: scores[baseline.version]})
    shift = _compare(shop, scores[control.version], {BASELINE: scores[baseline.version]})
    return {"proposed": against[BASELINE], "control": shift[BASELINE], "proposed_against_control": against[CHAMPION]}


def _scores(shop: Shop, rows: pl.DataFrame, release: Release) -> pl.DataFrame:
    found = shop.trainer.open(shop.store.path(release.checkpoint)).score(rows["text"].to_list())
    source = pl.col("source_id").fill_null(pl.col("row_id")) if "source_id" in rows.columns else pl.col("row_id")
    return rows.select(
        pl.lit("").alias("model"),
        pl.lit("tail").alias("shard"),
        pl.col("row_id").alias("doc_id"),
        source.alias("source_id"),
        pl.lit("none").alias("slice"),
        pl.Series("bits", [score.bits for score in found], dtype=pl.Float64),
        pl.col("text").str.len_bytes().cast(pl.Int64).alias("bytes"),
        pl.Series("tokens", [score.tokens for score in found], dtype=pl.Int64),
    ).select(SCORE_SCHEMA.names())


def _compare(shop: Shop, candidate: pl.DataFrame, references: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, float | int]]:
    frames = [frame.with_columns(model=pl.lit(name)) for name, frame in {CANDIDATE: candidate, **references}.items()]
    evidence = Evidence(scores=pl.concat(frames), samples=pl.DataFrame(schema=SAMPLE_SCHEMA))
    case = Case(evidence=evidence, samples=Unmeasured(reason="nothing is sampled"), plan=shop.policy.probe, seed=shop.policy.line.seed)
    found = METRIC.measure(case).against
    return {name: _document(found[name]) for name in references}


def _document(found: Comparison | Unmeasured) -> dict[str, float | int]:
    if isinstance(found, Unmeasured):
        raise RefusedError(f"the sealed shard cannot be measured: {found.reason}", where=SEALED)
    return found.document()


def _margin(shop: Shop) -> Margin:
    own = shipped_gates()[METRIC.name].margin
    found = shop.policy.gates.margins.get(METRIC.name, own)
    if found is None:
        raise UsageError("tail perplexity has no margin", where="policy.toml gates.margins")
    return found


def _same_shift(evidence: Mapping[str, Mapping[str, float | int]], margin: Margin, control: int) -> None:
    """The control moved as the proposed release did: their whole difference is inside the step limit, on enough documents."""
    apart, limit = evidence["proposed_against_control"], margin.champion_step_percent / 100
    if apart["n"] < margin.minimum_units:
        raise RefusedError(f"{apart['n']} sealed documents", where=SEALED, expected=f"at least {margin.minimum_units}")
    if not (-limit < apart["low"] and apart["high"] < limit):
        said = f"{100 * apart['change']:+.1f} % [{100 * apart['low']:+.1f}, {100 * apart['high']:+.1f}]"
        raise RefusedError(
            f"human-only control {control} does not show the same shift: the release stands {said} against it",
            expected=f"the whole interval within {margin.champion_step_percent:g} %",
            fix="what the control does not show is a loss, and no reason for another baseline",
        )
