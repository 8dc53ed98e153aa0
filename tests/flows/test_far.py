"""A teacher behind an address writes a whole batch: permitted, pinned by name, marked as not checked, and taken up after a failure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.writing import Synthesis, document_beside, written_for
from governance.errors import DependencyError, RefusedError, UsageError
from governance.mixing.rules import MixRules
from governance.mixing.teachers import allowed_digests, author_rule
from governance.release import kinds
from tests.adapters.endpoint_server import Shown, served
from tests.flows.synthesis_shop import QuickShop, batch_of, make_shop

KEY = "sk-canary-0123456789"


@pytest.fixture
def server() -> Iterator[Shown]:
    with served() as shown:
        yield shown


def far_shop(root: Path, server: Shown, *, policy: str = "", endpoint: str = "") -> QuickShop:
    settings = f'generator = "openai_compatible"\n[teacher.endpoint]\nbase_url = "{server.address}"\nmodel = "tiny"\ntries = 1\n{endpoint}'
    return make_shop(root, Path(), policy=f'[synthesis]\nendpoints = ["{server.address}"]\n{policy}', settings=settings)


def write(shop: QuickShop) -> Synthesis:
    return written_for(shop, batch_of(shop.workspace.root), None)


def test_its_rows_carry_the_name_that_it_gives_itself_and_that_nobody_checked_it(tmp_path: Path, server: Shown):
    shop = far_shop(tmp_path, server)
    done = write(shop)
    rows = pl.read_parquet(done.file)
    assert set(rows["generator_version"]) == {"not-digest-checked:tiny-8b"}
    assert (done.document["digest_checked"], done.document["watermark"]) == (False, None)
    assert done.document["endpoint"] == {"base_url": server.address, "model": "tiny", "api": "completions", "server": "vllm"}
    assert "its digest cannot be checked" in done.warnings[0]
    assert shop.ledger.state().teachers == {"tutor": "not-digest-checked:tiny-8b"}


def test_the_mix_takes_its_rows_for_those_of_an_allowed_teacher_and_nobody_elses():
    rules, pins = MixRules(teachers={"tutor": "pinned"}), {"tutor": "not-digest-checked:tiny-8b"}
    allowed = allowed_digests(rules, pins)

    def rule(version: str) -> str | None:
        return author_rule("tutor", version, rules, allowed=allowed, model="student", start="a" * 64)

    assert rule("not-digest-checked:tiny-8b") is None
    assert {rule("not-digest-checked:tiny"), rule("not-digest-checked:tiny-8b-v2"), rule("b" * 64)} == {"teacher-digest"}


def test_an_address_that_policy_does_not_list_is_not_asked(tmp_path: Path, server: Shown):
    shop = far_shop(tmp_path, server)
    shop.workspace.policy.write_text(shop.workspace.policy.read_text().replace(server.address, "https://elsewhere/v1"))
    with pytest.raises(RefusedError, match=r"may not be asked(.|\n)*expected: https://elsewhere/v1"):
        write(shop)
    assert server.bodies == []


def test_where_text_must_be_marked_an_address_is_not_asked(tmp_path: Path, server: Shown):
    with pytest.raises(RefusedError, match="cannot be marked"):
        write(far_shop(tmp_path, server, policy="[synthesis.watermark]\nrequired = true\n"))
    assert server.bodies == []


def test_another_model_than_was_pinned_is_refused_before_it_writes(tmp_path: Path, server: Shown):
    shop = far_shop(tmp_path, server)
    Path(write(shop).file).unlink()
    server.model, asked = "tiny-9b", len(server.bodies)
    with pytest.raises(RefusedError, match=r"answers as not-digest-checked:tiny-9b(.|\n)*not-digest-checked:tiny-8b, as pinned"):
        write(shop.again())
    assert len(server.bodies) == asked + 1


def test_after_a_failure_the_next_call_asks_only_for_what_is_missing(tmp_path: Path, server: Shown):
    whole = write(far_shop(tmp_path / "whole", server))
    asked = len(server.bodies)

    def fail_once(body: dict[str, Any]) -> None:
        if len(server.bodies) == asked + 7:
            server.fail(503)

    server.before = fail_once
    shop = far_shop(tmp_path / "broken", server)
    with pytest.raises(DependencyError, match="what was written so far is kept"):
        write(shop)
    failed_after = len(server.bodies) - asked
    done = write(shop.again())
    assert done.document["rows_sha256"] == whole.document["rows_sha256"]
    assert len(server.bodies) - asked == asked + 2  # the request that failed, and the name asked for again
    assert failed_after < asked + 2
    assert list((shop.workspace.scratch / "synthesize").glob("drafts-*")) == []


@pytest.mark.parametrize("kind", ["environment", "file"])
def test_the_key_is_read_from_where_the_settings_say_and_left_nowhere(
    tmp_path: Path, server: Shown, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], kind: str
):
    server.key = KEY
    place = tmp_path / "own" / "key"
    place.parent.mkdir()
    place.write_text(f"{KEY}\n")
    monkeypatch.setenv("FAR_KEY", KEY)
    shop = far_shop(tmp_path / "shop", server, endpoint='key_env = "FAR_KEY"\n' if kind == "environment" else f'key_file = "{place}"\n')
    done = write(shop)
    seen = [path.read_bytes() for path in shop.workspace.root.rglob("*") if path.is_file()]
    seen += [
        repr([dict(event.body) for event in shop.events.kept]).encode(),
        repr((done, shop.settings)).encode(),
        "".join(capfd.readouterr()).encode(),
    ]
    assert document_beside(Path(done.file)).is_file()
    assert not any(KEY.encode() in content for content in seen)


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ('key_env = "FAR_KEY_UNSET"\n', "environment variable FAR_KEY_UNSET .*: holds no key"),
        ('key_file = "{root}/gone"\n', "gone: cannot be read"),
        ('key_file = "{root}/shop/key"\n', "lies in the workspace"),
        ('key_file = "{root}/two"\n', "two .*: holds something that is no key"),
    ],
)
def test_a_key_that_is_not_there_or_no_key_is_an_error_without_it(tmp_path: Path, server: Shown, endpoint: str, said: str):
    (tmp_path / "two").write_text(f"{KEY}\n{KEY}\n")
    shop = far_shop(tmp_path / "shop", server, endpoint=endpoint.replace("{root}", str(tmp_path)))
    with pytest.raises(UsageError, match=said) as caught:
        write(shop)
    assert KEY not in str(caught.value)
    assert server.bodies == []


def test_a_generator_that_is_not_there_is_named_with_those_that_are(tmp_path: Path, server: Shown):
    shop = far_shop(tmp_path, server)
    shop.workspace.settings.write_text(shop.workspace.settings.read_text().replace("openai_compatible", "carrier-pigeon"))
    with pytest.raises(UsageError, match="'carrier-pigeon' is no generator\nexpected: local, openai_compatible"):
        write(shop)
    assert kinds.TEACHER_PINNED not in shop.events.kinds()
