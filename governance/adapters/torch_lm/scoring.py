"""The surprise of documents under a decoder: windows by length, logits only where a token is predicted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from governance.adapters.torch_lm.heads import read_states

BATCH_TOKENS = 2048
"""Tokens of one forward pass, padding included: what stays near the processor (8,192 cost a fifth more, benchmarks/training.py)."""
LOGIT_ROWS = 512
"""Predicted tokens whose logits are in memory at a time: 512 x 4,096 x 4 bytes = 8 MB."""
MOMENT_ROWS = 128
"""The same where every logit is gone over again and again: 2 MB stay near the processor, and cost two thirds of what 8 MB do."""


Reading = Callable[[Any, Any], Any]
"""(logits, targets) of some tokens -> numbers to add up, a row a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Part of a document: inputs[i] predicts targets[i]."""

    document: int
    first: int
    """Place of the first target in its document."""
    inputs: tuple[int, ...]
    targets: tuple[int, ...]


def windows(documents: Sequence[Sequence[int]], *, end: int, context: int) -> list[Window]:
    """Every token of every document as a target exactly once; windows are `context` long and do not overlap."""
    cut = []
    for number, tokens in enumerate(documents):
        opened = (end, *tokens)
        for first in range(0, len(tokens), context):
            last = min(first + context, len(tokens))
            cut.append(Window(document=number, first=first, inputs=opened[first:last], targets=opened[first + 1 : last + 1]))
    return cut


def document_nats(model: Any, documents: Sequence[Sequence[int]], *, end: int, context: int) -> list[float]:
    """Total nats of each document, summed in double precision; 0.0 for a document without tokens."""
    return [sums[0] for sums in _document_sums(model, documents, _nats, end=end, context=context, rows=LOGIT_ROWS)]


def document_curvatures(model: Any, documents: Sequence[Sequence[int]], *, end: int, context: int) -> list[float]:
    """The curvature of each document (see `governance.ports.curvature`); NaN for a document without tokens."""
    sums = _document_sums(model, documents, _moments, end=end, context=context, rows=MOMENT_ROWS)
    return [gain / spread**0.5 if spread > 0 else float("nan") for gain, spread in sums]


def document_choices(model: Any, documents: Sequence[Sequence[int]], *, end: int, context: int) -> list[tuple[float, Any]]:
    """(nats, whether each token was the likeliest one in its place) of each document, in the one pass that nats alone take."""
    import numpy as np
    import torch

    found = [(0.0, np.zeros(len(tokens), dtype=bool)) for tokens in documents]
    with torch.inference_mode():
        for batch in _batches(windows(documents, end=end, context=context)):
            values = _window_values(model, batch, _nats_and_choices, LOGIT_ROWS).double().cpu().numpy()
            begins = np.cumsum([0, *(len(window.targets) for window in batch)])
            for window, begin, after in zip(batch, begins[:-1], begins[1:], strict=True):
                nats, chosen = found[window.document]
                chosen[window.first : window.first + len(window.targets)] = values[begin:after, 1] > 0
                found[window.document] = (nats + float(values[begin:after, 0].sum()), chosen)
    return found


def _nats_and_choices(logits: Any, targets: Any) -> Any:
    import torch

    return torch.stack([_nats(logits, targets)[:, 0], (logits.argmax(dim=-1) == targets).float()], dim=1)


def _nats(logits: Any, targets: Any) -> Any:
    import torch

    return torch.nn.functional.cross_entropy(logits, targets, reduction="none")[:, None]


def _moments(logits: Any, targets: Any) -> Any:
    """Log-probability of the target less its expectation, and its variance, token by token.

    A logit is a log-probability but for a number that is the same for every token of a place, and here it drops out.
    """
    import torch

    weighted = torch.softmax(logits, dim=-1)
    mean = torch.linalg.vecdot(weighted, logits)
    weighted *= logits
    spread = torch.linalg.vecdot(weighted, logits) - mean**2
    return torch.stack([logits.gather(1, targets[:, None])[:, 0] - mean, spread.clamp(min=0)], dim=1)


def _document_sums(
    model: Any, documents: Sequence[Sequence[int]], reading: Reading, *, end: int, context: int, rows: int
) -> list[tuple[float, ...]]:
    """The sums of a reading over the tokens of each document, `rows` tokens at a time, zeros for a document without tokens.

    Windows are batched by length and padded on the right, where a causal model cannot look: so no mask is needed.
    """
    import numpy as np
    import torch

    sums: dict[int, Any] = {}
    with torch.inference_mode():
        for batch in _batches(windows(documents, end=end, context=context)):
            for window, found in zip(batch, _window_sums(model, batch, reading, rows), strict=True):
                sums[window.document] = sums.get(window.document, 0.0) + found
    nothing = np.zeros(2)
    return [tuple(map(float, sums.get(number, nothing))) for number in range(len(documents))]


def _batches(cut: Sequence[Window]) -> Iterator[list[Window]]:
    longest_first = sorted(cut, key=lambda window: (-len(window.inputs), window.document))
    place = 0
    while place < len(longest_first):
        size = max(1, BATCH_TOKENS // len(longest_first[place].inputs))
        yield longest_first[place : place + size]
        place += size


def _window_sums(model: Any, batch: Sequence[Window], reading: Reading, rows: int) -> Any:
    """Sums per window, in double precision."""
    import torch

    found = _window_values(model, batch, reading, rows)
    owners = torch.repeat_interleave(torch.arange(len(batch)), torch.tensor([len(window.inputs) for window in batch]))
    sums = torch.zeros(len(batch), found.shape[1], dtype=torch.float64).index_add_(0, owners, found.double().cpu())
    return sums.numpy()


def _window_values(model: Any, batch: Sequence[Window], reading: Reading, rows: int) -> Any:
    """A row a target, window after window: the trunk runs once, the output layer only over rows that predict something, in chunks."""
    import torch

    lengths = torch.tensor([len(window.inputs) for window in batch])
    inputs = torch.zeros(len(batch), int(lengths.max()), dtype=torch.long)
    for place, window in enumerate(batch):
        inputs[place, : len(window.inputs)] = torch.tensor(window.inputs)
    used = torch.arange(inputs.shape[1])[None, :] < lengths[:, None]
    states, head = read_states(model, inputs.to(model.device))
    hidden = states[used.to(model.device)]
    targets = torch.tensor([token for window in batch for token in window.targets], device=model.device)
    return torch.cat([reading(head(hidden[i : i + rows]), targets[i : i + rows]) for i in range(0, len(targets), rows)])
