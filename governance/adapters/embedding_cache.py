"""Vectors of texts that were encoded before, in one file an encoder: a metric that is added encodes nothing again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from governance.adapters.sentence_encoder import SentenceEncoder
from governance.collapse.encoder import Encoder
from governance.collapse.evidence import Floats
from governance.errors import IntegrityError, UsageError
from governance.ports.workspace import Workspace

KEPT = "embeddings"
MOST_KEPT = 100_000
"""Vectors that stay: those of the newest texts. The oldest are encoded again where they come back."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CachedEncoder:
    """An encoder that looks into its folder first. Vectors are rounded to 32 bits always, so that what was kept is what would be made."""

    inner: Encoder
    folder: Path
    most_kept: int = MOST_KEPT

    @property
    def digest(self) -> str:
        return self.inner.digest

    def encode(self, texts: Sequence[str]) -> Floats:
        """Raises: IntegrityError where the file of kept vectors cannot be read."""
        names = [hashlib.sha256(text.encode()).digest() for text in texts]
        first = dict(zip(reversed(names), reversed(range(len(texts))), strict=True))
        kept = self._read()
        found = dict(zip(kept["text"], kept["vector"].to_numpy(), strict=True)) if kept.height else {}
        missing = [place for name, place in first.items() if name not in found]
        if missing:
            made = self.inner.encode([texts[place] for place in missing]).astype(np.float32)
            new = pl.DataFrame({"text": [names[place] for place in missing], "vector": made}, schema_overrides={"text": pl.Binary})
            self._write(pl.concat([new, kept]) if kept.height else new)
            found |= zip(new["text"], made, strict=True)
        return np.array([found[name] for name in names], dtype=np.float64)

    @property
    def _file(self) -> Path:
        return self.folder / f"{self.digest[:16]}.parquet"

    def _read(self) -> pl.DataFrame:
        if not self._file.exists():
            return pl.DataFrame(schema={"text": pl.Binary})
        try:
            return pl.read_parquet(self._file)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise IntegrityError(f"cannot be read: {error}", where=str(self._file), fix="delete it: its vectors are made again") from error

    def _write(self, vectors: pl.DataFrame) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(".partial")
        vectors.head(self.most_kept).write_parquet(partial)
        partial.replace(self._file)


def open_encoder(folder: str, workspace: Workspace, digest: str) -> CachedEncoder:
    """The encoder with this digest in a folder; a relative one is the workspace's. Nothing is loaded before a text is new.

    Raises: UsageError where no folder is named.
    """
    if not folder:
        raise UsageError("names no folder", where="heirloom.toml encoder.folder", fix=f"say where the encoder {digest[:16]} is")
    return CachedEncoder(inner=SentenceEncoder(folder=workspace.root / folder, digest=digest), folder=workspace.state / KEPT)
