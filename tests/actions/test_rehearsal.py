"""Before a promotion the way back is walked: from the store's own copies, in a scratch place, or the promotion does not begin."""

import os
import shutil
import subprocess
import sys

import pytest

from governance.actions import rehearse as rehearsal
from governance.actions.promote import promote
from governance.actions.rehearse import rehearse
from governance.actions.rollback import rollback
from governance.actions.serving import read_pointer
from governance.errors import DependencyError, IntegrityError
from governance.release import kinds
from governance.release.views import status_tags
from tests.world import Killed, Killer, World, terms


@pytest.fixture
def world(tmp_path):
    found = World(root=tmp_path)
    promote(found.desk(), found.add("one"), terms())
    return found


def left_behind(world):
    return [path.name for path in world.pointer.parent.iterdir() if path != world.pointer]


def test_the_first_release_has_no_way_back_and_needs_none(tmp_path):
    found = World(root=tmp_path)
    done = promote(found.desk(), found.add("one"), terms())
    assert done.changed
    assert done.rehearsal is None
    assert kinds.ROLLBACK_REHEARSED not in found.ledger.kinds()


def test_a_promotion_walks_the_way_back_first_and_records_it(world):
    done = promote(world.desk(), world.add("two"), terms())
    assert (done.rehearsal.version, done.rehearsal.to, done.rehearsal.files) == (2, 1, 2)
    assert done.rehearsal.size == sum(path.stat().st_size for path in world.models.remote(world.state().releases[1].checkpoint).iterdir())
    order = world.ledger.kinds()
    assert order.index(kinds.ROLLBACK_REHEARSED) < order.index(kinds.PROMOTION_INTENDED, order.index(kinds.PROMOTION_COMMITTED))
    assert "release 1, rehearsed in" in status_tags(world.state(), 2)["heirloom.way_back"]
    assert left_behind(world) == []


def test_what_is_rehearsed_is_where_a_rollback_then_goes(world):
    for name in ("two", "three"):
        done = promote(world.desk(), world.add(name), terms())
    assert rollback(world.desk("on-call"), "previous").version == done.rehearsal.to == 2


def test_without_a_way_back_the_promotion_does_not_begin_and_serving_stays(world):
    """The folder that serves is whole: it is the copies that a restore needs which are altered."""
    candidate = world.add("two")
    world.alter(1, here=False, remote=True)
    before = world.ledger.kinds()
    with pytest.raises(IntegrityError, match="altered"):
        promote(world.desk(), candidate, terms())
    assert world.ledger.kinds() == before
    assert world.state().champion == 1
    assert read_pointer(world.pointer).version == 1
    assert left_behind(world) == []


def test_a_store_that_gives_other_bytes_than_it_was_asked_for_is_not_believed(world):
    candidate = world.add("two")

    class Lying(type(world.models)):
        def rebuild(self, digest, folder):
            super().rebuild(digest, folder)
            (folder / "config.json").write_text("{ }")

    world.models.__class__ = Lying
    with pytest.raises(IntegrityError, match="was rebuilt as"):
        promote(world.desk(), candidate, terms())
    assert world.state().champion == 1


def test_a_full_disk_is_told_in_bytes_before_anything_is_copied(world):
    candidate = world.add("two")
    size = world.models.size(world.state().releases[1].checkpoint)
    world.models.size = lambda digest: 10**18 + size
    with pytest.raises(DependencyError, match="bytes are missing to rehearse the way back"):
        promote(world.desk(), candidate, terms())
    assert world.state().champion == 1


def test_a_promotion_killed_after_the_rehearsal_is_simply_repeated(world):
    candidate = world.add("two")
    with pytest.raises(Killed):
        promote(world.desk(steps=Killer(at="promote.rehearsed")), candidate, terms())
    assert world.state().intent is None
    assert promote(world.desk(), candidate, terms()).changed


def test_what_a_killed_process_left_is_cleared_and_what_a_living_one_holds_is_not(world):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folders = [world.pointer.parent / f"{rehearsal.PREFIX}{pid}-x" for pid in (dead.pid, os.getpid())]
    for folder in folders:
        folder.mkdir()
    rehearse(world.desk(), world.add("two"))
    assert left_behind(world) == [folders[1].name]
    shutil.rmtree(folders[1])


def test_a_rehearsal_by_itself_moves_nothing(world):
    candidate = world.add("two")
    before = (world.state().champion, dict(world.registry.shown), world.pointer.read_bytes())
    assert rehearse(world.desk(), candidate).to == 1
    assert (world.state().champion, dict(world.registry.shown), world.pointer.read_bytes()) == before
