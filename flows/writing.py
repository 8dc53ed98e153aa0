"""Synthetic rows for the batch that waits: written by the frozen teacher, and by nobody who learns from them. No Prefect."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.begin import NothingToDo, admitted_humans, pin, waiting_batches
from flows.drafting import drafted
from flows.emission import enter_emissions
from flows.marking import watermark_of
from flows.teacher import Teacher, frozen_teacher
from governance.adapters.bars import bars
from governance.adapters.draft_file import DraftFile
from governance.adapters.synthetic_rows import requests_for, rows_of
from governance.digest import canonical_bytes, digest_document, digest_file, read_document, write_bytes
from governance.errors import IntegrityError, RefusedError, UsageError
from governance.mixing.asking import askable, refuse_too_many
from governance.ports.generator import Author, Request, prompts_digest
from governance.ports.language_model import Decoding
from governance.provenance.rejection import Choice, choose
from governance.provenance.row import ROW_SCHEMA, Origin
from governance.provenance.synthesis import RejectionRules
from governance.release import kinds
from governance.section import section_document
from governance.wiring import Shop

SCHEMA = "heirloom/synthesis/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """What the teacher wrote: rows by origin, the file they lie in, and the document beside it that says how they were made."""

    batch: str
    file: str
    document: Mapping[str, Any]
    changed: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should know of these rows before they are trained on."""
        decoding = self.document["decoding"]
        said = []
        if decoding["sharpened"]:
            settings = f"temperature {decoding['temperature']}, top-p {decoding['top_p']}"
            said.append(f"decoding is sharpened ({settings}): tails are lost faster")
        if (tried := self.document["rejection"]["candidates"]) > 1:
            said.append(f"the nearest of {tried} drafts to people's text was taken: a sharpening too, if one towards people")
        if not self.document["digest_checked"]:
            said.append("the teacher is pinned by what its endpoint says it is: its digest cannot be checked, and its text is not marked")
        return tuple(said)


def write_next(shop: Shop, batch: Path | None = None) -> Synthesis | NothingToDo:
    """Write synthetic rows beside the human rows of a waiting batch, once.

    Raises: RefusedError where the teacher is not on the policy's allow-list, its weights are not the pinned ones, or it descends from the
    student; IntegrityError where the rows that it had written were changed.
    """
    prepared = pin(shop)
    chosen = batch or next(iter(waiting_batches(shop, shop.ledger.state(), prepared.base)), None)
    if chosen is None:
        return NothingToDo(reason="no batch waits in the inbox")
    return written_for(shop, chosen, shop.workspace.root / prepared.base if prepared.base else None)


def written_for(shop: Shop, batch: Path, base: Path | None) -> Synthesis:
    """The rows for one batch of a workspace that is laid out; `base` is what a teacher is made of where none was brought."""
    chosen = _with_room(batch, shop.workspace.inbox)
    teacher = frozen_teacher(shop, base)
    target = chosen / f"{teacher.name}.parquet"
    if target.exists():
        return Synthesis(batch=chosen.name, file=str(target), document=written_before(shop, target), changed=False)
    document = _write(shop, teacher, target)
    return Synthesis(batch=chosen.name, file=str(target), document=document, changed=True)


def document_beside(rows: Path) -> Path:
    """Where the document of a file of synthetic rows lies: a hidden file in the batch, which is no file of rows."""
    return rows.with_name(f".{rows.stem}.synthesis.json")


def written_before(shop: Shop, rows: Path) -> Mapping[str, Any]:
    """The document of rows that were written before. Raises: IntegrityError where it, or the rows, are not what the ledger recorded."""
    place = document_beside(rows)
    document = read_document(place)
    if digest_document(document) not in shop.ledger.state().synthesized:
        raise IntegrityError("is not in the ledger", where=str(place), fix=f"remove {rows}, and heirloom synthesize writes it again")
    if (found := digest_file(rows)) != document["rows_sha256"]:
        raise IntegrityError(
            f"is {found[:12]}",
            where=str(rows),
            expected=f"the rows that {document['generator']} wrote, {document['rows_sha256'][:12]}",
            fix="remove it, and heirloom synthesize writes it again; what people edited is hybrid and goes into a file of its own",
        )
    return document


def _with_room(batch: Path, inbox: Path) -> Path:
    """A batch of one file becomes a folder of the same name with that file in it; wherever this is killed, the batch still waits.

    Raises: UsageError for a batch that is not in the inbox: nothing is moved or written anywhere else.
    """
    if inbox.resolve() not in batch.resolve().parents or not batch.exists():
        raise UsageError("is no batch in the inbox", where=str(batch), expected=f"a file or a folder in {inbox}")
    if batch.is_dir():
        return batch
    folder = batch.with_name(batch.name.split(".")[0])
    folder.mkdir(exist_ok=True)
    batch.rename(folder / batch.name)
    return folder


