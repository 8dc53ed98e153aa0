"""A checkpoint folder holds safetensors and JSON, asks for no code, and appears whole or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from governance.adapters.checkpoint_folder import check_folder, write_folder
from governance.errors import IntegrityError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "checkpoint"
    place.mkdir()
    save_file({"w": np.zeros(3)}, place / "model.safetensors")
    (place / "config.json").write_text("{}")
    return place


@pytest.mark.parametrize("name", ["pytorch_model.bin", "optimizer.pt", "rng_state.pth", "weights.ckpt", "data.pkl", "x.zip", "modeling.py"])
def test_anything_that_could_be_a_pickle_or_code_is_refused_by_name(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"\x80\x04.")
    with pytest.raises(IntegrityError, match=name):
        check_folder(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_remote_code_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text(json.dumps({"auto_map": {"AutoModel": "evil.Model"}}))
    with pytest.raises(IntegrityError, match=rf"{name}.*asks to run code of its own \(auto_map\)"):
        check_folder(folder)


def test_a_header_larger_than_its_file_is_refused_before_it_is_read(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes((1 << 40).to_bytes(8, "little") + b"{}")
    with pytest.raises(IntegrityError, match="header claims"):
        check_folder(folder)


def test_links_broken_json_and_missing_folders_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="is missing"):
        check_folder(tmp_path / "nowhere")
    (folder / "config.json").write_text("{")
    with pytest.raises(IntegrityError, match=r"config\.json: cannot be read as JSON"):
        check_folder(folder)
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to("/dev/null")
    with pytest.raises(IntegrityError, match="symbolic link"):
        check_folder(folder)


def test_a_write_that_fails_leaves_the_old_folder_as_it_was(folder: Path) -> None:
    def fail(partial: Path) -> None:
        (partial / "config.json").write_text('{"half": true}')
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_folder(folder, fail)
    assert (folder / "config.json").read_text() == "{}"
    write_folder(folder, lambda partial: (partial / "config.json").write_text('{"whole": true}') and None)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json"]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["checkpoint"]
