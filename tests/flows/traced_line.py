"""A line in a folder whose cycles left documents in the archive: mixes are planned, lineages follow from them, the ledger is a file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from flows.finish import archive_of
from governance.actions.promote import promote
from governance.actions.register import register
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.digest import digest_document, write_document
from governance.mixing.descent import descent_document
from governance.mixing.rules import MixRules
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.release.kinship import Kinship
from governance.wiring import Shop
from tests.mixing.mixing_rows import draft, frame, row, text_of
from tests.world import MODEL, World, finished, terms

RULES = MixRules(minimum_human_tokens=1, self_generated="admit", synthetic_cap_percent=50)
TEACHER, ANCHORS = "7" * 64, "9b31" + "0" * 60


Wrote = tuple[str, str, str, int]
"""Origin, generator, version, rows."""


@cache
def mix_of(by: Sequence[Wrote]) -> Mapping[str, Any]:
    """mix.json of 20 human rows beside those of others."""
    others = [
        row(f"{version}-{origin}-{n}", text_of(900 + 100 * place + n, 10), origin, generator=generator, generator_version=version)
        for place, (origin, generator, version, count) in enumerate(by)
        for n in range(count)
    ]
    rows = frame([*(row(f"h{n}", text_of(n, 30)) for n in range(20)), *others])
    mix = draft(rows, frame([row("a0", text_of(5000, 30)), row("a1", text_of(5001, 30))]), RULES)
    return {**mix.document, **descent_document(mix.passages)}


class TracedLine:
    """Nothing is trained: a checkpoint is a file, and everything that is said of it is what the stages say."""

    def __init__(self, root: Path, policy: str = "", *, on_disk: bool = True) -> None:
        self.root = root
        (root / ".heirloom").mkdir(exist_ok=True)
        (root / "policy.toml").write_text(f'[line]\nmodel = "{MODEL}"\n{policy}')
        self.world = World(root=root)
        if on_disk:
            self.world.ledger = SqliteLedger(path=root / ".heirloom" / "ledger.sqlite")  # type: ignore[assignment]
        self.record(kinds.WORKSPACE_CREATED, {"model": MODEL, "environment": "demo"})
        self.record(kinds.SHARDS_PINNED, {"anchors": ANCHORS, "tail": "t", "human": "h", "prompts": "p"})
        self.record(kinds.TEACHER_PINNED, {"name": "teacher", "digest": TEACHER})

    def record(self, kind: str, body: dict[str, Any]) -> None:
        self.world.desk().ledger.record(kind, body)

    def shop(self) -> Shop:
        shop = Shop(workspace=Workspace(root=self.root), clock=self.world.clock, actor="engineer-a")
        vars(shop).update(ledger=self.world.desk().ledger, registry=self.world.registry, store=self.world.models)
        return shop

    def release(
        self,
        number: int,
        start: int | None,
        by: Sequence[tuple[str, str, str, int]] = (),
        *,
        recalled: Sequence[int] = (),
        keep: bool = True,
    ) -> int:
        """A promoted release whose mix had 20 human rows and, of each (origin, generator, version, rows), so many others."""
        document = mix_of(tuple(by))
        cycle = {"number": number, "start": {"version": start}, "teachers": {"teacher": TEACHER}, "recalled": []}
        candidate = replace(self.world.candidate(f"release {number}"), cycle_digest=digest_document(cycle))
        synthetic, total = document["tokens"]["synthetic"], sum(document["tokens"].values())
        counts = {"synthetic_tokens": synthetic, "total_tokens": total, "depth": document["depth"], "passages": document["passages"]}
        facts = finished(f"release {number}", cycle=number, **counts)
        authors = tuple(sorted(int(version) for _, generator, version, _ in by if generator == MODEL))
        kin = Kinship(start=start, authors=authors, recalled=tuple(recalled))
        version = register(self.world.desk(), replace(facts, kinship=kin), candidate).version
        if keep:
            archive = archive_of(self.shop(), candidate.cycle_digest)
            archive.mkdir(parents=True)
            lineage = {"checkpoint": candidate.checkpoint_digest, "synthetic_tokens": synthetic, "total_tokens": total}
            for name, said in (("cycle", cycle), ("mix", document), ("lineage", {**lineage, "mix_root": document["root"]})):
                write_document(archive / f"{name}.json", said)
        promote(self.world.desk("reviewer-a"), version, terms())
        return version
