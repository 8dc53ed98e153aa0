"""What may come in by adoption: safetensors and JSON that the policy's trainer opens, into a line without a champion, with a reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.adopt import adopt
from governance.adapters.trainers.ngram import TRAINER as NGRAM
from governance.errors import IntegrityError, RefusedError, UsageError
from governance.release import kinds
from governance.training.adoption import StatedPast
from governance.training.recipe import Recipe
from governance.wiring import Shop, open_shop
from tests.release.ledger_events import promoted, registered

POLICY = """
[line]
model = "student"
environment = "demo"
seed = 7
[training]
trainer = "ngram"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    root = tmp_path / "newsroom"
    root.mkdir()
    (root / "policy.toml").write_text(POLICY)
    return open_shop(root, actor="engineer-a")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "ours"
    NGRAM.found(["what the team's own model has learnt"], Recipe(), 7, folder)
    return folder


def with_pickle(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")


def with_code(folder: Path) -> None:
    (folder / "more.json").write_text('{"auto_map": {"AutoModel": "code.Model"}}')


def with_link(folder: Path) -> None:
    (folder / "more.json").symlink_to(folder / "config.json")


def with_a_huge_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes((2**40).to_bytes(8, "little"))


def of_another_trainer(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "gpt2"}')


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (with_pickle, "pickles are never opened"),
        (with_code, "auto_map"),
        (with_link, "symbolic link"),
        (with_a_huge_header, "header claims"),
        (of_another_trainer, "no n-gram model"),
    ],
)
def test_what_is_no_plain_checkpoint_is_refused_by_file_before_anything_is_kept(
    shop: Shop, checkpoint: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(checkpoint)
    with pytest.raises(IntegrityError, match=said) as caught:
        adopt(shop, checkpoint, StatedPast(), "ours")
    assert str(checkpoint) in str(caught.value)
    assert not shop.workspace.models.exists()
    assert shop.ledger.events() == ()


def test_a_link_to_a_checkpoint_is_no_checkpoint(shop: Shop, checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(checkpoint)
    with pytest.raises(IntegrityError, match="name the folder itself"):
        adopt(shop, tmp_path / "link", StatedPast(), "ours")


def test_nobody_adopts_without_a_reason(shop: Shop, checkpoint: Path) -> None:
    with pytest.raises(UsageError, match="no reason"):
        adopt(shop, checkpoint, StatedPast(), " \n")


def test_a_line_that_has_a_champion_is_told_to_make_another_line(shop: Shop, checkpoint: Path) -> None:
    later = {**dict.fromkeys(kinds.LATER[kinds.CANDIDATE_REGISTERED]), "passages": 0, "unknown_tokens": 0}
    for kind, body in (registered(1), promoted(1)):
        shop.ledger.record(kind, {**body, **later} if kind == kinds.CANDIDATE_REGISTERED else body)
    with pytest.raises(RefusedError, match="heirloom init"):
        adopt(shop, checkpoint, StatedPast(), "ours")
    assert not shop.workspace.models.exists()
