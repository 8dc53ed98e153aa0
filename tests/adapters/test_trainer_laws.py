"""What holds for every trainer that exists: its port, its log, its bits, its refusals."""

import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from trainer_bench import SMALL, default_mix, job_of, sentences

from governance.digest import Manifest
from governance.errors import IntegrityError
from governance.plugins import discover
from governance.ports.language_model import Decoding, LanguageModel
from governance.ports.trainer import Trainer
from governance.training.batch_log import verify_log
from governance.training.batches import Caps

pytestmark = pytest.mark.usefixtures("one_thread")
TRAINERS = discover("governance.adapters.trainers", "TRAINER")
ODD_TEXTS = ["", "a", "\n\n  \t", "naïve 日本語 🦤 \x00", "<|endoftext|>", "The heron keeps the ledger by hand. " * 30]


@pytest.fixture(scope="module", params=sorted(TRAINERS))
def trainer(request: pytest.FixtureRequest) -> Trainer:
    found: Trainer = TRAINERS[request.param]
    return found


@pytest.fixture(scope="module")
def place(trainer: Trainer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A start and a checkpoint trained from it over two shards."""
    folder = tmp_path_factory.mktemp(trainer.name)
    trainer.found(sentences(150, 2), SMALL, 7, folder / "start")
    trainer.train(job_of(folder, folder / "start", default_mix(shards=2)))
    return folder


@pytest.fixture(scope="module")
def model(trainer: Trainer, place: Path) -> LanguageModel:
    return trainer.open(place / "checkpoint")


def test_founding_and_training_give_the_same_bytes_again(trainer: Trainer, place: Path, tmp_path: Path) -> None:
    trainer.found(sentences(150, 2), SMALL, 7, tmp_path / "start")
    assert Manifest.of(tmp_path / "start") == Manifest.of(place / "start")
    curve = trainer.train(job_of(tmp_path, tmp_path / "start", default_mix(shards=2)))
    assert Manifest.of(tmp_path / "checkpoint") == Manifest.of(place / "checkpoint")
    assert (tmp_path / "batches.parquet").read_bytes() == (place / "batches.parquet").read_bytes()
    assert curve.resumed_from_step == 0


def test_the_log_of_real_training_keeps_the_caps_in_every_batch_and_shard(place: Path) -> None:
    log = pl.read_parquet(place / "batches.parquet")
    verify_log(log, Caps(anchor_percent=15, synthetic_cap_percent=35))
    assert set(log["shard"]) == {0, 1}
    assert set(log["epoch"]) == {0, 1}
    assert (log["synthetic_tokens"] > 0).any()
    named = {row for ids in log["row_ids"].to_list() for row in ids}
    assert {f"human-{n}" for n in range(120)} <= named


def test_training_makes_the_text_it_was_trained_on_cheaper(trainer: Trainer, place: Path, model: LanguageModel) -> None:
    texts = sentences(60, 99)
    before = sum(score.bits for score in trainer.open(place / "start").score(texts))
    after = sum(score.bits for score in model.score(texts))
    assert after < 0.8 * before


def test_every_text_has_finite_bits_and_every_token_is_paid(model: LanguageModel) -> None:
    for text, score, count in zip(ODD_TEXTS, model.score(ODD_TEXTS), model.count_tokens(ODD_TEXTS), strict=True):
        assert score.tokens == count
        assert (score.bits > 0) == (text != "")
        assert score.bits < 64 * max(1, count)


def test_a_score_does_not_depend_on_what_it_is_batched_with(model: LanguageModel) -> None:
    together = model.score([*ODD_TEXTS, *sentences(40, 5)])
    for text, score in zip(ODD_TEXTS, together, strict=False):
        assert model.score([text])[0].bits == pytest.approx(score.bits, rel=1e-4)


def test_a_word_is_a_first_choice_exactly_where_greedy_writing_writes_it(model: LanguageModel) -> None:
    texts = sentences(6, 9)
    spans = [[match.span() for match in re.finditer(r"\w+", text)][1:] for text in texts]
    scores = model.score(texts, spans)
    greedy = Decoding(temperature=0, max_new_tokens=12)
    for text, asked, score in zip(texts, spans, scores, strict=True):
        written = model.sample([text[:start].rstrip() for start, _ in asked], greedy)
        assert score.first_choices == tuple(
            re.match(rf" ?{text[a:b]}(?!\w)", said) is not None for (a, b), said in zip(asked, written, strict=True)
        )
    assert len({choice for score in scores for choice in score.first_choices}) == 2


def test_asking_about_words_moves_no_bits_and_neither_does_the_batch(model: LanguageModel) -> None:
    texts = [*ODD_TEXTS, *sentences(5, 11)]
    spans = [[match.span() for match in re.finditer(r"\w+", text)] for text in texts]
    asked, plain = model.score(texts, spans), model.score(texts)
    assert [score.bits for score in asked] == pytest.approx([score.bits for score in plain], rel=1e-6)
    assert [score.tokens for score in asked] == [score.tokens for score in plain]
    assert [len(score.first_choices) for score in asked] == [len(words) for words in spans]
    assert [model.score([text], [words])[0].first_choices for text, words in zip(texts, spans, strict=True)] == [
        score.first_choices for score in asked
    ]


def test_samples_are_a_function_of_weights_prompts_and_decoding(trainer: Trainer, place: Path, model: LanguageModel) -> None:
    prompts = ["The heron", "", "The river opens the", "The " * 30]
    decoding = Decoding(max_new_tokens=12, seed=3)
    written = model.sample(prompts, decoding)
    assert written == trainer.open(place / "checkpoint").sample(prompts, decoding)
    assert written[:2] == model.sample(prompts[:2], decoding)
    assert len(written) == len(prompts)
    assert written != model.sample(prompts, replace(decoding, seed=4))
    assert all(count <= 14 for count in model.count_tokens(written))


def test_temperature_and_top_p_sharpen(model: LanguageModel) -> None:
    prompts = ["The"] * 60
    honest = set(model.sample(prompts, Decoding(max_new_tokens=4, seed=1)))
    sharp = set(model.sample(prompts, Decoding(max_new_tokens=4, seed=1, temperature=0.3, top_p=0.8)))
    greedy = set(model.sample(prompts, Decoding(max_new_tokens=4, seed=1, temperature=0.0)))
    assert len(greedy) == 1
    assert len(sharp) < len(honest)


def test_nothing_to_score_or_to_continue_is_nothing(model: LanguageModel) -> None:
    assert (list(model.score([])), list(model.sample([], Decoding())), list(model.count_tokens([]))) == ([], [], [])


def test_tokens_are_counted_alike_with_and_without_the_weights(trainer: Trainer, place: Path, model: LanguageModel) -> None:
    import pickle

    count = pickle.loads(pickle.dumps(trainer.counter(place / "checkpoint")))  # noqa: S301 - our own bytes, as an executor sends them
    assert list(count(ODD_TEXTS)) == list(model.count_tokens(ODD_TEXTS))


def test_a_counter_is_refused_the_files_that_a_model_is_refused(trainer: Trainer, place: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(place / "checkpoint", tmp_path / "altered")
    (tmp_path / "altered" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(IntegrityError, match=r"pytorch_model\.bin"):
        trainer.counter(tmp_path / "altered")


def test_a_foreign_or_altered_checkpoint_is_refused_by_name(trainer: Trainer, place: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(place / "checkpoint", tmp_path / "altered")
    weights = tmp_path / "altered" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:200])
    with pytest.raises(IntegrityError, match="altered"):
        trainer.open(tmp_path / "altered")
    (tmp_path / "altered" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(IntegrityError, match=r"pytorch_model\.bin"):
        trainer.open(tmp_path / "altered")


def test_training_from_a_trained_start_moves_it(trainer: Trainer, place: Path, tmp_path: Path) -> None:
    strange = ["Quokkas quibble quietly over quinces."] * 100
    mix = pl.concat(
        [default_mix(), default_mix().head(100).with_columns(text=pl.Series(strange), row_id=pl.lit("new"), role=pl.lit("human"))]
    )
    trainer.train(job_of(tmp_path, place / "checkpoint", mix))
    before, after = (trainer.open(folder).score(strange[:1])[0].bits for folder in (place / "checkpoint", tmp_path / "checkpoint"))
    assert after < 0.8 * before
