"""Attacks A1 to A3 and faults F2 and F19 on the ledger: each is told by what it is, and none is taken for the ledger that was."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from flows.finish import release_desk
from governance.actions.approve import approve
from governance.actions.promote import promote
from governance.actions.proving import prove
from governance.actions.rollback import rollback
from governance.adapters.platform_key import PlatformKeyFile
from governance.errors import ConflictError, DependencyError, IntegrityError
from governance.release import kinds
from governance.release.platform_key import fingerprint
from tests.witnessed_line import Line, rewritten, verdict_of
from tests.world import World, terms


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Created, noted, judged, noted, judged, noted: two verdicts are witnessed, the last note came after them."""
    line = Line.made(tmp_path_factory.mktemp("told") / "line")
    line.found()
    for number in (1, 2):
        line.note()
        line.decide(number)
    line.note("last")
    return line


@pytest.fixture
def line(told: Line, tmp_path: Path) -> Line:
    return told.copy(tmp_path / "line")


def refused(line: Line) -> str:
    with pytest.raises(IntegrityError) as found:
        line.prove()
    return found.value.message()


def test_a_ledger_that_nobody_touched_agrees_with_every_witness(line: Line) -> None:
    proof = line.prove()
    kinds_told = [event.kind for event in line.events()]
    assert kinds_told == [
        "workspace.created",
        "note.added",
        "cycle.judged",
        "platform-key.named",
        "note.added",
        "cycle.judged",
        "note.added",
    ]
    assert (proof.entries, proof.after, proof.last and proof.last.seq) == (7, 1, 6)
    assert proof.witnesses == ("far", "folder", "git")
    assert (proof.doubts, proof.silent) == ((), ())


@pytest.mark.parametrize(
    ("edit", "seq"),
    [
        ("UPDATE events SET actor = 'mallory' WHERE seq = 3", 3),
        ("DELETE FROM events WHERE seq = 2", 2),
        ("UPDATE events SET seq = 99 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 3; UPDATE events SET seq = 3 WHERE seq = 99", 2),
    ],
    ids=["edited", "removed", "reordered"],
)
def test_a1_a_line_edited_removed_or_reordered_is_named_by_its_seq(line: Line, edit: str, seq: int) -> None:
    line.edit(edit)
    assert f"ledger seq {seq}" in refused(line)


@pytest.mark.parametrize("left", [0, 1, 3, 4, 5])
def test_a2_a_ledger_cut_at_its_end_is_seen_by_each_witness_alone(line: Line, left: int) -> None:
    line.replace(line.events()[:left])
    for alone in ("folder", "far", "git"):
        witnesses = tuple(one for one in line.shop().notary.witnesses if one.name == alone)
        assert len(witnesses) == 1
        shop = line.shop()
        with pytest.raises(IntegrityError) as found:
            prove(replace(shop.notary, witnesses=witnesses), shop.ledger.events())
        assert f"the ledger ends at seq {left}, and {alone} has a checkpoint of" in found.value.message()


def test_a2_what_came_after_the_last_checkpoint_is_counted_because_a_cut_there_cannot_be_seen(line: Line) -> None:
    line.replace(line.events()[:6])
    assert (line.prove().entries, line.prove().after) == (6, 0)


def test_a3_a_ledger_rewritten_with_a_chain_of_its_own_shows_both_heads(line: Line) -> None:
    true = line.events()
    line.replace(rewritten(true, {3: verdict_of(1, "block")}))
    said = refused(line)
    assert "two ledgers: the head at seq 6 is" in said
    assert true[5].digest[:16] in said
    assert line.events()[5].digest[:16] in said


def test_a3_a_rewritten_ledger_that_grew_past_the_checkpoint_is_still_another_one(line: Line) -> None:
    line.replace(rewritten(line.events(), {2: {"about": 1, "text": "other"}}))
    line.note("more")
    assert "two ledgers" in refused(line)


def test_a3_checkpoints_signed_with_another_key_are_not_the_platforms(line: Line, tmp_path: Path) -> None:
    """Ledger and every witness rewritten, by somebody without the key."""
    forged = rewritten(line.events(), {3: verdict_of(1, "block")})
    shutil.rmtree(line.near)
    shutil.rmtree(line.root / "far")
    shutil.rmtree(line.root / ".git")
    line.root.joinpath("far").mkdir()
    subprocess.run(["git", "init", "-q", "--template=", str(line.root)], check=True)
    shutil.rmtree(line.root / ".heirloom" / "platform")
    other = PlatformKeyFile(key=line.root / ".heirloom" / "platform" / "key", signers=tmp_path / "none", own=True)
    public = other.public(make=True)
    forged = rewritten(forged, {4: {**forged[3].body, "public": public, "key": fingerprint(public)}})
    line.replace(forged[:-1])
    line.decide(3)
    assert "as the platform's key" in refused(line)
    assert "platform_signers lists" in refused(line)


def test_a3_a_checkpoint_that_nobody_of_ours_signed_stops_as_well(line: Line) -> None:
    kept = max(line.near.glob("*.json"))
    text = kept.read_text()
    signature = text.index("BEGIN SSH SIGNATURE-----\\n") + 200
    kept.write_text(text[:signature] + ("A" if text[signature] != "A" else "B") + text[signature + 1 :])
    assert "does not carry the platform's signature" in refused(line)


