"""Drafts for all requests: chunk by chunk, each kept as soon as it is written, so that a killed run asks only for what is missing."""

from collections.abc import Sequence
from dataclasses import replace

from governance.adapters.draft_file import DraftFile
from governance.adapters.synthetic_rows import seed_of
from governance.ports.generator import Author, Generator, Progress, Request
from governance.ports.language_model import Decoding

CHUNK_REQUESTS = 128


def drafted(
    generator: Generator,
    author: Author,
    requests: Sequence[Request],
    decoding: Decoding,
    *,
    file: DraftFile,
    progress: Progress,
    candidates: int = 1,
) -> list[list[str]]:
    """For each request its drafts, one a candidate. The first candidates are the same whatever their number."""
    kept = file.kept()
    for candidate in range(candidates):
        for start in range(0, len(requests), CHUNK_REQUESTS):
            chunk = requests[start : start + CHUNK_REQUESTS]
            missing = [request for request in chunk if (candidate, request.row_id) not in kept]
            for piece in generator.write(author, missing, _seeded(decoding, start, candidate)) if missing else ():
                file.keep(candidate, piece)
                kept |= {(candidate, row_id): text for row_id, text in piece.items()}
                progress(len(kept), len(requests) * candidates, f"drafts written by {author.name}")
    return [[kept[candidate, request.row_id] for candidate in range(candidates)] for request in requests]


def _seeded(decoding: Decoding, start: int, candidate: int) -> Decoding:
    """A stream for every chunk, and for every candidate after the first."""
    again = [f"candidate {candidate}"] if candidate else []
    return replace(decoding, seed=seed_of(f"{decoding.seed}", f"chunk {start}", *again))
