"""The output layer apart from the trunk, so that logits are made only where a token is predicted."""

from collections.abc import Callable
from typing import Any

PLAIN_HEADS = frozenset({"gpt2", "gpt_neox", "llama", "mistral", "opt", "phi3", "qwen2", "qwen3"})
"""Kinds of model whose logits are one linear layer over the last hidden state. Others scale or cap them, and are asked for their logits."""


def read_states(model: Any, inputs: Any) -> tuple[Any, Callable[[Any], Any]]:
    """(states, head): states are rows x tokens x width, and `head(states[...])` are the logits there, for any selection of states."""
    if model.config.model_type in PLAIN_HEADS:
        return model.base_model(input_ids=inputs, use_cache=False).last_hidden_state, model.get_output_embeddings()
    return model(input_ids=inputs, use_cache=False).logits, lambda logits: logits
