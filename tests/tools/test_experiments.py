"""The experiments toolset."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.posthog_tools import METRIC, said
from tests.support.serving import bench
from tests.tools.cases import QUERY
from tests.tools.cases_experiments import BASE, METRICS


@pytest.mark.parametrize("field", ["primary_metrics", "secondary_metrics"])
@pytest.mark.parametrize(("short", "whole"), METRICS)
def test_a_short_metric_becomes_posthogs(field: str, short: dict[str, Any], whole: dict[str, Any]) -> None:
    with bench() as made:
        made.call("experiment-create", **BASE, **{field: [short]})
        (sent,) = made.posthog.requests[0].body[{"primary_metrics": "metrics"}.get(field, "metrics_secondary")]
        assert len(sent.pop("uuid")) == 36
        assert sent == {"kind": "ExperimentMetric", "metric_type": short["metric_type"], **whole}


@pytest.mark.parametrize(("refresh", "mode"), [(False, {}), (True, {"refresh": "blocking"})])
def test_results_have_every_metric_and_say_which_failed(refresh: bool, mode: dict[str, str]) -> None:
    with bench() as made:
        answer = said(made.call("experiment-results-get", experiment_id=41, refresh=refresh).text)
        bodies = [request.body for request in made.posthog.requests if request.line == f"POST {QUERY}"]
        assert "error" not in answer["exposures"]
        kinds = sorted({body["query"]["kind"] for body in bodies})
        primary, secondary = answer["metrics"]["primary"], answer["metrics"]["secondary"]
        assert kinds == ["ExperimentExposureQuery", "ExperimentQuery"]
        assert {name: body[name] for body in bodies for name in body if name != "query"} == mode
        assert [one["name"] for one in primary] == ["paid", "shared"]
        assert [one["variant_results"][0]["key"] for one in primary] == ["test"] * 2
        assert "error" in secondary[0]
        assert answer["experiment"]["status"] == "running"
        assert {"query": {"kind": "ExperimentQuery", "metric": METRIC, "experiment_id": 41}, **mode} in bodies
