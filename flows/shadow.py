"""Shadow rounds: a candidate beside the champion on logged prompts, read and kept; and what a round says of the canary. No Prefect."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.finish import release_desk
from governance.actions.assurance import verify_bytes
from governance.adapters.bars import bars
from governance.advice.shadow import LEAST_PROMPTS, MOST_PROMPTS, read_shadow, shadow_plan, shadow_prompts
from governance.collapse.evidence import CANDIDATE, CHAMPION
from governance.digest import canonical_bytes, digest_document, digest_file, read_document, write_bytes
from governance.errors import BatchError, IntegrityError, RefusedError, UsageError
from governance.gates.decision import shipped_gates
from governance.gates.gate import GateCase, GateResult, Verdict
from governance.gates.margins import GateRules
from governance.ports.language_model import LanguageModel
from governance.release import kinds
from governance.release.ledger import Event
from governance.release.state import Release, State
from governance.section import section_document
from governance.stages.asking import Questions, decoding_of, written_to
from governance.wiring import Shop

SCHEMA = "heirloom/shadow/1"
NO_DOCUMENTS = pl.DataFrame(schema={"shard": pl.String, "doc_id": pl.String, "source_id": pl.String, "slice": pl.String, "text": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """One round: its document, the digest that the ledger names it by, and what the gates' limits would say of it. It decides nothing."""

    document: Mapping[str, Any]
    digest: str
    seq: int
    beyond: tuple[str, ...]


def shadow(shop: Shop, version: int, prompts: Path, *, column: str = "text", draws: int = 1) -> Shadow:
    """Let a version and the champion answer the same prompts with the same seeds, and keep what the metrics of text read on both.

    No prompt and no answer is kept anywhere: the ledger has digests and counts, the document numbers.

    Raises: RefusedError where nothing serves or the version is not registered; UsageError where it is the champion, or there are too few
    prompts or too many; BatchError where the file cannot be read; IntegrityError where a byte of either model is altered.
    """
    if not 1 <= draws <= 16:
        raise UsageError(f"{draws} draws of each prompt", where="--draws", expected="1..16")
    state = shop.ledger.state()
    candidate, champion = _both(state, version)
    asked = shadow_prompts(prompts_of(prompts, column))
    if not LEAST_PROMPTS <= asked.height <= MOST_PROMPTS:
        raise UsageError(f"{asked.height} different prompts", where=str(prompts), expected=f"{LEAST_PROMPTS}..{MOST_PROMPTS}")
    desk, seed = release_desk(shop), shop.policy.line.seed
    for release in (candidate, champion):
        verify_bytes(desk, release)
    plan = shadow_plan(shop.policy.probe, draws)
    questions = Questions(plan=plan, documents=NO_DOCUMENTS, words=(), prompts=asked, choices=(), seed=seed, own_bits=False)
    open_one = shop.trainer.open
    models = {CANDIDATE: candidate, CHAMPION: champion}
    told = [_answers(name, open_one(shop.store.path(release.checkpoint)), questions) for name, release in models.items()]
    document = {
        "schema": SCHEMA,
        "version": version,
        "checkpoint": candidate.checkpoint,
        "champion": champion.version,
        "champion_checkpoint": champion.checkpoint,
        "prompts": {"sha256": digest_file(prompts), "different": asked.height, "draws": draws},
        "probe": section_document(plan),
        "seed": seed,
        "metrics": list(read_shadow(pl.concat(told), plan, seed)),
    }
    return _kept(shop, document)


def prompts_of(path: Path, column: str) -> list[str]:
    """The texts of a log in their order; no message says a word of one.

    Raises: BatchError where the file, or a row of it, cannot be read, naming the row by its number.
    """
    try:
        texts = list(_parquet(path, column) if path.suffix == ".parquet" else _lines(path, column))
    except OSError as error:
        raise BatchError(f"cannot be read: {error.strerror}", where=str(path)) from error
    wrong = [f"row {number}" for number, text in enumerate(texts, start=1) if not _is_prompt(text)]
    if wrong:
        raise BatchError(f"{len(wrong)} rows have no text", where=str(path), expected=f"a text in {column!r}", examples=wrong[:5])
    return [str(text) for text in texts]


