"""What tests of flows share: a Prefect of their own, and the look of a scheduled run."""

import warnings

import pytest


@pytest.fixture(scope="module")
def prefect():
    from prefect.testing.utilities import prefect_test_harness

    from governance.adapters.environment import be_quiet

    be_quiet()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with prefect_test_harness(server_startup_timeout=120):
            yield


@pytest.fixture
def deployed(monkeypatch):
    """As in a run that a deployment started; Prefect reads this variable for tests."""
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "a-deployment")
