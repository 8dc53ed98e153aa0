"""The names of a release: how a row says that it wrote it, and what is recalled when it was left by a rollback."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.provenance.passed import names_checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A release as an author. `names` are pairs of generator and version; the digest of its checkpoint names it too."""

    version: int
    digest: str
    names: tuple[tuple[str, str | None], ...]

    def wrote(self, generator: str | None, version: str | None) -> bool:
        """True where a row by this author is its."""
        return (generator, version) in self.names or names_checkpoint(version.lower() if version else None, self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled(Named):
    """A release whose words are barred since ledger `seq`."""

    seq: int

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Recalled":
        names = tuple((generator, version) for generator, version in document["names"])
        return cls(version=document["version"], digest=document["digest"], seq=document["seq"], names=names)

    def document(self) -> dict[str, Any]:
        """An entry of `recalled` in cycle.json."""
        return {"version": self.version, "digest": self.digest, "seq": self.seq, "names": [list(pair) for pair in self.names]}


def names_of(
    model: str, version: int, digest: str, aliases: Mapping[str, str], versions: Mapping[str, str]
) -> tuple[tuple[str, str | None], ...]:
    """Every pair of generator and version that means one release of a model, by the reviewed table of the policy.

    Rows at the door are named by that table already; rows that were kept before it knew a spelling are not.
    """
    number = str(version)
    spelt = [spelling for spelling, name in aliases.items() if name == model]
    found: list[tuple[str, str | None]] = [(name, said) for name in (model, *spelt) for said in (number, f"v{number}", f"{model}/{number}")]
    for spelling in spelt:
        said = versions.get(spelling)
        if said == number or names_checkpoint(said, digest):
            found += [(spelling, None), (spelling, spelling), (spelling, said), (model, said)]
    return tuple(sorted(set(found), key=lambda pair: (pair[0], pair[1] or "")))
