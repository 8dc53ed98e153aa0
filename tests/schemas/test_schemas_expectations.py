import hashlib
from pathlib import Path

import pytest

import schemas.expectations
from governance.errors import IntegrityError
from schemas.expectations import SUITES, suite

FOLDER = Path(schemas.expectations.__file__).parent


def test_every_suite_is_pinned_and_names_each_expectation_once_with_its_reason() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(SUITES)
    for name, sha256 in SUITES.items():
        assert hashlib.sha256((FOLDER / f"{name}.json").read_bytes()).hexdigest() == sha256
        metas = [expectation["meta"] for expectation in suite(name)["expectations"]]
        assert len({meta["name"] for meta in metas}) == len(metas)
        assert all(meta["why"] for meta in metas)


def test_a_suite_that_is_not_the_pinned_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas.expectations, "SUITES", {"batch": "0" * 64})
    with pytest.raises(IntegrityError, match="pinned as 000000000000"):
        suite("batch")
