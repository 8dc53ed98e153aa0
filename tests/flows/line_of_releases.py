"""Levels of releases on pinned shards, as registration keeps them."""

from governance.release.levels import Level, Levels

PINS = {"anchors": "a" * 64, "tail": "t" * 64, "human": "h" * 64, "prompts": "p" * 64}


def levels(world, change, half=0.005):
    against = {"change": change, "low": change - half, "high": change + half, "se": half / 1.65, "noise": 0.004, "n": 400}
    state = world.state()
    baseline = state.releases[state.baseline].checkpoint if state.baseline else None
    readings = {
        name: Level(shard=PINS[shard], bits_per_byte=1.5 * (1 + change), against_baseline=against if baseline else None)
        for name, shard in (("tail_perplexity", "tail"), ("human_perplexity", "human"))
    }
    return Levels(baseline=baseline, readings=readings)
