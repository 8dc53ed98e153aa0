"""Every metric says what it is: definition, unit, direction, source and blind spots, in the docstring of its file."""

import importlib
import re

import pytest

from governance.collapse.metric import Metric
from governance.collapse.report import METRICS_PACKAGE
from governance.plugins import discover

METRICS = discover(METRICS_PACKAGE, "METRIC")
LABELS = ("Definition", "Unit", "Direction", "Source", "Blind spots")


def said(metric: Metric) -> dict[str, str]:
    text = importlib.import_module(f"{METRICS_PACKAGE}.{metric.name}").__doc__ or ""
    parts = re.split(rf"^({'|'.join(LABELS)}): ", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (" ".join(part.split()) for part in parts[2::2]), strict=True))


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_says_what_it_is_and_what_it_cannot_see(metric: Metric):
    words = said(metric)
    assert tuple(words) == LABELS
    assert words["Unit"] == metric.unit
    assert words["Direction"].startswith(f"{metric.better.value}; ")
    assert re.search(r"\b(1[89]|20)\d\d\b|our own", words["Source"]), "neither a year nor our own"
    assert all(len(words[label]) > 20 for label in ("Definition", "Direction", "Blind spots"))
