"""What two settings are worth to a training step, alone and beside another one: logits in chunks, and threads that soon sleep.

    python -m benchmarks.process [--steps 20]

Peer: the same bare loop in a process as torch leaves it. Each contestant is a process of its own; a pair starts together.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from governance.adapters.environment import BOUNDED
from governance.adapters.torch_lm.heads import mean_nats, read_states

SLEEPY = {"GOMP_SPINCOUNT": BOUNDED["GOMP_SPINCOUNT"]}
SETTINGS: Mapping[str, tuple[Sequence[str], Mapping[str, str]]] = {
    "as they come": ((), {}),
    "logits in chunks": (("--chunks",), {}),
    "logits in chunks, threads that soon sleep (ours)": (("--chunks",), SLEEPY),
}
BATCH, BLOCK, VOCABULARY, WIDTH, LAYERS = 24, 128, 4096, 64, 2
"""The shipped recipe of a student."""


def train(steps: int, *, chunks: bool) -> float:
    """Milliseconds of wall time that a step takes, after two that are not counted."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    size = {"n_positions": BLOCK, "n_embd": WIDTH, "n_layer": LAYERS, "n_head": LAYERS}
    settings = GPT2Config(vocab_size=VOCABULARY, bos_token_id=0, eos_token_id=0, **size)
    model = GPT2LMHeadModel(settings).train()
    optimizer = torch.optim.AdamW(model.parameters())
    tokens = torch.randint(0, VOCABULARY, (BATCH, BLOCK))
    started = 0.0
    for step in range(-2, steps):
        if step == 0:
            started = time.perf_counter()
        if chunks:
            states, head = read_states(model, tokens)
            mean_nats(head, states[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
        else:
            model(input_ids=tokens, labels=tokens, use_cache=False).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return (time.perf_counter() - started) / steps * 1000


def step_of(name: str, steps: int, together: int) -> float:
    """The mean over so many processes that train at once."""
    arguments, extra = SETTINGS[name]
    command = (sys.executable, "-m", "benchmarks.process", "--steps", str(steps), "--child", *arguments)
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "GOMP_", "MALLOC_"))}
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**plain, **extra}) for _ in range(together)]
    said = [process.communicate()[0] for process in running]
    return sum(map(float, said)) / together


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=20)
    options.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--chunks", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.child:
        print(train(chosen.steps, chunks=chosen.chunks))
        return
    first: dict[int, float] = {}
    for name in SETTINGS:
        for together in (1, 2):
            found = step_of(name, chosen.steps, together)
            ratio = first.setdefault(together, found) / found
            print(f"{name}, {together} at once: {found:.0f} ms a step, {ratio:.2f}x as fast as they come", flush=True)


if __name__ == "__main__":
    main()
