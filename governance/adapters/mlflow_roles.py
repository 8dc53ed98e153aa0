"""Who may do what on the MLflow server of a model line: three users with a role each, beside its admin, and calls that prove it (X12).

The model and the experiment are made by the admin: MLflow lets whoever makes one manage it for good. A grant on versions is for every
model that the user can read, because MLflow has none for the versions of one model.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from governance.adapters.mlflow_server import GONE, MISSING, REFUSED, TAKEN, MlflowUser
from governance.errors import DependencyError

TRAINER, REVIEWER, PROMOTER, ADMIN = "trainer", "reviewer", "promoter", "admin"
USERS = (TRAINER, REVIEWER, PROMOTER)
EXPERIMENT, MODEL, VERSION = "experiment", "registered_model", "registered_model_version"
READ, EDIT, MANAGE = "READ", "EDIT", "MANAGE"
EVERY = "*"
WORKSPACE = "default"
NOBODY = "999999999"
"""A version that no model has: what is let through finds nothing, so that a proof changes nothing."""

MAY: Mapping[str, Mapping[str, str]] = {
    TRAINER: {EXPERIMENT: EDIT, MODEL: READ},
    REVIEWER: {EXPERIMENT: READ, MODEL: READ, VERSION: EDIT},
    PROMOTER: {EXPERIMENT: MANAGE, MODEL: MANAGE},
}
"""The promoter is the platform. It manages the model because MLflow asks that of whoever takes an alias or a tag off, and the experiment
because it asks that of whoever replaces an artifact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A model line as a server knows it."""

    model: str
    experiment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One call as one user: what it tried, whether it was to be let through, and whether it was."""

    user: str
    tried: str
    wanted: bool
    found: bool

    @property
    def holds(self) -> bool:
        return self.wanted == self.found


Call = tuple[str, str, str, Mapping[str, object]]
"""What is tried, in words; method, path and values of the call."""


def lay_out(admin: MlflowUser, model: str, passwords: Mapping[str, str]) -> tuple[Line, tuple[str, ...]]:
    """Make experiment, model, users and roles where they are missing, and the grants of each role exactly ours; what was changed, in words.

    A user who is there gets the password of today. Raises: DependencyError where the server does not answer, or `admin` is none.
    """
    changed: list[str] = []
    line = Line(model=model, experiment_id=_experiment(admin, model, changed))
    _made(admin, "2.0/mlflow/registered-models/create", f"model {model}", changed, name=model)
    for name, password in passwords.items():
        if not _made(admin, "2.0/mlflow/users/create", f"user {name}", changed, username=name, password=password):
            admin.get("PATCH", "2.0/mlflow/users/update-password", username=name, password=password)
        _role(admin, line, name, changed)
    return line, tuple(changed)


def line_of(user: MlflowUser, model: str) -> Line:
    """The line as the server knows it. Raises: DependencyError where it knows none."""
    found = user.get("GET", "2.0/mlflow/experiments/get-by-name", experiment_name=model)
    return Line(model=model, experiment_id=str(found["experiment"]["experiment_id"]))


def prove_roles(line: Line, users: Iterable[MlflowUser]) -> tuple[Proof, ...]:
    """Two calls as each user: one that must be let through, and one that must be refused. Nothing is changed but a tag of the experiment.

    Raises: DependencyError where a user's password is wrong, or an answer is neither yes nor no.
    """
    on_version = {"name": line.model, "version": NOBODY}
    alias: Call = ("move an alias", "POST", "2.0/mlflow/registered-models/alias", {**on_version, "alias": "heirloom-proof"})
    calls: dict[tuple[str, bool], Call] = {
        (TRAINER, True): (
            "write to the experiment",
            "POST",
            "2.0/mlflow/experiments/set-experiment-tag",
            {"experiment_id": line.experiment_id, "key": "heirloom.proved", "value": TRAINER},
        ),
        (TRAINER, False): alias,
        (REVIEWER, True): (
            "write on a version",
            "POST",
            "2.0/mlflow/model-versions/set-tag",
            {**on_version, "key": "heirloom.proved", "value": REVIEWER},
        ),
        (REVIEWER, False): alias,
        (PROMOTER, True): alias,
        (PROMOTER, False): ("say who is an admin", "PATCH", "2.0/mlflow/users/update-admin", {"username": PROMOTER, "is_admin": False}),
    }
    proofs = []
    for user in users:
        for wanted in (True, False):
            tried, method, path, values = calls[user.name, wanted]
            proofs.append(Proof(user=user.name, tried=tried, wanted=wanted, found=_let_through(user, method, path, values)))
    return tuple(proofs)