def canary_drift(shop: Shop, state: State) -> str:
    """What the newest round since the canary was begun says of it: which limit it is surely beyond; empty where none is, or none was held.

    Raises: IntegrityError where the document of that round is not the one that the ledger names.
    """
    canary, champion = state.canaries.standing, state.champion
    if canary is None or champion is None:
        return ""
    event = _newest(shop, state.releases[canary.version], state.releases[champion], since=canary.seq)
    if event is None:
        return ""
    beyond = beyond_limits(_document(shop, event)["metrics"], shop.policy.gates)
    return f"beyond the limits in the shadow round of ledger {event.seq}: {'; '.join(one.reason for one in beyond)}" if beyond else ""


def beyond_limits(metrics: list[dict[str, Any]], rules: GateRules) -> tuple[GateResult, ...]:
    """What the gates of text block, held against the champion by its step: nothing that is only unsure."""
    entries = {entry["name"]: entry for entry in metrics}
    case = GateCase(metrics=entries, mix={}, lineage={}, rules=rules, references=(CHAMPION,))
    gates = [gate for name, gate in shipped_gates().items() if name in rules.enabled and gate.metric in entries]
    return tuple(result for gate in gates for result in gate.judge(case) if result.verdict is Verdict.BLOCK)


def _both(state: State, version: int) -> tuple[Release, Release]:
    if state.champion is None:
        raise RefusedError("nothing serves that a candidate could be read beside", fix="heirloom promote")
    if version == state.champion:
        raise UsageError(f"version {version} is the champion", expected="another version: a model is no shadow of itself")
    if version not in state.releases:
        raise RefusedError(f"version {version} is not registered", expected="one that heirloom status shows")
    return state.releases[version], state.releases[state.champion]


def _answers(name: str, model: LanguageModel, questions: Questions) -> pl.DataFrame:
    """Every draw of every prompt, with seeds that do not know which model answers."""
    (asking,) = questions.plan.askings()
    show, found, texts = bars("shadow"), [], questions.prompts["text"].to_list()
    for draw in range(asking.draws):
        written = model.sample(texts, decoding_of(questions, asking, draw))
        found.append(written_to(questions, asking, draw, written, [None] * len(written)))
        show(draw + 1, asking.draws, f"draws of the {name}")
    return pl.concat(found).select(pl.lit(name).alias("model"), pl.all())


def _kept(shop: Shop, document: Mapping[str, Any]) -> Shadow:
    """The document first and its name after it; the same round again is on record again, with the same digest."""
    digest = digest_document(document)
    write_bytes(shop.workspace.shadows / f"{digest}.json", canonical_bytes(document) + b"\n")
    body = {name: document[name] for name in ("version", "champion", "checkpoint", "champion_checkpoint")}
    counts = {"prompts": document["prompts"]["different"], "draws": document["prompts"]["draws"]}
    named = {"prompts_sha256": document["prompts"]["sha256"], "document_sha256": digest}
    event = shop.ledger.record(kinds.SHADOW_READ, {**body, **counts, **named})
    beyond = beyond_limits(document["metrics"], shop.policy.gates)
    return Shadow(document=document, digest=digest, seq=event.seq, beyond=tuple(one.reason for one in beyond))


def _newest(shop: Shop, candidate: Release, champion: Release, *, since: int) -> Event | None:
    of_both = {"checkpoint": candidate.checkpoint, "champion_checkpoint": champion.checkpoint}
    found = (event for event in reversed(shop.ledger.events()) if event.kind == kinds.SHADOW_READ and event.seq > since)
    return next((event for event in found if of_both.items() <= event.body.items()), None)


def _document(shop: Shop, event: Event) -> Mapping[str, Any]:
    place = shop.workspace.shadows / f"{event.body['document_sha256']}.json"
    document = read_document(place)
    if digest_document(document) != event.body["document_sha256"]:
        raise IntegrityError("is not the shadow reading that the ledger names", where=str(place), fix="heirloom shadow reads it again")
    return document


def _is_prompt(text: object) -> bool:
    """A text with something in it, of whole characters."""
    return isinstance(text, str) and bool(text.strip()) and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _parquet(path: Path, column: str) -> list[Any]:
    try:
        rows = pl.read_parquet(path, columns=[column])
    except pl.exceptions.PolarsError as error:
        raise BatchError(f"is no Parquet file with a column {column!r}", where=str(path)) from error
    return rows[column].to_list()


def _lines(path: Path, column: str) -> Iterator[Any]:
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if line.strip():
            yield _field(line, column, f"{path}:{number}")


def _field(line: bytes, column: str, where: str) -> Any:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise BatchError("is no line of JSON", where=where) from None  # what Python says of it quotes the line
    return found.get(column) if isinstance(found, dict) else None
