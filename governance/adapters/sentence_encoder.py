"""A sentence encoder from a local folder: safetensors through transformers, mean pooling over the tokens of a text, nothing downloaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from governance.adapters.checkpoint_folder import check_folder
from governance.collapse.evidence import Floats
from governance.digest import Manifest, read_document
from governance.errors import IntegrityError

TEXTS_AT_ONCE = 64
LONGEST = 512
"""Tokens of a text that are read; samples are shorter."""
POOLING = Path("1_Pooling") / "config.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class SentenceEncoder:
    """The encoder in a folder whose manifest has this digest. Texts are taken by length, so padding changes nothing but the time."""

    folder: Path
    digest: str

    def encode(self, texts: Sequence[str]) -> Floats:
        """Raises: IntegrityError naming the file: other files than the digest's, anything but safetensors and JSON, another pooling."""
        tokens = [one.ids for one in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(texts)), key=lambda place: len(tokens[place]))
        found: dict[int, Floats] = {}
        for first in range(0, len(order), TEXTS_AT_ONCE):
            places = order[first : first + TEXTS_AT_ONCE]
            found.update(zip(places, self._pooled([tokens[place] for place in places]), strict=True))
        return np.array([found[place] for place in range(len(texts))], dtype=np.float64)

    def _pooled(self, tokens: Sequence[Sequence[int]]) -> Floats:
        import torch

        longest = max(map(len, tokens))
        inputs = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in tokens])
        mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in tokens])
        with torch.inference_mode():
            states = self._model(input_ids=inputs, attention_mask=mask).last_hidden_state
            weights = mask.unsqueeze(-1).to(states.dtype)
            pooled = (states * weights).sum(dim=1) / weights.sum(dim=1)
        return np.asarray(pooled.double().numpy(), dtype=np.float64)

    @cached_property
    def _model(self) -> Any:
        self._check()
        from transformers import AutoModel
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            model, report = AutoModel.from_pretrained(
                str(self.folder), use_safetensors=True, trust_remote_code=False, local_files_only=True, output_loading_info=True
            )
        except Exception as error:  # a foreign loader on foreign bytes: whatever it raises means that this is no encoder
            raise IntegrityError(f"cannot be loaded as an encoder: {error}", where=str(self.folder)) from error
        missing = sorted(str(name) for key in ("missing_keys", "mismatched_keys") for name in report[key] if "pooler" not in str(name))
        if missing:
            raise IntegrityError("weights are missing or misshapen", where=str(self.folder), examples=missing)
        return model.float().eval()

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        context = min(int(self._model.config.max_position_embeddings), LONGEST)
        path = self.folder / "tokenizer.json"
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises bare Exception
            raise IntegrityError(f"cannot be read as a tokenizer: {error}", where=str(path)) from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(context)
        return tokenizer

    def _check(self) -> None:
        check_folder(self.folder)
        if (found := Manifest.of(self.folder).digest) != self.digest:
            raise IntegrityError(
                f"holds the encoder {found}",
                where=str(self.folder),
                expected=f"{self.digest}, which the policy names (probe.encoder)",
                fix="put the right files there, or change the policy under review: readings of two encoders are not comparable",
            )
        if (self.folder / POOLING).exists() and not read_document(self.folder / POOLING).get("pooling_mode_mean_tokens", False):
            raise IntegrityError("asks for another pooling", where=str(self.folder / POOLING), expected="pooling_mode_mean_tokens")
