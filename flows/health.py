"""What must hold in a workspace, proved: the doctor's rounds and the monitor's. Plain functions, no Prefect."""

import os
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flows.baseline import prove_sealed
from flows.begin import prove_shards
from flows.benchmarks import pinned_benchmarks
from flows.champion_word import APPROVERS, check_approvers, check_champion_word
from flows.champion_word import NAME as WORD
from flows.infra import passwords_there
from flows.local import API_URL
from flows.server import answers, free_port, prefect_server
from governance.actions.proving import prove as prove_ledger
from governance.actions.proving import witnessed_words
from governance.actions.scrub import record_scrub
from governance.adapters.bars import bars
from governance.adapters.checks import places, programs
from governance.adapters.checks.check import Check, broken, doubtful, fine, tried
from governance.adapters.checks.keys import check_platform_key
from governance.adapters.checks.ledger_server import check_ledger_store
from governance.adapters.mlflow_credentials import FileCredentials
from governance.adapters.mlflow_roles import line_of, prove_roles, wrong
from governance.errors import DependencyError, IntegrityError
from governance.ports.desk import SHARDS
from governance.release.platform_key import platform_keys
from governance.release.state import State
from governance.wiring import Shop

SERVER_SECONDS = 60.0
"""A Prefect server answers after 4 s on an idle machine and 11 s on a busy one."""

AT_ONCE = 2
"""Checks that run side by side: most of them wait for a process of their own."""

