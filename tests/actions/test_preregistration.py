"""Attack A25 and part of A13: what a verdict is judged by is signed before training; anything else afterwards is refused by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from governance.actions.preregister import check_as_registered, check_registered, check_released, preregister
from governance.digest import digest_document
from governance.errors import IntegrityError, RefusedError
from governance.release import kinds
from governance.release.fold import fold
from governance.release.platform_key import NAMESPACE, PLATFORM
from governance.release.preregistration import attempts_of, registration_content
from tests.keys import make_key
from tests.witnessed_line import Line, rewritten, verdict_of

GATE = "c0" * 32
CYCLE: Mapping[str, Any] = {
    "number": 1,
    "kind": "retraining",
    "batch": {"digest": "b" * 64},
    "attempt": 1,
    "policy": {"gates": {"tail_perplexity_percent": 5.0, "extension": {"allowed": True}}, "probe": {"samples_per_prompt": 8}},
    "policy_sha256": "d" * 64,
    "seed": 7001,
    "shards": {"anchors": "1" * 64, "tail": "2" * 64, "human": "3" * 64, "prompts": "4" * 64},
    "champion": {"version": 1, "digest": "e" * 64},
    "baseline": None,
    "best_ever": None,
    "extension": None,
}
DIGEST = digest_document(CYCLE)


def freeze(line: Line, cycle: Mapping[str, Any] = CYCLE, instead: Mapping[str, object] | None = None) -> None:
    """The event of a frozen cycle, as `begin` writes it; `instead` replaces parts of it."""
    shop = line.shop()
    digest = digest_document(cycle)
    body = {
        "cycle": cycle["number"],
        "cycle_digest": digest,
        "batch_digest": cycle["batch"]["digest"],
        "policy_sha256": cycle["policy_sha256"],
        "kind": cycle["kind"],
        **preregister(shop.notary, cycle, digest, GATE),
    }
    shop.ledger.record(kinds.CYCLE_FROZEN, {**body, **(instead or {})})


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Line:
    line = Line.made(tmp_path_factory.mktemp("told") / "line")
    line.found()
    freeze(line)
    return line


@pytest.fixture
def line(told: Line, tmp_path: Path) -> Line:
    return told.copy(tmp_path / "line")


def check(line: Line, cycle: Mapping[str, Any] = CYCLE, *, digest: str = DIGEST, gate: str = GATE) -> None:
    check_as_registered(line.shop().notary, line.events(), cycle, digest, gate)


def test_what_was_registered_is_judged_and_thresholds_seed_prompts_shards_and_looks_stand_in_clear(line: Line) -> None:
    check(line)
    said = line.events()[-1].body["registration"]
    assert said["gates"]["tail_perplexity_percent"] == 5.0
    assert (said["seed"], said["looks"], said["look"], said["attempt"], said["gate_version"]) == (7001, 2, 1, 1, GATE)
    assert said["shards"]["prompts"] == "4" * 64
    assert said["compared_with"] == {"champion": "e" * 64, "baseline": None, "best_ever": None}
    assert fold(line.events()).cycle is not None


def test_it_is_verified_with_ssh_keygen_alone(line: Line, tmp_path: Path) -> None:
    import subprocess

    body = line.events()[-1].body
    (tmp_path / "signature").write_text(body["signature"])
    words = ["ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-I", PLATFORM, "-f", "platform_signers", "-s", str(tmp_path / "signature")]
    content = registration_content(body["registration"])
    assert subprocess.run(words, input=content, cwd=line.root, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 7002},
        {"shards": {**CYCLE["shards"], "prompts": "9" * 64}},
        {"policy": {**CYCLE["policy"], "gates": {"tail_perplexity_percent": 9.0, "extension": {"allowed": True}}}},
        {"policy": {**CYCLE["policy"], "probe": {"samples_per_prompt": 99}}},
        {"policy_sha256": "f" * 64},
        {"champion": {"version": 1, "digest": "0" * 64}},
        {"extension": {"of": DIGEST}},
        {"attempt": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a25_anything_chosen_after_training_is_not_what_was_registered(line: Line, change: Mapping[str, Any]) -> None:
    altered = {**CYCLE, **change}
    with pytest.raises(RefusedError, match="was not registered before it was trained"):
        check(line, altered, digest=digest_document(altered))
    with pytest.raises(IntegrityError, match="is not as it was registered"):
        check(line, altered)


def test_a25_another_gate_than_the_registered_one_judges_nothing(line: Line) -> None:
    with pytest.raises(RefusedError, match="was registered with the gate c0c0c0c0c0c0"):
        check(line, gate="0c" * 32)


def test_a_registration_without_the_platforms_signature_is_none(line: Line, tmp_path: Path) -> None:
    last = line.events()[-1]
    for wrong in ({"signature": ""}, {"key": "SHA256:other"}, {"registration": {**last.body["registration"], "seed": 1}}):
        line.replace(rewritten(line.events(), {last.seq: {**last.body, **wrong}}))
        with pytest.raises(IntegrityError):
            check_registered(line.shop().notary, line.events(), DIGEST)


def test_a_person_does_not_register_for_the_platform(line: Line, tmp_path: Path) -> None:
    from governance.adapters.ssh_signatures import SshSigner

    last = line.events()[-1]
    signature = SshSigner(key=make_key(tmp_path / "person"), namespace=NAMESPACE).sign(registration_content(last.body["registration"]))
    line.replace(rewritten(line.events(), {last.seq: {**last.body, "signature": signature}}))
    with pytest.raises(IntegrityError, match="does not carry the platform's signature"):
        check_registered(line.shop().notary, line.events(), DIGEST)


def test_an_event_that_carries_another_cycles_registration_registers_neither(line: Line) -> None:
    freeze(line, {**CYCLE, "number": 2}, {"cycle": 3})
    with pytest.raises(IntegrityError, match="is of another cycle: cycle"):
        check_registered(line.shop().notary, line.events(), digest_document({**CYCLE, "number": 2}))


def test_a_cycle_that_an_older_version_froze_is_what_it_was_and_one_after_the_first_key_is_refused(tmp_path: Path) -> None:
    line = Line.made(tmp_path / "line")
    line.found()
    old = {"cycle": 1, "cycle_digest": "old", "batch_digest": "b", "policy_sha256": "p", "kind": "retraining"}
    from governance.release.ledger import follow

    events = [*line.events(), follow(line.events()[-1], kind=kinds.CYCLE_FROZEN, actor="a", at="2026-11-20T00:00:00+00:00", body=old)]
    line.replace(events)
    assert check_registered(line.shop().notary, line.events(), "old") is None
    line.decide(1)
    seq = len(line.events())
    assert check_registered(line.shop().notary, line.events(), "old") is None
    check_released(line.shop().notary, line.events(), 2, "never", "p")
    with pytest.raises(RefusedError, match="was not registered"):
        check_released(line.shop().notary, line.events(), seq + 1, "never", "p")
    line.replace(
        [*line.events(), follow(line.events()[-1], kind=kinds.CYCLE_FROZEN, actor="a", at=old["kind"], body={**old, "cycle_digest": "new"})]
    )
    with pytest.raises(RefusedError, match="was not registered"):
        check_registered(line.shop().notary, line.events(), "new")


def test_a_release_that_was_judged_under_another_policy_than_registered_is_not_promoted(line: Line) -> None:
    seq = len(line.events()) + 1
    check_released(line.shop().notary, line.events(), seq, DIGEST, CYCLE["policy_sha256"])
    with pytest.raises(IntegrityError, match="under another policy"):
        check_released(line.shop().notary, line.events(), seq, DIGEST, "0" * 64)


def test_a25_attempts_on_the_same_data_are_counted_whatever_the_policy(line: Line) -> None:
    for number, batch in ((1, "rows"), (2, "other"), (3, "rows"), (4, "rows")):
        line.shop().ledger.record(kinds.CYCLE_JUDGED, {**verdict_of(number), "batch_digest": batch, "policy_sha256": f"policy-{number}"})
    assert [attempts_of(line.events(), f"cycle-{number}") for number in (1, 2, 3, 4, 5)] == [(1, 3), (1, 1), (2, 3), (3, 3), None]
