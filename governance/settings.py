"""heirloom.toml -> Settings: where things are and when they run. Nothing here says what is allowed: that is the policy's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from governance.advice.rules import AdviceRules
from governance.errors import PolicyError
from governance.policy import is_name, read_toml
from governance.ports.endpoint import Endpoint
from governance.section import read_section
from governance.training.recipe import Recipe

HERE, RAY = "here", "ray"
SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Cron lines, in UTC. Empty = not scheduled."""

    retrain: str = "0 2 * * 1"
    monitor: str = "0 6 * * *"
    reconcile: str = "*/5 * * * *"
    synthesize: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Where MLflow is, and who we are there. Empty = the workspace's own SQLite store."""

    tracking_uri: str = ""
    user: str = "promoter"
    secrets: str = ""
    """A folder outside the workspace with a file for each user of the server, which holds the password; empty = none is asked for."""

    def __post_init__(self) -> None:
        if "://" in self.tracking_uri and not self.tracking_uri.startswith("sqlite:"):
            check_server_url("tracking_uri", self.tracking_uri, ("http", "https"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """Who writes synthetic rows. Its name must be on the policy's allow-list, and its weights are pinned in the ledger when first seen.

    `checkpoint` is a folder of safetensors; without it a teacher is trained by the policy's trainer on the base batch's human rows with
    `recipe`, which is larger than the student's. Percentages are of the human rows of the batch that it may open like. How it decodes is
    not said here: that is the policy's `[synthesis.decoding]`.
    """

    name: str = ""
    checkpoint: str = ""
    recipe: Recipe = field(default_factory=Recipe)
    model_rows_percent: int = 50
    hybrid_rows_percent: int = 10
    generator: str = "local"
    """Who turns prompts into text: `local` with weights that are held here, `openai_compatible` at `endpoint`."""
    endpoint: Endpoint = field(default_factory=Endpoint)
    watermark_key: str = ""
    """The file of the key that its text is marked with, outside the workspace; none = the text is not marked."""

    def __post_init__(self) -> None:
        for name in ("model_rows_percent", "hybrid_rows_percent"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: {getattr(self, name)} is negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Whose word counts: `key` is the SSH key of whoever works here, outside the workspace; `allowed_signers` says whose keys are whose.

    HEIRLOOM_SIGNING_KEY wins over `key`: the settings are shared, a key is a person's. No key = acts are by name and not signed.
    """

    key: str = ""
    allowed_signers: str = "allowed_signers"
    """A path in the workspace: which keys count is reviewed like the policy beside it."""
    platform_key: str = ""
    """The platform's own key where it is a secret that a server mounts, outside the workspace; HEIRLOOM_PLATFORM_KEY wins. None named = one
    that `heirloom init` makes in the workspace's state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPlace:
    """Where the ledger is, and who keeps the platform's signed checkpoints of it, besides the folder in the workspace's state that always
    does.

    A witness `git` is a ref of the repository that the workspace lies in (nothing where it lies in none, and in the environment `demo`,
    where a line is often begun anew), `git:PATH` a ref of another repository, anything else a folder: on another disk, or one that is
    synchronised.
    """

    url: str = ""
    """`postgresql://USER@HOST:PORT/DATABASE`, without a password; empty = a file in the workspace's state."""
    schema: str = "heirloom"
    """The schema of the database: one for each model line."""
    password_file: str = ""
    """The file of the password, outside the workspace. HEIRLOOM_LEDGER_PASSWORD wins; neither = libpq's own ways (PGPASSFILE)."""
    witnesses: tuple[str, ...] = ("git",)

    def __post_init__(self) -> None:
        if any(not name.strip() for name in self.witnesses) or len(set(self.witnesses)) < len(self.witnesses):
            raise ValueError(f"witnesses: {list(self.witnesses)} are not different places")
        if self.url:
            check_server_url("url", self.url, ("postgresql", "postgres"))
        if not SCHEMA_NAME.fullmatch(self.schema):
            raise ValueError(f"schema: {self.schema!r} is no name of a schema (a-z, 0-9 and '_', at most 63 characters)")


def check_server_url(name: str, url: str, schemes: tuple[str, ...]) -> None:
    """An address names its server, and no password: settings are read by many, and their errors are shown.

    Raises: ValueError that does not repeat the address.
    """
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"{name}: is no address such as {schemes[0]}://HOST:PORT")
    asked = {key.lower() for key in parse_qs(parts.query, keep_blank_values=True)}
    if elsewhere := sorted(asked & {"host", "hostaddr", "port"}):
        raise ValueError(f"{name}: says {elsewhere[0]} twice; name the server before the question mark, one of them")
    if "," in parts.netloc or not _has_port(parts):
        raise ValueError(f"{name}: names no single server with a port that is a number")
    if parts.password is not None or asked & {"password", "sslpassword"}:
        raise ValueError(f"{name}: holds a password; put that into a file that only the service can read, and name the file")


def _has_port(parts: SplitResult) -> bool:
    """False where a port stands in an address that is none."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Where the texts of a batch are read: on this machine (`here`), or on Ray (`ray`, an extra).

    `address` is a running cluster's; empty = Ray on this machine.
    """

    name: str = HERE
    address: str = ""

    def __post_init__(self) -> None:
        if self.name not in (HERE, RAY):
            raise ValueError(f"name: {self.name!r} is neither {HERE!r} nor {RAY!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderFolder:
    """Where the sentence encoder that the policy names by its digest (probe.encoder) is: a folder of safetensors and JSON."""

    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A file of texts that the model is tested with elsewhere, and that no row may teach: the table [benchmarks.NAME].

    `file` is a path in the workspace, or an absolute one: Parquet, JSON Lines or CSV. It is pinned when a cycle first begins with it.
    """

    file: str
    columns: tuple[str, ...] = ("text",)
    """Columns whose texts are compared, each by itself: the question, the answer, the passage."""

    def __post_init__(self) -> None:
        if not self.file.strip():
            raise ValueError("file: names no file")
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise ValueError(f"columns: {list(self.columns)} are not different columns")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """Where your own benchmark writes its scores: a JSON file in the workspace, or an absolute path. Empty = none are given.

    They stand in the report beside the gates, and decide nothing.
    """

    scores: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sections:
    """The sections that are read like those of the policy: every setting is known, and a wrong one is named."""

    schedule: Schedule = field(default_factory=Schedule)
    registry: Registry = field(default_factory=Registry)
    teacher: Teacher = field(default_factory=Teacher)
    judge: Endpoint = field(default_factory=Endpoint)
    """The language model that is asked for its opinion on a side-by-side; it advises and decides nothing."""
    advice: AdviceRules = field(default_factory=AdviceRules)
    signing: Signing = field(default_factory=Signing)
    ledger: LedgerPlace = field(default_factory=LedgerPlace)
    engine: Engine = field(default_factory=Engine)
    encoder: EncoderFolder = field(default_factory=EncoderFolder)
    benchmarks: Mapping[str, Benchmark] = field(default_factory=dict)
    tasks: Tasks = field(default_factory=Tasks)

    def __post_init__(self) -> None:
        if strange := sorted(name for name in self.benchmarks if not is_name(name)):
            raise ValueError(f"benchmarks: {strange[0]!r} is no name (a-z, 0-9, '.', '_', '-', at most 63 characters)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(_Sections):
    """All settings of a workspace; `source` is handed to the source plug-in that its `name` says."""

    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def source_name(self) -> str:
        return str(self.source.get("name", "folder"))

    @property
    def mapping(self) -> Mapping[str, Any]:
        """How columns of a batch become the row schema; empty = they already are."""
        found: Mapping[str, Any] = self.source.get("mapping", {})
        return found


def read_settings(path: Path) -> Settings:
    """The settings of a workspace; a missing file means the defaults.

    Raises: PolicyError naming the file and the setting.
    """
    if not path.exists():
        return Settings()
    sections = dict(read_toml(path))
    source = _table(sections.pop("source", {}), f"{path.name}.source")
    _table(source.get("mapping", {}), f"{path.name}.source.mapping")
    read = read_section(_Sections, sections, path.name)
    return Settings(source=source, **{part.name: getattr(read, part.name) for part in fields(read)})


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PolicyError(f"{value!r} is not a table", where=where)
    return value