def _write(shop: Shop, teacher: Teacher, target: Path) -> Mapping[str, Any]:
    """Write, enter the emissions, record, and only then let the rows be seen: killed anywhere, the next call does it again."""
    scratch = shop.workspace.scratch / "synthesize"
    human = admitted_humans(shop, target.parent, scratch)
    requests = requests_of(shop, human, f"{teacher.name}-{target.parent.name}")
    watermark = watermark_of(shop) if teacher.digest_checked else None
    decoding = Decoding.of(shop.policy.synthesis.decoding, seed=shop.policy.line.seed, mark=watermark.mark if watermark else None)
    made = {
        "schema": SCHEMA,
        "generator": teacher.author.name,
        "version": teacher.author.version,
        "digest": teacher.digest,
        "digest_checked": teacher.digest_checked,
        "endpoint": None if teacher.digest_checked else shop.settings.teacher.endpoint.document(),
        "batch": target.parent.name,
        "prompts": {"requests": len(requests), "human_rows_set_aside": human.height - _askable(shop, human).height},
        "prompts_sha256": prompts_digest(requests),
        "decoding": decoding.document(),
        "watermark": watermark.document() if watermark else None,
        "policy_sha256": shop.policy.digest,
    }
    file = DraftFile(folder=scratch, question=digest_document(made))
    rules, show = shop.policy.synthesis.rejection, bars("synthesize")
    drafts = drafted(teacher.generator, teacher.author, requests, decoding, file=file, progress=show, candidates=rules.candidates)
    choice = choose(drafts, [request.parent_text for request in requests], rules)
    rows = _entered(shop, teacher.author, requests, drafts, choice)
    document = _seen(shop, {**made, **rejection_document(rules, choice)}, rows, target)
    file.drop()
    return document


def _entered(shop: Shop, author: Author, requests: list[Request], drafts: list[list[str]], choice: Choice) -> pl.DataFrame:
    """The rows of the accepted drafts, once everything that was written, rejected or not, is in the emission ledger.

    Raises: RefusedError where no draft was accepted.
    """
    tried = [
        (request, draft, place == accepted)
        for request, texts, accepted in zip(requests, drafts, choice.accepted, strict=True)
        for place, draft in enumerate(texts)
    ]
    taken = [(request, draft) for request, draft, accepted in tried if accepted]
    left = [(request, draft) for request, draft, accepted in tried if not accepted]
    rows = rows_of(author, [request for request, _ in taken], [draft for _, draft in taken], shop.policy.line.seed)
    written = [*rows["text"].to_list(), *(f"{request.opening}{draft}" for request, draft in left)]
    enter_emissions(shop, author, written, [request.parent_text for request, _ in (*taken, *left)])
    if rows.is_empty():
        reasons = ", ".join(f"{count} {reason}" for reason, count in choice.rejected.items())
        raise RefusedError(f"no draft of {len(requests)} prompts was accepted: {reasons}", where="policy.toml synthesis.rejection")
    return rows


def rejection_document(rules: RejectionRules, choice: Choice) -> dict[str, Any]:
    """How drafts were chosen, how many were not, and why."""
    none = sum(place is None for place in choice.accepted)
    said = {**section_document(rules), "prompts_without_a_row": none, "reasons": dict(choice.rejected)}
    return {"rejection": said, "rejected": choice.drafts_rejected}


def _seen(shop: Shop, made: Mapping[str, Any], rows: pl.DataFrame, target: Path) -> Mapping[str, Any]:
    """Lay rows and document side by side, once the ledger has them."""
    part = target.with_name(f".{target.name}.part")
    rows.select(n for n in ROW_SCHEMA.names() if n not in ("sha256", "source_file", "line")).write_parquet(part)
    counts = {origin.value: rows.filter(pl.col("origin") == origin.value).height for origin in (Origin.MODEL, Origin.HYBRID)}
    document = {**made, "rows": counts, "rows_sha256": digest_file(part)}
    _record(shop, document)
    write_bytes(document_beside(target), canonical_bytes(document) + b"\n")
    part.rename(target)
    return document


def _record(shop: Shop, document: Mapping[str, Any]) -> None:
    """The document into the ledger, once, however often its rows are written again."""
    digest = digest_document(document)
    if digest in shop.ledger.state().synthesized:
        return
    named = ("generator", "version", "digest", "digest_checked", "batch", "rejected", "decoding")
    body = {name: document[name] for name in (*named, "prompts_sha256", "rows_sha256", "policy_sha256")}
    shop.ledger.record(kinds.ROWS_SYNTHESIZED, {**body, **_counted(document), "document_sha256": digest})


def _counted(document: Mapping[str, Any]) -> dict[str, Any]:
    """Rows in all, and the fingerprint of the key that they are marked with."""
    marked = document["watermark"]
    return {"rows": sum(document["rows"].values()), "watermark": marked["fingerprint"] if marked else None}


def _askable(shop: Shop, human: pl.DataFrame) -> pl.DataFrame:
    return askable(human, shop.policy.synthesis.prompts, shop.policy.mixing)


def requests_of(shop: Shop, human: pl.DataFrame, prefix: str) -> list[Request]:
    """What the teacher is asked for a batch with these human rows.

    Raises: RefusedError where the policy leaves nothing to ask for, or heirloom.toml wants more rows than it permits.
    """
    wanted, prompts = shop.settings.teacher, shop.policy.synthesis.prompts
    refuse_too_many(wanted.model_rows_percent + wanted.hybrid_rows_percent, prompts)
    parents = _askable(shop, human)
    if parents.is_empty():
        raise RefusedError(
            f"none of {human.height} human rows may be asked about",
            where="policy.toml synthesis.prompts, mixing.synthetic_tasks, mixing.slice_caps, mixing.task_caps",
            expected="a slice and a task that may have synthetic text",
        )
    hybrids = parents.height * wanted.hybrid_rows_percent // 100
    return requests_for(
        parents,
        prefix=prefix,
        count=parents.height * wanted.model_rows_percent // 100 + hybrids,
        hybrids=hybrids,
        human_percent=prompts.human_percent,
        opening_words=prompts.opening_words,
        seed=shop.policy.line.seed,
    )
