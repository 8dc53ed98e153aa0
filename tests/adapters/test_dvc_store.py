"""The model store over real DVC: what was put comes back byte for byte, whatever happened to folder, cache or remote."""

import json
import os
from pathlib import Path

import pytest

from governance.adapters import dvc_commands, dvc_store
from governance.adapters.dvc_commands import add_files, init_dvc, remote_folder, run_dvc
from governance.adapters.dvc_objects import TrackedFolder, object_path
from governance.adapters.dvc_store import DvcModelStore
from governance.digest import Manifest
from governance.errors import DependencyError, IntegrityError, UsageError
from governance.ports.workspace import Workspace

WEIGHTS = b"weights " * 4000


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "a workspace"
    root.mkdir()
    return Workspace(root=root)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    (folder / "tokenizer").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "config.json").write_text('{"width": 96}')
    (folder / "tokenizer" / "vocabulary.json").write_text("{}")
    return folder


@pytest.fixture
def store(workspace: Workspace) -> DvcModelStore:
    return DvcModelStore(workspace=workspace)


@pytest.fixture
def kept(store: DvcModelStore, checkpoint: Path) -> str:
    return store.put(checkpoint)


def the_object(store: DvcModelStore, digest: str, name: str, *, remote: bool) -> Path:
    root = store.workspace.root
    tracked = TrackedFolder.read(store.workspace.models / f"{digest[:16]}.dvc", root / ".dvc" / "cache")
    md5 = (tracked.objects() or {})[name]
    return object_path(root / ".dvc" / ("remote" if remote else "cache"), md5)


def alter(path: Path, old: bytes = b"weights", new: bytes = b"Weights") -> None:
    """Change bytes and keep the mode, as a failing disk does: DVC trusts a cache object that is still read-only."""
    mode = path.stat().st_mode
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    path.chmod(mode)


def test_a_kept_model_is_named_by_its_manifest_and_dvc_is_clean_afterwards(store: DvcModelStore, checkpoint: Path, kept: str) -> None:
    assert kept == Manifest.of(checkpoint).digest == Manifest.of(store.path(kept)).digest
    assert store.differences(kept) == []
    assert {p.name for p in store.workspace.models.iterdir()} == {kept[:16], f"{kept[:16]}.json", f"{kept[:16]}.dvc"}
    assert "up to date" in run_dvc(store.workspace.root, "status")
    assert json.loads(run_dvc(store.workspace.root, "status", "--cloud", "--json")) == {}
    assert not (store.workspace.root / ".git").exists()


