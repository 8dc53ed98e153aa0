"""Attesting a finished cycle: its statements are signed by the platform and lie beside its report, to be verified without us."""

from collections.abc import Mapping
from pathlib import Path

from governance.actions.witnessing import Notary, named_key
from governance.digest import canonical_bytes, digest_bytes, read_document, write_bytes
from governance.release.attestation import gate_result, provenance
from governance.release.platform_key import platform_keys

ATTESTED: Mapping[str, str] = {"test-result": "the gate's verdict", "provenance": "what was trained on what"}
"""Name of a statement -> what it says; it lies in `review/NAME.json`, its signature in `review/NAME.json.sig`."""
ATTESTATIONS = tuple(f"review/{name}.json{ending}" for name in ATTESTED for ending in ("", ".sig"))


def attest(notary: Notary, cycle_folder: Path, gate_version: str) -> Mapping[str, str]:
    """Write both statements with their signatures; returns the sha256 of each. Doing it again writes the same bytes.

    A signature is over the bytes of its file, so that `ssh-keygen -Y verify` reads the file as it is. The statement is
    written last: one that is there has its signature.
    """
    names = ("cycle.json", "decision.json", "measures.json", "lineage.json")
    cycle, decision, measures, lineage = (read_document(cycle_folder / name) for name in names)
    key = platform_keys(named_key(notary))[-1].key
    statements = {
        "test-result": gate_result(cycle, decision, measures, lineage["checkpoint"], gate_version),
        "provenance": provenance(cycle, lineage, gate_version, key),
    }
    made = {}
    for name, statement in statements.items():
        content, place = canonical_bytes(statement) + b"\n", cycle_folder / "review" / f"{name}.json"
        write_bytes(place.with_name(f"{place.name}.sig"), notary.seal.sign(content).encode("ascii"))
        write_bytes(place, content)
        made[name] = digest_bytes(content)
    return made
