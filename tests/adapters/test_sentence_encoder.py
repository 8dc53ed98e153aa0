"""A sentence encoder from a folder: a tiny random BERT, pooled as by hand, and refused where it is another one."""

import json
import shutil

import numpy as np
import pytest

from governance.adapters.sentence_encoder import SentenceEncoder
from governance.digest import Manifest
from governance.errors import IntegrityError

pytestmark = pytest.mark.slow
WORDS = [
    "heirloom",
    "seeds",
    "are",
    "kept",
    "true",
    "from",
    "one",
    "generation",
    "to",
    "the",
    "next",
    "by",
    "people",
    "who",
    "watch",
    "what",
    "they",
    "breed",
]
TEXTS = ["heirloom seeds", "people who watch what they breed are kept true", "the next generation", "unknown heirloom " * 40]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    place = tmp_path_factory.mktemp("encoder")
    known = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(place / "tokenizer.json"))
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(known), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, max_position_embeddings=24
    )
    BertModel(config).save_pretrained(place)
    return place


def encoder(place) -> SentenceEncoder:
    return SentenceEncoder(folder=place, digest=Manifest.of(place).digest)


def test_vectors_are_means_over_the_tokens_whatever_texts_are_beside_them(folder):
    import torch
    from tokenizers import Tokenizer
    from transformers import BertModel

    model, tokenizer = BertModel.from_pretrained(folder).eval(), Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(24)
    by_hand = []
    for text in TEXTS:
        with torch.no_grad():
            by_hand.append(model(torch.tensor([tokenizer.encode(text).ids])).last_hidden_state[0].mean(dim=0).numpy())
    found = encoder(folder).encode(TEXTS)
    assert found == pytest.approx(np.array(by_hand), abs=1e-5)
    assert encoder(folder).encode(TEXTS[:1])[0] == pytest.approx(found[0], abs=1e-5)
    assert np.abs(found[0] - found[1]).max() > 0.01


def test_an_encoder_that_is_not_the_named_one_or_not_safe_is_refused(folder, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    with pytest.raises(IntegrityError, match="holds the encoder"):
        SentenceEncoder(folder=other, digest="0" * 64).encode(TEXTS)
    (other / "1_Pooling").mkdir()
    (other / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}))
    with pytest.raises(IntegrityError, match="another pooling"):
        encoder(other).encode(TEXTS)
    (other / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(IntegrityError, match="pickles are never opened"):
        encoder(other).encode(TEXTS)
    shutil.rmtree(other)
    with pytest.raises(IntegrityError, match="is missing"):
        SentenceEncoder(folder=other, digest="0" * 64).encode(TEXTS)


def test_weights_that_are_not_all_there_are_refused(folder, tmp_path):
    from safetensors.numpy import load_file, save_file

    short = tmp_path / "short"
    shutil.copytree(folder, short)
    weights = load_file(short / "model.safetensors")
    weights.pop("encoder.layer.1.output.dense.weight")
    save_file(weights, short / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(IntegrityError, match="missing or misshapen"):
        encoder(short).encode(TEXTS)