def test_putting_a_model_costs_two_runs_of_dvc_and_putting_it_again_none(
    store: DvcModelStore, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []

    def counted(command: list[str], **options: object) -> object:
        runs.append(command[6])
        return run(command, **options)

    run = dvc_commands.subprocess.run
    monkeypatch.setattr(dvc_commands.subprocess, "run", counted)
    first = store.put(checkpoint)
    assert runs == ["add", "push"]
    assert store.put(checkpoint) == store.put(store.path(first)) == first
    assert runs == ["add", "push"]


def test_a_model_whose_remote_object_is_gone_is_pushed_again(store: DvcModelStore, checkpoint: Path, kept: str) -> None:
    the_object(store, kept, "model.safetensors", remote=True).unlink()
    store.put(checkpoint)
    assert the_object(store, kept, "model.safetensors", remote=True).is_file()


def test_a_model_whose_cache_object_is_altered_is_put_again_whole(store: DvcModelStore, checkpoint: Path, kept: str) -> None:
    alter(the_object(store, kept, "model.safetensors", remote=False))
    store.put(checkpoint)
    assert the_object(store, kept, "model.safetensors", remote=False).read_bytes() == WEIGHTS


def test_every_altered_missing_and_extra_file_is_named(store: DvcModelStore, kept: str) -> None:
    folder = store.path(kept)
    alter(folder / "model.safetensors")
    (folder / "config.json").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    said = store.differences(kept)
    assert [phrase.split()[0] for phrase in said] == ["config.json", "pytorch_model.bin", "model.safetensors"]


def test_a_lost_folder_comes_back_from_the_cache_without_running_dvc(
    store: DvcModelStore, checkpoint: Path, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    alter(store.path(kept) / "model.safetensors")
    monkeypatch.setattr(dvc_store, "run_dvc", lambda *_: pytest.fail("dvc was run"))
    assert Manifest.of(store.restore(kept)).digest == kept
    assert not list(store.workspace.models.glob(".*"))


def test_an_altered_cache_object_does_not_win_over_the_remote(store: DvcModelStore, kept: str) -> None:
    alter(the_object(store, kept, "model.safetensors", remote=False))
    (store.path(kept) / "model.safetensors").unlink()
    assert (store.restore(kept) / "model.safetensors").read_bytes() == WEIGHTS
    assert the_object(store, kept, "model.safetensors", remote=False).read_bytes() == WEIGHTS
    assert "up to date" in run_dvc(store.workspace.root, "status")


def test_a_model_is_rebuilt_elsewhere_without_reading_or_touching_what_lies_here(store: DvcModelStore, kept: str, tmp_path: Path) -> None:
    (store.path(kept) / "config.json").write_text("altered here")
    the_object(store, kept, "model.safetensors", remote=False).unlink()
    store.rebuild(kept, tmp_path / "elsewhere")
    assert Manifest.of(tmp_path / "elsewhere").digest == kept
    assert (store.path(kept) / "config.json").read_text() == "altered here"


def test_what_cannot_be_rebuilt_leaves_nothing_elsewhere(store: DvcModelStore, kept: str, tmp_path: Path) -> None:
    for remote in (False, True):
        the_object(store, kept, "model.safetensors", remote=remote).unlink()
    with pytest.raises(IntegrityError, match=r"model\.safetensors"):
        store.rebuild(kept, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()
    assert store.differences(kept) == []


def test_an_altered_listing_in_the_cache_is_fetched_again(store: DvcModelStore, kept: str) -> None:
    root = store.workspace.root
    tracked = TrackedFolder.read(store.workspace.models / f"{kept[:16]}.dvc", root / ".dvc" / "cache")
    listing = object_path(tracked.cache, tracked.listing)
    alter(listing, b"[", b"{")
    assert Manifest.of(store.restore(kept)).digest == kept


def test_an_emptied_cache_is_filled_from_the_remote(store: DvcModelStore, kept: str) -> None:
    cache = store.workspace.root / ".dvc" / "cache"
    cache.rename(store.workspace.root / "lost")
    assert Manifest.of(store.restore(kept)).digest == kept


@pytest.mark.parametrize("gone", [False, True])
def test_a_model_that_no_source_holds_is_refused_by_file_and_object_and_the_folder_is_left(
    store: DvcModelStore, kept: str, gone: bool
) -> None:
    for remote in (False, True):
        source = the_object(store, kept, "model.safetensors", remote=remote)
        name = source.parent.name + source.name
        alter(source)
        if gone:
            source.unlink()
    before = Manifest.of(store.path(kept)).digest
    with pytest.raises(IntegrityError) as caught:
        store.restore(kept)
    assert "model.safetensors" in str(caught.value)
    assert name in str(caught.value)
    assert Manifest.of(store.workspace.model(kept)).digest == before


def test_a_remote_that_is_gone_is_a_dependency_and_no_integrity_error(store: DvcModelStore, kept: str) -> None:
    root = store.workspace.root
    alter(the_object(store, kept, "model.safetensors", remote=False))
    (root / ".dvc" / "remote").rename(root / "unplugged")
    with pytest.raises(DependencyError, match="remote is missing"):
        store.restore(kept)


def test_a_half_made_copy_from_a_kill_is_no_model_and_is_replaced(store: DvcModelStore, checkpoint: Path) -> None:
    digest = Manifest.of(checkpoint).digest
    half = store.workspace.models / f".{digest[:16]}.part"
    half.mkdir(parents=True)
    (half / "half.safetensors").write_bytes(b"half")
    with pytest.raises(IntegrityError, match="never kept"):
        store.path(digest)
    store.put(checkpoint)
    assert store.differences(digest) == []


def test_a_checkpoint_that_changes_while_it_is_copied_is_not_kept(store: DvcModelStore, checkpoint: Path) -> None:
    manifest = Manifest.of(checkpoint)
    (checkpoint / "config.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"changed while it was copied.*config\.json"):
        dvc_store._copy_whole(checkpoint, store.workspace.model(manifest.digest), manifest)
    assert not store.workspace.model(manifest.digest).exists()


def test_an_altered_manifest_is_not_believed(store: DvcModelStore, kept: str) -> None:
    path = store.workspace.models / f"{kept[:16]}.json"
    path.write_text(path.read_text().replace('"size":2', '"size":3'))
    with pytest.raises(IntegrityError, match="the manifest is"):
        store.differences(kept)


@pytest.mark.parametrize("digest", ["", "../../etc", "A" * 64, "f" * 15, "f" * 65])
def test_what_is_no_digest_is_refused(store: DvcModelStore, digest: str) -> None:
    with pytest.raises(IntegrityError, match="no digest"):
        store.path(digest)


def test_a_checkpoint_with_a_link_in_it_is_refused(store: DvcModelStore, checkpoint: Path) -> None:
    (checkpoint / "secret.json").symlink_to("/etc/hostname")
    with pytest.raises(IntegrityError, match="symbolic link"):
        store.put(checkpoint)


def test_a_repository_is_made_once_and_a_users_own_settings_are_kept(workspace: Workspace) -> None:
    assert init_dvc(workspace.root)
    config = workspace.root / ".dvc" / "config"
    config.write_text(config.read_text() + "[cache]\n    type = copy\n")
    assert not init_dvc(workspace.root)
    assert config.read_text().endswith("type = copy\n")
    for setting in ("no_scm = true", "analytics = false", "check_update = false", "verify = true"):
        assert setting in config.read_text()
    assert remote_folder(workspace.root) == workspace.root / ".dvc" / "remote"


def test_a_remote_that_is_no_folder_is_told_apart(workspace: Workspace) -> None:
    init_dvc(workspace.root)
    (workspace.root / ".dvc" / "config.local").write_text("['remote \"local\"']\n    url = s3://bucket/models\n")
    assert remote_folder(workspace.root) is None


def test_shards_are_tracked_and_pushed_together(workspace: Workspace) -> None:
    init_dvc(workspace.root)
    shards = [workspace.shards / name for name in ("anchors.parquet", "tail.parquet")]
    workspace.shards.mkdir()
    for shard in shards:
        shard.write_bytes(shard.name.encode())
    add_files(workspace.root, shards)
    assert json.loads(run_dvc(workspace.root, "status", "--cloud", "--json")) == {}
    assert len([p for p in (workspace.root / ".dvc" / "remote").rglob("*") if p.is_file()]) == 2


def test_a_path_outside_the_workspace_is_not_tracked(workspace: Workspace, checkpoint: Path) -> None:
    with pytest.raises(UsageError, match="outside the workspace"):
        add_files(workspace.root, [checkpoint])
    with pytest.raises(UsageError, match="missing"):
        add_files(workspace.root, [workspace.root / "nothing"])


def test_what_dvc_says_on_failure_reaches_the_person(workspace: Workspace) -> None:
    with pytest.raises(DependencyError, match="dvc status stopped with"):
        run_dvc(workspace.root, "status")


def test_git_around_the_workspace_does_not_matter(workspace: Workspace, checkpoint: Path) -> None:
    (workspace.root / ".git").write_text("this is no repository")
    store = DvcModelStore(workspace=workspace)
    assert store.differences(store.put(checkpoint)) == []
    assert "DVC_NO_ANALYTICS" not in os.environ or os.environ["DVC_NO_ANALYTICS"]
