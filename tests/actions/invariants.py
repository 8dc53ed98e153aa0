"""What must hold after any fault: the numbers are those of the invariants in docs/release.md."""

from governance.actions.serving import read_pointer
from governance.release.views import drift
from tests.world import World


def check_settled(world: World, champion: int) -> None:
    """I1: champion, aliases and pointer agree on a release whose bytes are true; nothing is open (I2: nothing of it is lost)."""
    state = world.state()
    release = state.releases[champion]
    assert state.intent is None
    assert state.champion == champion
    assert release.verdict == "pass"
    assert release.promoted
    assert not release.quarantined
    assert drift(state, world.registry.shown) == ()
    pointer = read_pointer(world.pointer)
    assert pointer is not None
    assert (pointer.version, pointer.digest) == (champion, release.checkpoint)
    assert world.models.differences(release.checkpoint) == []
    assert (world.root / pointer.path).is_dir()


def check_serving_is_a_release_with_a_decision(world: World) -> None:
    """I1 in the middle of things: what serves passed its gate and has true bytes."""
    state, pointer = world.state(), read_pointer(world.pointer)
    assert pointer is not None
    release = state.releases[pointer.version]
    assert release.verdict == "pass"
    assert release.checkpoint == pointer.digest
    assert world.models.differences(pointer.digest) == []