def test_a3_the_witnesses_of_a_ledger_do_not_all_vanish(line: Line) -> None:
    shutil.rmtree(line.near)
    for kept in (line.root / "far").iterdir():
        kept.unlink()
    subprocess.run(["git", "-C", str(line.root), "update-ref", "-d", "refs/heirloom/checkpoints/staging/student"], check=True)
    line.decide(3)
    assert line.prove().last is not None  # the next act is witnessed again, and what it says of the past holds
    for folder in (line.near, line.root / "far"):
        shutil.rmtree(folder)
        folder.mkdir()
    subprocess.run(["git", "-C", str(line.root), "update-ref", "-d", "refs/heirloom/checkpoints/staging/student"], check=True)
    assert "no witness holds a checkpoint of this ledger, and 2 acts since seq 4" in refused(line)


def test_f19_an_old_backup_is_told_from_the_ledger_that_it_was(line: Line, tmp_path: Path) -> None:
    shutil.copyfile(line.path, tmp_path / "backup")
    line.decide(3)
    shutil.copyfile(tmp_path / "backup", line.path)
    assert "the ledger ends at seq 7, and folder and git and far have a checkpoint" in refused(line)
    line.decide(9)
    assert "two ledgers: the head at seq 8" in refused(line), "going on from an old backup makes a fork, and both are kept"


def test_f2_a_witness_file_torn_at_any_byte_is_told_and_never_read_as_another(line: Line) -> None:
    kept = max(line.near.glob("*.json"))
    whole = kept.read_bytes()
    witness = line.shop().notary.witnesses[0]
    for length in range(len(whole)):
        kept.write_bytes(whole[:length])
        found = witness.testimony()
        complete = length == len(whole) - 1  # only the line feed at the end is missing
        assert (kept.name in found.unreadable) is not complete
        assert len(found.checkpoints) == (2 if complete else 1)
    kept.write_bytes(whole[: len(whole) // 2])
    assert any("cannot be read" in doubt for doubt in line.prove().doubts)
    line.decide(3)
    assert line.prove().last


def test_f2_a_half_written_file_of_a_killed_process_is_no_checkpoint(line: Line) -> None:
    (line.near / ".0000000099-0123456789abcdef.json.x1").write_text("{")
    assert line.prove().checkpoints == 2


def test_f2_a_checkpoint_under_the_name_of_another_is_none(line: Line) -> None:
    kept = max(line.near.glob("*.json"))
    kept.rename(kept.with_name("0000000099-0123456789abcdef.json"))
    assert line.prove().checkpoints == 2
    assert line.prove().doubts[0] == "folder holds 1 that cannot be read: 0000000099-0123456789abcdef.json"


def test_f2_a_ledger_file_torn_anywhere_proves_only_where_every_event_is_there(line: Line) -> None:
    whole, true = line.path.read_bytes(), line.events()
    for length in range(0, len(whole), 1021):
        line.path.write_bytes(whole[:length])
        try:
            line.prove()
        except (IntegrityError, DependencyError, ConflictError):
            continue
        assert line.events() == true, f"{length} of {len(whole)} bytes"


def test_f2_the_list_of_the_platforms_keys_torn_at_any_byte_lists_no_key_of_ours(line: Line) -> None:
    listed = line.root / "platform_signers"
    whole, seal = listed.read_bytes(), line.shop().notary.seal
    ours = fingerprint(seal.public(make=False))
    assert ours in seal.listed()
    for length in range(len(whole) - 1):
        listed.write_bytes(whole[:length])
        try:
            assert ours not in seal.listed()
        except IntegrityError:
            continue
    listed.write_bytes(whole[:-8])
    assert "public key" in refused(line) or "as the platform's key" in refused(line)


def test_a_witness_that_cannot_be_asked_is_told_and_the_others_still_speak(line: Line) -> None:
    (line.root / "far").rename(line.root / "unmounted")
    proof = line.prove()
    assert proof.silent == ("far: is no folder",)
    line.decide(3)
    assert line.prove().after == 0, "a witness that is away keeps nobody else from it"
    (line.root / "unmounted").rename(line.root / "far")
    assert line.prove().doubts == ("far has not the last checkpoint: heirloom ledger witness hands it over",)


def test_a_promotion_waits_for_the_witnesses_and_the_way_back_does_not(line: Line) -> None:
    desk = release_desk(line.shop())
    desk.prove(1)
    (line.root / "far").rename(line.root / "unmounted")
    with pytest.raises(DependencyError, match="a witness of the ledger cannot be asked"):
        release_desk(line.shop()).prove(1)
    line.replace(line.events()[:5])
    with pytest.raises(IntegrityError):
        release_desk(line.shop()).prove(1)
    line.shop().ledger.record(kinds.ROLLBACK_INTENDED, {"version": 1, "from": 2, "reason": "night"})


def test_a1_promotion_and_approval_stop_where_the_ledger_is_not_proved_and_rollback_goes_on(tmp_path: Path) -> None:
    world = World(root=tmp_path)
    for name in ("one", "two"):
        promote(world.desk(), world.add(name), terms())
    version, before = world.add("three"), world.ledger.kinds()

    def disagree(version: int) -> None:
        raise IntegrityError("two ledgers", examples=[str(version)])

    with pytest.raises(IntegrityError, match="two ledgers"):
        promote(replace(world.desk(), prove=disagree), version, terms())
    with pytest.raises(IntegrityError, match="two ledgers"):
        approve(replace(world.desk("reviewer-a"), prove=disagree), version, "read", terms(mode="review"))
    assert world.ledger.kinds() == before
    assert rollback(replace(world.desk(), prove=disagree), "previous").version == 1
