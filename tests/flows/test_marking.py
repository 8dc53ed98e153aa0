"""What a teacher of ours writes is marked where a key is named; the key is seen nowhere."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from flows.marking import key_made, watermark_of, watermark_to_find
from flows.writing import Synthesis, written_for
from governance.adapters.trainers.ngram import TRAINER
from governance.adapters.watermark_key import read_key
from governance.errors import IntegrityError, RefusedError, UsageError
from governance.ports.watermark import MarkReader
from governance.provenance.watermark import Mark
from governance.release import kinds
from tests.flows.synthesis_shop import QuickShop, batch_of, make_checkpoint, make_shop


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("teacher") / "checkpoint")


def marking_shop(tmp_path: Path, checkpoint: Path, key: Path, *, policy: str = "") -> QuickShop:
    settings = f'model_rows_percent = 100\nhybrid_rows_percent = 0\nwatermark_key = "{key}"\n'
    return make_shop(tmp_path / "shop", checkpoint, settings=settings, policy=policy)


def write(shop: QuickShop) -> Synthesis:
    return written_for(shop, batch_of(shop.workspace.root), None)


def test_text_is_marked_where_a_key_is_named_and_whoever_holds_it_sees_the_mark(tmp_path: Path, checkpoint: Path):
    place = tmp_path / "own" / "key"
    shop = marking_shop(tmp_path, checkpoint, place, policy="[synthesis.watermark]\nbias = 6.0\n")
    place.parent.mkdir()
    place.write_text("5eed" * 16)
    place.chmod(0o600)
    done = write(shop)
    watermark, reader = watermark_of(shop), TRAINER.open(checkpoint)
    assert watermark is not None
    assert isinstance(reader, MarkReader)
    texts = pl.read_parquet(done.file)["text"].to_list()

    def green_share(mark: Mark) -> float:
        found = reader.greens(texts, mark)
        return float(found.green.sum() / found.pairs.sum())

    strangers = [green_share(replace(watermark.mark, key=key)) for key in range(1, 100)]
    assert green_share(watermark.mark) > max(strangers) + 0.1
    assert done.document["watermark"] == {"fingerprint": watermark.fingerprint, "green_percent": 25, "bias": 6.0}
    (said,) = [event.body for event in shop.events.kept if event.kind == kinds.ROWS_SYNTHESIZED]
    assert said["watermark"] == watermark.fingerprint


def test_the_key_is_in_no_file_and_no_event_of_the_workspace_and_in_no_text_of_a_value(tmp_path: Path, checkpoint: Path):
    place = tmp_path / "own" / "key"
    shop = marking_shop(tmp_path, checkpoint, place)
    key_made(shop)
    done, watermark = write(shop), watermark_of(shop)
    secrets = [place.read_text().strip(), str(read_key(place).number)]
    seen = [path.read_bytes() for path in shop.workspace.root.rglob("*") if path.is_file()]
    seen += [repr([dict(event.body) for event in shop.events.kept]).encode(), repr((done, watermark, read_key(place))).encode()]
    assert len(seen) > 10
    assert [secret for secret in secrets for content in seen if secret.encode() in content] == []


def test_without_a_key_nothing_is_marked_and_the_record_says_so(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint)
    assert write(shop).document["watermark"] is None
    assert watermark_of(shop) is None


def test_where_policy_asks_for_a_mark_nothing_is_written_without_a_key(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint, policy="[synthesis.watermark]\nrequired = true\n")
    with pytest.raises(RefusedError, match="text shall be marked, and no key is named"):
        write(shop)
    assert not list(batch_of(tmp_path).glob("tutor*"))


def test_a_key_that_is_named_and_not_there_stops_the_writing_instead_of_leaving_text_unmarked(tmp_path: Path, checkpoint: Path):
    with pytest.raises(UsageError, match=r"cannot be read(.|\n)*--make-key"):
        write(marking_shop(tmp_path, checkpoint, tmp_path / "gone"))


@pytest.mark.parametrize("inside", ["key", ".heirloom/key", "cycle/key"])
def test_a_key_in_the_workspace_is_neither_made_nor_read(tmp_path: Path, checkpoint: Path, inside: str):
    shop = marking_shop(tmp_path, checkpoint, tmp_path / "shop" / inside)
    for act in (key_made, watermark_of):
        with pytest.raises(UsageError, match="lies in the workspace"):
            act(shop)
    assert not (tmp_path / "shop" / inside).exists()


def test_a_key_is_made_only_where_settings_name_a_place(tmp_path: Path, checkpoint: Path):
    with pytest.raises(UsageError, match="names no file"):
        key_made(make_shop(tmp_path, checkpoint))


def test_a_cycle_is_frozen_with_the_fingerprint_of_the_key_and_read_with_that_key_alone(tmp_path: Path, checkpoint: Path):
    place = tmp_path / "own" / "key"
    shop = marking_shop(tmp_path, checkpoint, place)
    assert watermark_to_find(make_shop(tmp_path / "other", checkpoint)) is None
    assert watermark_to_find(shop) is None
    key_made(shop)
    pinned = watermark_to_find(shop)
    assert pinned is not None
    assert shop.mark(pinned) == watermark_of(shop).mark  # type: ignore[union-attr]
    place.unlink()
    key_made(shop)
    with pytest.raises(IntegrityError, match="with which the cycle was frozen"):
        shop.mark(pinned)
