"""The surprise of documents under a decoder: windows by length, logits only where a token is predicted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from governance.adapters.torch_lm.heads import read_states

BATCH_TOKENS = 2048
"""Tokens of one forward pass, padding included: what stays near the processor (8,192 cost a fifth more, benchmarks/training.py)."""
LOGIT_ROWS = 512
"""Predicted tokens whose logits are in memory at a time: 512 x 4,096 x 4 bytes = 8 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Part of a document: inputs[i] predicts targets[i]."""

    document: int
    inputs: tuple[int, ...]
    targets: tuple[int, ...]


def windows(documents: Sequence[Sequence[int]], *, end: int, context: int) -> list[Window]:
    """Every token of every document as a target exactly once; windows are `context` long and do not overlap."""
    cut = []
    for number, tokens in enumerate(documents):
        opened = (end, *tokens)
        for first in range(0, len(tokens), context):
            last = min(first + context, len(tokens))
            cut.append(Window(document=number, inputs=opened[first:last], targets=opened[first + 1 : last + 1]))
    return cut


def document_nats(model: Any, documents: Sequence[Sequence[int]], *, end: int, context: int) -> list[float]:
    """Total nats of each document, summed in double precision; 0.0 for a document without tokens.

    Windows are batched by length and padded on the right, where a causal model cannot look: so no mask is needed.
    """
    import torch

    nats = [0.0] * len(documents)
    with torch.inference_mode():
        for batch in _batches(windows(documents, end=end, context=context)):
            for window, spent in zip(batch, _window_nats(model, batch), strict=True):
                nats[window.document] += spent
    return nats


def _batches(cut: Sequence[Window]) -> Iterator[list[Window]]:
    longest_first = sorted(cut, key=lambda window: (-len(window.inputs), window.document))
    place = 0
    while place < len(longest_first):
        size = max(1, BATCH_TOKENS // len(longest_first[place].inputs))
        yield longest_first[place : place + size]
        place += size


def _window_nats(model: Any, batch: Sequence[Window]) -> list[float]:
    """Nats per window: the trunk runs once, the output layer only over rows that predict something, a chunk at a time."""
    import torch

    lengths = torch.tensor([len(window.inputs) for window in batch])
    inputs = torch.zeros(len(batch), int(lengths.max()), dtype=torch.long)
    for place, window in enumerate(batch):
        inputs[place, : len(window.inputs)] = torch.tensor(window.inputs)
    used = torch.arange(inputs.shape[1])[None, :] < lengths[:, None]
    states, head = read_states(model, inputs.to(model.device))
    hidden = states[used.to(model.device)]
    targets = torch.tensor([token for window in batch for token in window.targets], device=model.device)
    spent = [
        torch.nn.functional.cross_entropy(head(hidden[i : i + LOGIT_ROWS]), targets[i : i + LOGIT_ROWS], reduction="none")
        for i in range(0, len(targets), LOGIT_ROWS)
    ]
    owners = torch.repeat_interleave(torch.arange(len(batch)), lengths)
    sums = torch.zeros(len(batch), dtype=torch.float64).index_add_(0, owners, torch.cat(spent).double().cpu())
    return [float(total) for total in sums]