Work = Callable[[], Check]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A check by name, before it is made."""

    name: str
    work: Work


def examine(shop: Shop) -> tuple[Check, ...]:
    """Every check of `heirloom doctor`, in the order in which people read them."""
    words = (Round(name=APPROVERS, work=partial(check_approvers, shop)), Round(name=WORD, work=partial(check_champion_word, shop)))
    seen = _made((*_programs(), *_places(shop), *_systems(shop), *words, *proofs(shop)))
    return (*seen, programs.check_telemetry(seen))


def prove(shop: Shop) -> tuple[Check, ...]:
    """Ledger, shards and models only: what the monitor looks at between releases."""
    return tuple(tried(r.name, r.work) for r in proofs(shop))


def proofs(shop: Shop) -> tuple[Round, ...]:
    """The record is unbroken, and the bytes are those that were recorded."""
    return (
        Round(name="ledger", work=partial(_ledger, shop)),
        Round(name="shards", work=partial(_shards, shop)),
        Round(name="kept rows", work=partial(_rows, shop)),
        *(Round(name=name, work=partial(_model, shop, name)) for name in ("champion", "previous", "pre-synthetic", "best-ever")),
    )


def _programs() -> tuple[Round, ...]:
    return (
        Round(name="python", work=programs.check_python),
        *(Round(name=f"{b.package} version", work=partial(programs.check_trap, b)) for b in programs.TRAPS),
        *(Round(name=p.name, work=partial(programs.check_program, p)) for p in programs.PROGRAMS),
    )


def _places(shop: Shop) -> tuple[Round, ...]:
    return (
        Round(name="overrides", work=partial(places.check_overrides, os.environ)),
        Round(name="policy", work=partial(places.check_policy, shop.workspace)),
        Round(name="settings", work=partial(places.check_settings, shop.workspace)),
        Round(name="pipeline", work=partial(places.check_pipeline, shop.workspace)),
        Round(name="platform key", work=partial(_platform_key, shop)),
        Round(name="lock", work=partial(places.check_lock, shop.workspace, shop.clock)),
        Round(name="disk", work=partial(places.check_disk, shop.workspace)),
    )


def _systems(shop: Shop) -> tuple[Round, ...]:
    return (
        Round(name="schedule", work=_scheduler),
        Round(name="registry", work=partial(_registry, shop)),
        Round(name="registry roles", work=partial(registry_roles, shop)),
        Round(name="dvc remote", work=partial(places.check_dvc, shop.workspace)),
        Round(name="ledger server", work=partial(_ledger_server, shop)),
    )


def _made(rounds: tuple[Round, ...]) -> tuple[Check, ...]:
    move = bars("doctor")
    checks = []
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        for done, check in enumerate(pool.map(lambda r: tried(r.name, r.work), rounds), start=1):
            checks.append(check)
            move(done, len(rounds), check.name)
    return tuple(checks)


def _scheduler() -> Check:
    """The server that the user names answers; without one, a server is really started in a folder of its own, asked and stopped."""
    named = os.environ.get(API_URL)
    if named:
        page = named.rstrip("/").removesuffix("/api")
        return fine("schedule", f"{page} answers") if answers(page) else broken("schedule", f"{page} does not answer", "start it")
    try:
        with tempfile.TemporaryDirectory() as home, prefect_server(Path(home), port=free_port(0), limit_seconds=SERVER_SECONDS):
            return fine("schedule", "a Prefect server started, answered and stops again")
    except DependencyError as error:
        return broken("schedule", error.found, programs.PREFECT_FIX)


def _registry(shop: Shop) -> Check:
    """The store really opens, and its aliases can be read. Raises: DependencyError where it does not, in bounded time."""
    shown = shop.registry.aliases(shop.policy.line.model)
    words = ", ".join(f"{alias} {version}" for alias, version in sorted(shown.items())) or "no model yet"
    return fine("registry", f"opens: {words}")


def registry_roles(shop: Shop) -> Check:
    """Users of a registry that has some may do what they must, and no more: by calls (X12). Raises: DependencyError where it is silent."""
    place = shop.settings.registry
    if not place.secrets:
        return fine("registry roles", "none: the registry asks for no password, or its settings name none")
    users = [FileCredentials(user=n, file=f).at(place.tracking_uri) for n, f in passwords_there(shop.secret_place(place.secrets)).items()]
    if not users:
        return broken("registry roles", f"no user's password lies in {place.secrets}", "heirloom infra bootstrap")
    proofs = prove_roles(line_of(users[0], shop.policy.line.model), users)
    if said := wrong(proofs):
        return broken("registry roles", "; ".join(said), "heirloom infra bootstrap", IntegrityError.exit_code)
    refused = sum(1 for proof in proofs if not proof.found)
    return fine("registry roles", f"{', '.join(user.name for user in users)}: {len(proofs)} calls, {refused} refused as they must be")


def _ledger_server(shop: Shop) -> Check:
    """The database of the ledger, where the settings name one. Raises: DependencyError where it cannot be asked."""
    return check_ledger_store(shop.ledger.store)


def _ledger(shop: Shop) -> Check:
    """The chain holds and the witnesses agree. Raises: IntegrityError as `prove`."""
    proof = prove_ledger(shop.notary, shop.ledger.events())
    if not proof.entries:
        return fine("ledger", "empty: nothing was decided yet")
    said = f"{proof.entries} events, chain intact. {witnessed_words(proof, shop.clock.now())}"
    if proof.silent:
        return broken("ledger", f"{said}; not asked: {'; '.join(proof.silent)}", "bring that witness back: heirloom ledger witness")
    if proof.doubts:
        return doubtful("ledger", f"{said}; {'; '.join(proof.doubts)}", "docs/signing.md")
    return fine("ledger", said)


def _platform_key(shop: Shop) -> Check:
    there = shop.platform_key is not None or shop.workspace.platform_key.exists() or bool(platform_keys(shop.ledger.events()))
    return check_platform_key(shop.notary.seal, there=there)


def _shards(shop: Shop) -> Check:
    state = shop.ledger.state()
    if not state.shards:
        return fine("shards", "none is pinned yet")
    prove_shards(shop, state)
    sealed = ", the sealed one too" if prove_sealed(shop, state) else ""
    held = len(pinned_benchmarks(shop, state).pins)
    return fine("shards", f"{len(SHARDS)} pinned shards are true{sealed}" + (f", and {held} benchmarks" if held else ""))


def _rows(shop: Shop) -> Check:
    """Files of kept rows have the bytes that the ledger names. Raises: IntegrityError naming the file."""
    kept, there = shop.ledger.state().kept_rows, set(shop.rows.names())
    shop.rows.prove(kept.values())
    strange = len(there - set(kept.values()))
    return fine("kept rows", f"of {len(kept)} cycles" + (f"; {strange} files of rows that the ledger does not keep" if strange else ""))


def _model(shop: Shop, name: str) -> Check:
    version = _version(shop.ledger.state(), name)
    if version is None:
        return fine(name, "there is none yet")
    release = shop.ledger.state().releases[version]
    said = shop.store.differences(release.checkpoint)
    record_scrub(shop.workspace.scrubs, release.checkpoint, shop.clock.now().isoformat(timespec="seconds"), true=not said)
    if said:
        words = f"version {version}, {release.checkpoint[:16]}: {'; '.join(said[:5])}"
        return broken(name, words, "heirloom reconcile restores it from DVC, or fails and says what is lost", IntegrityError.exit_code)
    return fine(name, f"version {version}: every file has its sha256")


def _version(state: State, name: str) -> int | None:
    found = {"champion": state.champion, "previous": state.previous, "pre-synthetic": state.pre_synthetic, "best-ever": state.best_ever}
    return found[name]


def problems(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks that failed."""
    return tuple(check for check in checks if check.code)
