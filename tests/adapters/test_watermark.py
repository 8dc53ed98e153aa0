"""The watermark: our counts are those of transformers' detector, marked text is found, unmarked text is drawn exactly as before."""

from pathlib import Path

import numpy as np
import pytest

from governance.adapters.trainers.ngram import TRAINER as NGRAM
from governance.adapters.watermark_key import make_key, read_key
from governance.errors import IntegrityError, UsageError
from governance.ports.language_model import Decoding
from governance.ports.watermark import Detector, MarkReader
from governance.provenance.watermark import Greens, Mark
from governance.training.recipe import Recipe

MARK = Mark(key=15485863)
OTHER = Mark(key=99)
WORDS = [f"word{number}" for number in range(400)]


def prose(seed: int, words: int = 60) -> str:
    return " ".join(np.random.Generator(np.random.Philox(seed)).choice(WORDS, words))


@pytest.fixture(scope="module")
def ngram(tmp_path_factory: pytest.TempPathFactory) -> MarkReader:
    folder = tmp_path_factory.mktemp("ngram") / "start"
    NGRAM.found([prose(seed) for seed in range(50)], Recipe(vocabulary=2048), 7, folder)
    return NGRAM.open(folder)


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> MarkReader:
    pytest.importorskip("torch")
    from governance.adapters.trainers.transformer import TRAINER

    folder = tmp_path_factory.mktemp("decoder") / "start"
    TRAINER.found([prose(seed) for seed in range(50)], Recipe(width=16, layers=1, heads=1, vocabulary=1024), 7, folder)
    return TRAINER.open(folder)


@pytest.fixture(params=["ngram", "decoder"])
def model(request: pytest.FixtureRequest) -> MarkReader:
    return request.getfixturevalue(request.param)


def written(model: MarkReader, mark: Mark | None, **changes: float) -> list[str]:
    return list(model.sample(["word1 word2"] * 16, Decoding(max_new_tokens=80, seed=3, mark=mark, **changes)))


def test_marked_text_is_found_with_its_key_and_not_with_another(model: MarkReader):
    texts = written(model, MARK)
    assert isinstance(model, MarkReader)
    assert np.nanmean(model.greens(texts, MARK).z) > 3
    assert abs(np.nanmean(model.greens(texts, OTHER).z)) < 1
    assert abs(np.nanmean(model.greens(written(model, None), MARK).z)) < 1


def test_the_mark_outlives_temperature_and_top_p(model: MarkReader):
    assert np.nanmean(model.greens(written(model, MARK, temperature=0.8, top_p=0.9), MARK).z) > 2


def test_top_p_is_asked_before_the_mark(model: MarkReader):
    """With the most likely token alone left over, a mark has nothing to prefer."""
    assert written(model, MARK, top_p=1e-9) == written(model, None, top_p=1e-9)


def test_our_counts_are_those_of_the_detector_of_transformers(decoder: MarkReader):
    import torch
    from transformers import WatermarkDetector

    from governance.adapters.torch_lm.tokenizer import encode
    from governance.adapters.torch_lm.watermark import settings_of

    texts = [*written(decoder, MARK)[:6], "word1 word2 word3 word1 word2 word3 word1 word2"]
    theirs = WatermarkDetector(decoder.model.config, "cpu", settings_of(MARK), ignore_repeated_ngrams=True)
    found = [theirs(torch.tensor([tokens]), return_dict=True) for tokens in encode(decoder.tokenizer, texts)]
    ours = decoder.greens(texts, MARK)
    assert ours.pairs.tolist() == [int(one.num_tokens_scored[0]) for one in found]
    assert ours.green.tolist() == [int(one.num_green_tokens[0]) for one in found]
    assert ours.z == pytest.approx([float(one.z_score[0]) for one in found])


def test_a_marked_step_draws_from_the_distribution_that_transformers_makes(decoder: MarkReader):
    import torch
    from transformers import WatermarkLogitsProcessor

    from governance.adapters.torch_lm.sampling import draw
    from governance.adapters.torch_lm.watermark import settings_of

    logits, previous = torch.randn(3, 1024, generator=torch.Generator().manual_seed(1)), torch.tensor([5, 700, 5])
    theirs = torch.softmax(WatermarkLogitsProcessor(1024, "cpu", **settings_of(MARK))(previous[:, None], logits.clone()), dim=-1)
    for uniform in (0.01, 0.3, 0.77, 0.999):
        wanted = torch.searchsorted(theirs.double().cumsum(-1), torch.full((3, 1), uniform, dtype=torch.float64), right=True)[:, 0]
        found = draw(logits, torch.full((3,), uniform, dtype=torch.float64), Decoding(mark=MARK), previous=previous)
        assert found.tolist() == wanted.tolist()


def test_a_repeated_pair_is_counted_once_and_a_single_token_is_no_evidence():
    greens = Greens(pairs=np.array([0, 48]), green=np.array([0, 24]), green_percent=25)
    assert np.isnan(greens.z[0])
    assert greens.z[1] == pytest.approx(4.0)


def test_a_detector_answers_for_one_teacher_under_a_fingerprint(ngram: MarkReader):
    detector = Detector(generator="tutor/1", fingerprint="f" * 64, reader=ngram, mark=MARK)
    assert detector.watermark_scores(["word1 word2 word3"]).pairs.tolist() > [0]
    assert str(MARK.key) not in repr(detector)


@pytest.mark.parametrize("wrong", [{"key": 0}, {"key": 2**63}, {"key": 1, "green_percent": 0}, {"key": 1, "bias": 0.0}])
def test_an_impossible_mark_cannot_be_made_and_its_key_is_not_told(wrong: dict[str, float]):
    with pytest.raises(ValueError, match=next(reversed(wrong))) as caught:
        Mark(**wrong)
    assert str(2**63) not in str(caught.value).split(" is not")[0]


def test_a_key_is_made_once_for_its_owner_alone_and_its_number_is_not_shown(tmp_path: Path):
    place = tmp_path / "keys" / "watermark"
    key = make_key(place)
    assert place.stat().st_mode & 0o777 == 0o600
    assert make_key(place) == key == read_key(place)
    assert str(key.number) not in repr(key)
    assert key.fingerprint not in place.read_text()
    assert make_key(tmp_path / "other").number != key.number
    assert [path.name for path in place.parent.iterdir()] == ["watermark"]


@pytest.mark.parametrize("fault", ["readable", "link", "short"])
def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path, fault: str):
    place = tmp_path / "watermark"
    make_key(place)
    if fault == "readable":
        place.chmod(0o644)
    elif fault == "link":
        place = tmp_path / "link"
        place.symlink_to(tmp_path / "watermark")
    else:
        place.write_text("abc")
    with pytest.raises(IntegrityError):
        read_key(place)


def test_a_missing_key_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(UsageError, match="--make-key"):
        read_key(tmp_path / "none")
