"""Text from a decoder: prompts of like length side by side, a key-value cache, and one stream of uniform numbers per prompt."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from governance.adapters.torch_lm.watermark import green_lists
from governance.adapters.uniforms import uniforms
from governance.ports.language_model import Decoding

BATCH_PROMPTS = 256
RUN = 64
"""Tokens of which the weight is summed before it is gone into: the square root of a vocabulary of 4,096."""


def sample_tokens(model: Any, prompts: Sequence[Sequence[int]], decoding: Decoding, *, end: int, context: int) -> list[list[int]]:
    """New tokens for each prompt, without the end token, at most `decoding.max_new_tokens` of them.

    A prompt keeps its last tokens where it and what is written do not fit into the context together, and at least a quarter of the context;
    beyond that the model goes on from the later half of what it has read.
    """
    room = max(context - decoding.max_new_tokens, context // 4, 1)
    opened = [[end, *tokens][-room:] for tokens in prompts]
    written: list[list[int]] = [[] for _ in prompts]
    by_length = sorted(range(len(prompts)), key=lambda number: len(opened[number]))
    for first in range(0, len(by_length), BATCH_PROMPTS):
        numbers = by_length[first : first + BATCH_PROMPTS]
        rows = _continue(model, [opened[n] for n in numbers], numbers, decoding, end=end, context=context)
        for number, tokens in zip(numbers, rows, strict=True):
            written[number] = tokens
    return written


def _continue(
    model: Any, opened: Sequence[Sequence[int]], numbers: Sequence[int], decoding: Decoding, *, end: int, context: int
) -> list[list[int]]:
    """All rows march in step from the shortest prompt on; a row still inside its prompt reads its next token instead of drawing one.

    So no row is padded and every row sits at its true positions.
    """
    import torch

    shortest, longest = min(map(len, opened)), max(map(len, opened))
    total = longest + decoding.max_new_tokens
    lengths = torch.tensor([len(row) for row in opened])
    drawn = torch.tensor(np.stack([uniforms(decoding.seed, number, decoding.max_new_tokens) for number in numbers]))
    tokens = torch.full((len(opened), total), end, dtype=torch.long)
    for place, row in enumerate(opened):
        tokens[place, : len(row)] = torch.tensor(row)
    done = torch.zeros(len(opened), dtype=torch.bool)
    with torch.inference_mode():
        reader = _Reader(model, context)
        fresh = tokens[:, :shortest]
        for place in range(shortest, total):
            logits = reader.read(fresh, tokens[:, :place])
            turn = (place - lengths).clamp(0, decoding.max_new_tokens - 1)
            chosen = draw(logits, drawn.gather(1, turn[:, None])[:, 0], decoding, previous=tokens[:, place - 1])
            inside = place < lengths
            over = done | (place >= lengths + decoding.max_new_tokens)
            tokens[:, place] = torch.where(inside, tokens[:, place], torch.where(over, end, chosen))
            done = over | (~inside & (chosen == end))
            if bool(done.all()):
                break
            fresh = tokens[:, place : place + 1]
    return [_until_end(tokens[i, n : n + decoding.max_new_tokens].tolist(), end) for i, n in enumerate(lengths.tolist())]


class _Reader:
    """The state of one march: the key-value cache and how many positions it fills."""

    def __init__(self, model: Any, context: int) -> None:
        self.model, self.context = model, context
        self.cache: Any = None
        self.filled = 0

    def read(self, fresh: Any, everything: Any) -> Any:
        """Logits (rows x vocabulary, on the CPU) after `fresh` tokens; a full cache is begun again from the later half of `everything`."""
        if self.filled + fresh.shape[1] > self.context:
            fresh, self.cache, self.filled = everything[:, -max(1, self.context // 2) :], None, 0
        answer = self.model(input_ids=fresh.to(self.model.device), past_key_values=self.cache, use_cache=True, logits_to_keep=1)
        self.cache = answer.past_key_values
        self.filled += fresh.shape[1]
        return answer.logits[:, -1].float().cpu()


def draw(logits: Any, uniform: Any, decoding: Decoding, *, previous: Any = None) -> Any:
    """One token a row by inverting the distribution function at `uniform`; at temperature 1 and top_p 1 exactly the model's distribution.

    top_p keeps the smallest set of most likely tokens that holds that much probability. Temperature 0 takes the most likely token.
    A mark then prefers the tokens that are green after `previous`, as transformers does: last of all.
    """
    import torch

    favour = green_lists(decoding.mark, logits.shape[1]).factors(previous) if decoding.mark else None
    if decoding.temperature <= 0:
        return logits.argmax(dim=-1) if favour is None else (torch.softmax(logits, dim=-1) * favour).argmax(dim=-1)
    weights = torch.softmax(logits if decoding.temperature == 1 else logits / decoding.temperature, dim=-1)
    if decoding.top_p < 1:
        ordered, places = weights.sort(dim=-1, descending=True, stable=True)
        before = ordered.cumsum(dim=-1) - ordered
        weights = weights.scatter(1, places, torch.where(before < decoding.top_p, ordered, torch.zeros_like(ordered)))
    return _place_of(uniform, weights if favour is None else weights * favour)


def _place_of(uniform: Any, weights: Any) -> Any:
    """Where `uniform` falls in each row of weights: first in which run of tokens, then where in that, by running sums in double precision.

    A place without weight is never chosen, whatever the rounding, which moves a border by less than a millionth of the whole.
    """
    import torch

    size = weights.shape[1]
    whole = size // RUN * RUN
    runs = weights[:, :whole].unflatten(1, (-1, RUN)).sum(dim=-1)
    if whole < size:
        runs = torch.cat([runs, weights[:, whole:].sum(dim=-1, keepdim=True)], dim=1)
    ends = runs.double().cumsum(dim=-1)
    wanted = (uniform * ends[:, -1])[:, None]
    run = _first_above(ends, wanted)
    inside = run * RUN + torch.arange(RUN)
    mass = torch.where(inside < size, weights.gather(1, inside.clamp(max=size - 1)), 0).double().cumsum(dim=-1)
    place = _first_above(mass, wanted - (ends.gather(1, run) - runs.gather(1, run)))
    return (run * RUN + place)[:, 0]


def _first_above(ends: Any, wanted: Any) -> Any:
    """The first place of each row whose running sum is above `wanted`, and the last that adds to the sum where none is."""
    import torch

    last = torch.nextafter(ends[:, -1:], torch.zeros_like(ends[:, -1:]))
    return torch.searchsorted(ends, torch.minimum(wanted, last).clamp(min=0), right=True)


def _until_end(tokens: list[int], end: int) -> list[int]:
    return tokens[: tokens.index(end)] if end in tokens else tokens
