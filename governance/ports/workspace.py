"""Where things are in a workspace: names only, nothing is opened."""

from dataclasses import dataclass
from pathlib import Path

DIGEST_DIGITS = 16
"""Hex digits of a digest in a folder's name; the whole digest is in the manifest beside it and is what is verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One model line on disk. `root` holds policy.toml."""

    root: Path

    @property
    def policy(self) -> Path:
        return self.root / "policy.toml"

    @property
    def settings(self) -> Path:
        return self.root / "heirloom.toml"

    @property
    def dvc_yaml(self) -> Path:
        return self.root / "dvc.yaml"

    @property
    def cycle(self) -> Path:
        """The folder of the cycle at hand."""
        return self.root / "cycle"

    @property
    def cycle_document(self) -> Path:
        return self.cycle / "cycle.json"

    @property
    def batch(self) -> Path:
        """The frozen copy of the batch."""
        return self.cycle / "batch"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def shards(self) -> Path:
        return self.root / "shards"

    @property
    def state(self) -> Path:
        """Ledger, registry, schedules, locks: what is not a file of rows or weights."""
        return self.root / ".heirloom"

    def archive(self, cycle_digest: str) -> Path:
        """Where the documents of a finished cycle are kept."""
        return self.state / "archive" / cycle_digest[:DIGEST_DIGITS]

    @property
    def ledger(self) -> Path:
        return self.state / "ledger.sqlite"

    @property
    def checkpoints(self) -> Path:
        """What the platform signed of the ledger, outside of it."""
        return self.state / "checkpoints"

    @property
    def platform_key(self) -> Path:
        """The platform's own key, where the settings name no other."""
        return self.state / "platform" / "key"

    @property
    def platform_signers(self) -> Path:
        """Which keys are the platform's, for whoever verifies: meant to be committed beside the policy."""
        return self.root / "platform_signers"

    @property
    def registry(self) -> Path:
        return self.state / "mlflow.sqlite"

    @property
    def registry_artifacts(self) -> Path:
        return self.state / "mlartifacts"

    @property
    def scheduler(self) -> Path:
        return self.state / "prefect"

    @property
    def lock(self) -> Path:
        return self.state / "lock"

    @property
    def code(self) -> Path:
        """A digest file per stage: how an edit of code reaches DVC."""
        return self.state / "code"

    @property
    def scratch(self) -> Path:
        """Resumable state of work that may be killed."""
        return self.state / "scratch"

    @property
    def scrubs(self) -> Path:
        """When each kept model was last hashed in full."""
        return self.state / "scrubs"

    @property
    def sides(self) -> Path:
        """Rounds of side-by-side pairs and their votes."""
        return self.state / "sides"

    @property
    def shadows(self) -> Path:
        """Shadow readings, each document by its digest."""
        return self.state / "shadows"

    @property
    def tasks(self) -> Path:
        """Task scores that were brought after a cycle, each document by its digest."""
        return self.state / "tasks"

    @property
    def emissions(self) -> Path:
        """What our own models wrote, as hashes."""
        return self.state / "emissions"

    @property
    def memory(self) -> Path:
        """What earlier batches brought in: ids, digests and origins, no texts."""
        return self.state / "memory"

    @property
    def labels(self) -> Path:
        """What people said of rows: never written over, each file named by the ledger."""
        return self.state / "labels"

    @property
    def drills(self) -> Path:
        """What drills found: a file a version of the gate and kind of model."""
        return self.state / "drills"

    @property
    def rows(self) -> Path:
        """What releases were trained on: texts too, by the sha256 of their file."""
        return self.state / "rows"

    @property
    def withdrawn(self) -> Path:
        """Which rows people asked out: ids and digests, never written over, each file named by the ledger."""
        return self.state / "withdrawn"

    @property
    def serving_pointer(self) -> Path:
        return self.state / "serving" / "current.json"

    def place(self, name: str) -> Path:
        """The path of a file that a stage declared: `shards/...` is the workspace's, anything else the cycle's."""
        return self.root / name if name.startswith("shards/") else self.cycle / name

    def model(self, digest: str) -> Path:
        """The folder of a kept model."""
        return self.models / digest[:DIGEST_DIGITS]
