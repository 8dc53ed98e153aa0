"""The emissions of a workspace in one file under `.heirloom/emissions/`, replaced whole, and bound to the ledger by its sha256."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.lock import hold
from governance.digest import digest_file, sync_folder, write_bytes
from governance.errors import IntegrityError
from governance.ports.clock import Clock
from governance.provenance.emissions import Emissions, emissions_bytes, merged, nothing_emitted, read_emissions
from governance.provenance.synthesis import EmissionLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionFile:
    """Entering is: the next state beside the present one, its sha256 into the ledger, and then the swap.

    Killed at any point, the file that the ledger names is there under one of the two names, and whoever opens next finishes the swap.
    """

    folder: Path
    clock: Clock

    @property
    def place(self) -> Path:
        return self.folder / "emissions.parquet"

    @property
    def following(self) -> Path:
        return self.folder / "emissions.next.parquet"

    def settled(self, recorded: str | None) -> Path | None:
        """The file whose sha256 the ledger recorded last, None where nothing was ever entered.

        Raises: IntegrityError where it is gone or altered: what our models wrote would go unrecognised.
        """
        if recorded is None:
            return None
        if self.following.is_file() and digest_file(self.following) == recorded:
            self._swap()
        if not self.place.is_file() or digest_file(self.place) != recorded:
            raise IntegrityError(
                "is missing" if not self.place.is_file() else f"is {digest_file(self.place)[:12]}",
                where=str(self.place),
                expected=f"the emissions that the ledger names, {recorded[:12]}",
                fix="bring the file back from a backup of .heirloom",
            )
        return self.place

    def enter(self, fresh: Emissions, limits: EmissionLimits, recorded: Callable[[], str | None], record: Callable[[str], None]) -> str:
        """Add emissions and return the sha256 of the file; `recorded` reads the ledger's word and `record` writes it, under the lock.

        Entering what was entered before changes nothing, and the ledger does not hear of it again.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with hold(self.folder / "lock", "emissions", self.clock):
            before = recorded()
            place = self.settled(before)
            known = read_emissions(place) if place else nothing_emitted()
            together = merged(known, fresh, limits)
            if before is not None and together.table.equals(known.table):
                return before
            write_bytes(self.following, emissions_bytes(together))
            sha256 = digest_file(self.following)
            record(sha256)
            self._swap()
        return sha256

    def _swap(self) -> None:
        self.following.replace(self.place)
        sync_folder(self.folder)
