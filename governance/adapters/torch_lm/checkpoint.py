"""Checkpoints of decoders: founded at random, opened without pickles, saved as safetensors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from governance.adapters.checkpoint_folder import check_folder, write_folder
from governance.adapters.torch_lm.tokenizer import END_ID, learn_tokenizer, load_tokenizer, save_tokenizer
from governance.errors import IntegrityError
from governance.training.recipe import Recipe


def found(texts: Sequence[str], recipe: Recipe, seed: int, folder: Path) -> None:
    """A tokenizer and a GPT-2 style decoder with tied embeddings and random weights; a function of (texts, recipe, seed) alone.

    GPT-2 because it is about four times as fast as Llama at this size; no dropout, so that a resumed run draws no random numbers.
    """
    tokenizer = learn_tokenizer(texts, recipe.vocabulary)
    model = _random_decoder(recipe, tokenizer.get_vocab_size(), seed)
    save_checkpoint(model, tokenizer, folder)


def _random_decoder(recipe: Recipe, vocabulary: int, seed: int) -> Any:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    settings = GPT2Config(
        vocab_size=vocabulary,
        n_positions=recipe.block_tokens,
        n_embd=recipe.width,
        n_layer=recipe.layers,
        n_head=recipe.heads,
        activation_function="gelu_pytorch_tanh",  # the same function as gelu_new in one kernel
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=END_ID,
        eos_token_id=END_ID,
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return GPT2LMHeadModel(settings)


def load_decoder(folder: Path) -> tuple[Any, Any]:
    """(model in fp32, tokenizer) of a checkpoint folder.

    Raises: IntegrityError naming the file: anything but safetensors and JSON, remote code, broken or missing weights, no end token.
    """
    from transformers import AutoModelForCausalLM

    _silence_bars()
    check_folder(folder)
    tokenizer = load_tokenizer(folder)
    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            str(folder), use_safetensors=True, trust_remote_code=False, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # a foreign loader on foreign bytes: whatever it raises means that these are no weights
        raise IntegrityError(f"cannot be loaded as a decoder: {error}", where=str(folder)) from error
    problems = sorted(str(name) for key in ("missing_keys", "mismatched_keys") for name in report[key])
    if problems:
        raise IntegrityError("weights are missing or misshapen", where=str(folder / "model.safetensors"), examples=problems)
    if not isinstance(model.config.eos_token_id, int):
        raise IntegrityError("names no single end token (eos_token_id)", where=str(folder / "config.json"))
    return model.float(), tokenizer


def _silence_bars() -> None:
    """Loading and saving draw no bars of their own: progress is the desk's."""
    from transformers.utils import logging

    logging.disable_progress_bar()


def save_checkpoint(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write weights, settings and tokenizer, whole or not at all; no optimizer state and no arguments of the run go in."""
    _silence_bars()

    def fill(partial: Path) -> None:
        model.save_pretrained(str(partial), safe_serialization=True)
        save_tokenizer(tokenizer, partial)

    write_folder(folder, fill)
