"""Rounds of pairs and their votes under `.heirloom/sides/CYCLE-AGAINST/`: pairs and key as they were drawn, votes as they came in."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.adapters.batch.door import write_whole
from governance.adapters.lock import hold
from governance.collapse.sides.pairs import KEY_SCHEMA, PAIR_SCHEMA, Drawn
from governance.collapse.sides.votes import VOTE_SCHEMA
from governance.digest import digest_bytes, digest_file, write_bytes
from governance.errors import ConflictError, IntegrityError
from governance.ports.clock import Clock

PAIRS, KEY, VOTES = "pairs.parquet", "key.parquet", "votes.parquet"


def votes_csv(votes: pl.DataFrame) -> bytes:
    """Votes in the one form of which the ledger keeps the digest."""
    return votes.select(VOTE_SCHEMA.names()).sort("pair_id", "question").write_csv().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SideFolder:
    """One round. The key lies in a file of its own, which nobody needs to open before the votes are in."""

    folder: Path
    clock: Clock

    @property
    def is_drawn(self) -> bool:
        return (self.folder / KEY).is_file()

    def keep(self, drawn: Drawn) -> None:
        """Write a new round; the key last, so that a round with a key is whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(drawn.pairs, self.folder / PAIRS)
        write_whole(drawn.key, self.folder / KEY)

    def digests(self) -> tuple[str, str]:
        """sha256 of pairs and key."""
        return digest_file(self.folder / PAIRS), digest_file(self.folder / KEY)

    def pairs(self, sha256: str) -> pl.DataFrame:
        return self._read(PAIRS, sha256).select(PAIR_SCHEMA.names())

    def key(self, sha256: str) -> pl.DataFrame:
        return self._read(KEY, sha256).select(KEY_SCHEMA.names())

    def votes(self) -> pl.DataFrame:
        """All votes so far."""
        place = self.folder / VOTES
        return pl.read_parquet(place).select(VOTE_SCHEMA.names()) if place.is_file() else VOTE_SCHEMA.to_frame()

    def add(self, votes: pl.DataFrame) -> int:
        """Keep new votes; one that is there already with the same choice is not counted twice.

        Raises: ConflictError where a rater said something else of a pair before: then nothing is kept.
        """
        with hold(self.folder / "lock", "side-by-side", self.clock):
            kept, same = self.votes(), ["pair_id", "rater", "question"]
            met = votes.join(kept, on=same, how="inner", suffix="_before")
            changed = met.filter(pl.col("choice") != pl.col("choice_before"))
            if changed.height:
                raise ConflictError(
                    f"{changed.height} votes say something else than the same rater said before",
                    examples=changed["pair_id"].unique().sort().to_list(),
                    fix="a vote is given once; take these lines out",
                )
            new = votes.join(kept, on=same, how="anti").select(VOTE_SCHEMA.names())
            if new.height:
                write_whole(pl.concat([kept, new]), self.folder / VOTES)
        return new.height

    def keep_said(self, said: bytes) -> None:
        """Keep what one act said, under its digest: what its signature names."""
        write_bytes(self._said(digest_bytes(said)), said)

    def said(self, sha256: str) -> pl.DataFrame | None:
        """The votes of one act; None where they are gone or altered."""
        place = self._said(sha256)
        if not place.is_file() or digest_file(place) != sha256:
            return None
        return pl.read_csv(place, schema=VOTE_SCHEMA)

    def _said(self, sha256: str) -> Path:
        return self.folder / "said" / f"{sha256}.csv"

    def _read(self, name: str, sha256: str) -> pl.DataFrame:
        place = self.folder / name
        if not place.is_file() or digest_file(place) != sha256:
            raise IntegrityError(
                "is altered" if place.is_file() else "is missing",
                where=str(place),
                expected="what the ledger says was drawn",
                fix="bring the file back from a backup of .heirloom",
            )
        return pl.read_parquet(place)