def _let_through(user: MlflowUser, method: str, path: str, values: Mapping[str, object]) -> bool:
    answer = user.ask(method, path, **values)
    if answer.status == REFUSED:
        return False
    if answer.status < 400 or (answer.status == GONE and answer.code == MISSING):
        return True
    user.body_of(answer, path)
    raise DependencyError(f"MLflow answered {answer.status} to {path}", where=user.tracking_uri)


def _experiment(admin: MlflowUser, name: str, changed: list[str]) -> str:
    found = admin.ask("GET", "2.0/mlflow/experiments/get-by-name", experiment_name=name)
    if found.code != MISSING:
        return str(admin.body_of(found, "experiments/get-by-name")["experiment"]["experiment_id"])
    changed.append(f"experiment {name}")
    return str(admin.get("POST", "2.0/mlflow/experiments/create", name=name)["experiment_id"])


def _made(admin: MlflowUser, path: str, what: str, changed: list[str], **values: object) -> bool:
    """True where it was made now; False where it was there."""
    answer = admin.ask("POST", path, **values)
    if answer.code == TAKEN:
        return False
    admin.body_of(answer, path)
    changed.append(what)
    return True


def _role(admin: MlflowUser, line: Line, user: str, changed: list[str]) -> None:
    """The role of one user, with our grants and no others."""
    name = f"{line.model}-{user}"
    roles = {str(role["name"]): role for role in admin.get("GET", "3.0/mlflow/roles/list", workspace=WORKSPACE)["roles"]}
    if name not in roles:
        roles[name] = admin.get("POST", "3.0/mlflow/roles/create", name=name, workspace=WORKSPACE)["role"]
        changed.append(f"role {name}")
    role = int(roles[name]["id"])
    wanted = {(kind, _pattern(kind, line), level) for kind, level in MAY[user].items()}
    there = {
        (str(one["resource_type"]), str(one["resource_pattern"]), str(one["permission"])): int(one["id"])
        for one in admin.get("GET", "3.0/mlflow/roles/permissions/list", role_id=role)["role_permissions"]
    }
    for grant in sorted(set(there) - wanted):
        admin.get("DELETE", "3.0/mlflow/roles/permissions/remove", role_permission_id=there[grant])
        changed.append(f"role {name}: no more {' '.join(grant)}")
    for kind, pattern, level in sorted(wanted - set(there)):
        values = {"resource_type": kind, "resource_pattern": pattern, "permission": level}
        admin.get("POST", "3.0/mlflow/roles/permissions/add", role_id=role, **values)
        changed.append(f"role {name}: {kind} {level}")
    held = {str(one["name"]) for one in admin.get("GET", "3.0/mlflow/users/roles/list", username=user)["roles"]}
    if name not in held:
        admin.get("POST", "3.0/mlflow/roles/assign", username=user, role_id=role)


def _pattern(kind: str, line: Line) -> str:
    return {EXPERIMENT: line.experiment_id, MODEL: line.model, VERSION: EVERY}[kind]


def wrong(proofs: Sequence[Proof]) -> list[str]:
    """What does not hold, a phrase each."""
    return [f"{p.user} {'may not' if p.wanted else 'may'} {p.tried}" for p in proofs if not p.holds]
