"""The four users of a real MLflow server with authentication on PostgreSQL: what each may, and what each must not."""

import os
import shutil
from pathlib import Path

import pytest

from flows.infra import Roles, bootstrap, passwords_there
from governance.adapters.mlflow_credentials import PROVIDER, FileCredentials, mlflow_user
from governance.adapters.mlflow_registry import MlflowRegistry
from governance.adapters.mlflow_roles import PROMOTER, REVIEWER, TRAINER, line_of, prove_roles, wrong
from governance.adapters.mlflow_server import MlflowUser
from governance.digest import Manifest
from governance.errors import DependencyError, IntegrityError, UsageError
from governance.ports.registry import Candidate
from governance.wiring import Shop, open_shop
from tests.servers.stack import Mlflow

pytestmark = pytest.mark.servers
POLICY = '[line]\nmodel = "student"\n[training]\ntrainer = "ngram"\n'


@pytest.fixture(scope="module")
def shop(mlflow: Mlflow, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    place = tmp_path_factory.mktemp("line") / "shop"
    place.mkdir()
    (place / "policy.toml").write_text(POLICY)
    (place / "heirloom.toml").write_text(f'[registry]\ntracking_uri = "{mlflow.uri}"\nsecrets = "{mlflow.secrets}"\n')
    return open_shop(place, actor="platform-a")


@pytest.fixture(scope="module")
def first(shop: Shop) -> Roles:
    """What bootstrap did when it was first asked."""
    done = bootstrap(shop).roles
    assert done is not None
    return done


@pytest.fixture
def laid(shop: Shop, first: Roles) -> Shop:
    return shop


def user_of(shop: Shop, name: str) -> FileCredentials:
    found = mlflow_user(shop.settings.registry, shop.secret_place, name)
    assert found is not None
    return found


def registry(shop: Shop, user: str) -> MlflowRegistry:
    return MlflowRegistry(tracking_uri=shop.tracking_uri, artifact_root=shop.workspace.registry_artifacts, credentials=user_of(shop, user))


def a_candidate(folder: Path, cycle: str) -> Candidate:
    checkpoint = folder / f"checkpoint-{cycle[:4]}"
    checkpoint.mkdir(parents=True)
    (checkpoint / "model.safetensors").write_bytes(b"weights")
    (folder / "made.html").write_text("<title>report</title>")
    return Candidate(
        model="student",
        cycle_digest=cycle,
        checkpoint=checkpoint,
        checkpoint_digest=Manifest.of(checkpoint).digest,
        run_name="cycle 3",
        description="## Candidate",
        tags={"heirloom.verdict": "pass"},
        params={"seed": "7"},
        metrics={"distinct_2": 0.3},
        curves={"train_loss": [(step, 3.0) for step in range(1, 20)]},
        artifacts={"review/report.html": folder / "made.html"},
    )


def test_users_and_roles_are_made_once_and_proved_by_calls_of_which_three_are_refused(shop, first):
    assert {"model student", "user trainer", "role student-promoter: registered_model MANAGE"} <= set(first.changed)
    assert [(p.user, p.wanted, p.found) for p in first.proofs] == [
        (user, wanted, wanted) for user in (TRAINER, REVIEWER, PROMOTER) for wanted in (True, False)
    ]
    assert bootstrap(shop).roles.changed == ()
    for file in passwords_there(Path(shop.settings.registry.secrets)).values():
        assert file.stat().st_mode & 0o077 == 0


def test_a_grant_that_somebody_added_is_taken_away_and_one_that_is_there_shows_in_the_proof(laid, mlflow):
    admin = MlflowUser(tracking_uri=mlflow.uri, name="admin", password=mlflow.admin_password)
    roles = {r["name"]: r["id"] for r in admin.get("GET", "3.0/mlflow/roles/list", workspace="default")["roles"]}
    grant = {"resource_type": "registered_model", "resource_pattern": "*", "permission": "EDIT"}
    admin.get("POST", "3.0/mlflow/roles/permissions/add", role_id=roles["student-trainer"], **grant)
    trainer = user_of(laid, TRAINER).at(mlflow.uri)
    assert wrong(prove_roles(line_of(trainer, "student"), [trainer])) == ["trainer may move an alias"]
    changed = bootstrap(laid).roles.changed
    assert changed == ("role student-trainer: no more registered_model * EDIT",)
    assert wrong(prove_roles(line_of(trainer, "student"), [trainer])) == []


def test_a_right_that_bootstrap_cannot_take_away_stops_it(laid, mlflow):
    admin = MlflowUser(tracking_uri=mlflow.uri, name="admin", password=mlflow.admin_password)
    grant = {"username": REVIEWER, "resource_type": "registered_model", "resource_id": "student", "permission": "MANAGE"}
    admin.get("POST", "3.0/mlflow/users/permissions/grant", **grant)
    with pytest.raises(IntegrityError, match="reviewer may move an alias"):
        bootstrap(laid)
    admin.get("POST", "3.0/mlflow/users/permissions/revoke", **{k: v for k, v in grant.items() if k != "permission"})
    assert bootstrap(laid).roles.changed == ()


def test_the_platform_registers_moves_and_takes_off_an_alias_and_replaces_a_checkpoint(laid, tmp_path):
    platform = laid.registry
    version = platform.register(a_candidate(tmp_path / "made", "c" * 64))
    platform.set_alias("student", "candidate", version)
    platform.describe("student", version, "words")
    platform.set_tags("student", version, {"heirloom.gate": "pass"})
    platform.drop_tag("student", version, "heirloom.gate")
    assert platform.pages("student")[version].description == "words"
    assert platform.aliases("student") == {"candidate": version}
    platform.drop_alias("student", "candidate")
    assert platform.aliases("student") == {}
    other = tmp_path / "other"
    shutil.copytree(platform.checkpoint("student", version), other)
    (other / "model.safetensors").write_bytes(b"mended")
    platform.put_checkpoint("student", version, other)
    assert (platform.checkpoint("student", version) / "model.safetensors").read_bytes() == b"mended"


@pytest.mark.parametrize("user", [TRAINER, REVIEWER])
def test_nobody_but_the_platform_moves_an_alias_or_registers(laid, tmp_path, user):
    version = laid.registry.register(a_candidate(tmp_path / "made", "d" * 64))
    theirs = registry(laid, user)
    for refused in (
        lambda: theirs.set_alias("student", "champion", version),
        lambda: theirs.register(a_candidate(tmp_path / "theirs", "e" * 64)),
    ):
        with pytest.raises(DependencyError, match=r"403|[Pp]ermission"):
            refused()
    assert "champion" not in laid.registry.aliases("student")


def test_a_reviewer_writes_on_a_version_and_a_trainer_does_not(laid, tmp_path):
    version = laid.registry.register(a_candidate(tmp_path / "made", "f" * 64))
    registry(laid, REVIEWER).set_tags("student", version, {"note": "read it"})
    with pytest.raises(DependencyError, match=r"403|[Pp]ermission"):
        registry(laid, TRAINER).set_tags("student", version, {"note": "read it"})


def test_a_password_is_in_no_environment_no_error_and_no_repr(laid, mlflow, tmp_path, monkeypatch):
    wrong_file = tmp_path / "promoter"
    wrong_file.write_text("hush-hush-canary")
    wrong_file.chmod(0o600)
    who = FileCredentials(user=PROMOTER, file=wrong_file)
    stranger = MlflowRegistry(tracking_uri=mlflow.uri, artifact_root=tmp_path / "here", credentials=who)
    with pytest.raises(DependencyError) as caught:
        stranger.aliases("student")
    assert os.environ[PROVIDER] == who.get_name()
    assert not any("hush-hush" in text for text in (str(caught.value), repr(stranger), repr(who.at(mlflow.uri)), *os.environ.values()))


def test_without_a_password_the_server_says_nothing(mlflow):
    with pytest.raises(DependencyError, match="401"):
        MlflowUser(tracking_uri=mlflow.uri, name="nobody", password="x").get("GET", "2.0/mlflow/registered-models/search")


def test_bootstrap_without_the_admins_password_names_the_file(laid, mlflow, tmp_path):
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "heirloom.toml").write_text(f'[registry]\ntracking_uri = "{mlflow.uri}"\nsecrets = "{tmp_path.parent / "empty"}"\n')
    (tmp_path.parent / "empty").mkdir(exist_ok=True)
    with pytest.raises(UsageError, match="admin"):
        bootstrap(open_shop(tmp_path, actor="platform-a"))


def test_the_doctor_proves_the_roles(laid):
    from flows.health import registry_roles

    check = registry_roles(laid)
    assert (check.level, "3 refused" in check.said) == ("ok", True), check
