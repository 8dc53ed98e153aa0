"""The output layer apart from the trunk, so that logits are made only where a token is predicted."""

from collections.abc import Callable
from typing import Any

PLAIN_HEADS = frozenset({"gpt2", "gpt_neox", "llama", "mistral", "opt", "phi3", "qwen2", "qwen3"})
"""Kinds of model whose logits are one linear layer over the last hidden state. Others scale or cap them, and are asked for their logits."""

CHUNK_BYTES = 8 << 20
"""Logits in memory at a time while a model learns: 512 tokens of a vocabulary of 4,096 in float32.

glibc keeps blocks of up to 32 MiB for the next step. Larger ones are mapped anew each time, and the kernel clears their pages: a step that
makes the logits of a batch as a whole takes 1.1 to 1.8 times as long (benchmarks/process.py).
"""


def read_states(model: Any, inputs: Any) -> tuple[Any, Callable[[Any], Any]]:
    """(states, head): states are rows x tokens x width, and `head(states[...])` are the logits there, for any selection of states."""
    if model.config.model_type in PLAIN_HEADS:
        return model.base_model(input_ids=inputs, use_cache=False).last_hidden_state, model.get_output_embeddings()
    return logits_as_states(model, inputs)


def logits_as_states(model: Any, inputs: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The same of a model that is asked as a whole: its states are the logits."""
    return model(input_ids=inputs, use_cache=False).logits, lambda logits: logits


def mean_nats(head: Callable[[Any], Any], states: Any, targets: Any) -> Any:
    """Mean nats of `targets` (tokens) after `states` (tokens x width), with a gradient.

    Under one linear layer neither logits nor their gradients are ever whole: it goes by chunks that stay near the processor, and sums the
    gradient of the layer's weight more exactly than one product over all tokens does.
    """
    import torch

    if not isinstance(head, torch.nn.Linear):
        return torch.nn.functional.cross_entropy(head(states), targets)
    options = torch.nn.LinearCrossEntropyOptions(
        batch_chunk_size=max(1, CHUNK_BYTES // (4 * head.out_features)), chunking_method=None, acc_policy="accurate"
    )
    return torch.nn.functional.linear_cross_entropy(states, head.weight, targets, linear_bias=head.bias, options=options)
