"""measures.json, mix.json and lineage.json, and the matched controls where some were made -> decision.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.digest import read_document, write_document
from governance.errors import IntegrityError
from governance.gates.decision import decide
from governance.gates.gate import Gate
from governance.gates.margins import GateRules
from governance.gates.matched import MATCHED_FILE
from governance.ports.desk import Desk
from governance.stages.stage import Stage


def work(desk: Desk, gates: Mapping[str, Gate] | None = None) -> None:
    """Decide; a drill may name other gates.

    Raises: IntegrityError where a document cannot be read, PolicyError where the policy names no gate that exists.
    """
    measures = read_document(desk.reads("measures.json"))
    if "controls" not in measures:
        raise IntegrityError("says nothing of the run's own controls", where="measures.json", fix="run the measure stage again")
    decision = decide(
        measures=measures,
        mix=read_document(desk.reads("mix.json")),
        lineage=read_document(desk.reads("lineage.json")),
        rules=desk.section("policy.gates", GateRules),
        kind=desk.need("kind"),
        policy_sha256=desk.need("policy_sha256"),
        champion=desk.need("champion"),
        baseline=desk.need("baseline"),
        best_ever=desk.need("best_ever"),
        history=desk.need("history"),
        extension=desk.need("extension"),
        matched=_matched(desk),
        gates=gates,
    )
    write_document(desk.writes("decision.json"), decision)


def _matched(desk: Desk) -> Sequence[Mapping[str, Any]]:
    """The human-only controls of this cycle; a drill makes none and lays out no file of them."""
    path = desk.reads(MATCHED_FILE)
    found: Sequence[Mapping[str, Any]] = read_document(path)["controls"] if path.exists() else ()
    return found


STAGE = Stage(
    name="judge",
    reads=("measures.json", "mix.json", "lineage.json", MATCHED_FILE),
    writes=("decision.json",),
    needs=("kind", "policy.gates", "policy_sha256", "champion", "baseline", "best_ever", "history", "extension"),
    code=("governance.gates.rules",),
    work=work,
)
