"""The experiments toolset: what its tools ask and answer, and what they refuse."""

from __future__ import annotations

from typing import Any

from tests.support.posthog import Reply
from tests.support.posthog_tools import RUNNING
from tests.tools.cases import PROJECT, QUERY, Case, Refusal, Sent

LIST = f"{PROJECT}/experiments/"
HALVES = [{"key": "control", "rollout_percentage": 50}, {"key": "test", "rollout_percentage": 50}]
NEW = {
    "name": "N",
    "feature_flag_key": "f",
    "type": "product",
    "metrics": [],
    "metrics_secondary": [],
    "parameters": {"feature_flag_variants": HALVES, "minimum_detectable_effect": 30},
    "exposure_criteria": {"filterTestAccounts": True},
}
NOON = "2026-03-04T12:00:00Z"
ONE = f"GET {LIST}41/"


def patched(body: dict[str, Any]) -> Sent:
    """The change of experiment 41."""
    return Sent(f"PATCH {LIST}41/", {}, body)


CASES = (
    Case(
        "experiment-results-get",
        {"experiment_id": 41},
        (Sent(ONE), *[Sent(f"POST {QUERY}")] * 4),
        {"project": 2},
        "exposures and three metrics",
    ),
    Case(
        "experiment-get-all",
        {"search": "butt"},
        (Sent(f"GET {LIST}", {"search": "butt", "limit": "50", "offset": "0"}),),
        {
            "count": 1,
            "results": [
                {
                    "status": "running",
                    "id": 41,
                    "name": "Button",
                    "feature_flag_key": "new-checkout",
                    "start_date": "2026-01-01T00:00:00Z",
                    "archived": False,
                    "url": "{}/project/2/experiments/41",
                }
            ],
        },
    ),
    Case("experiment-get", {"experimentId": 42}, (Sent(f"GET {LIST}42/"),), {"status": "draft", "name": "Draft"}),
    Case(
        "experiment-create",
        {"name": "N", "feature_flag_key": "f"},
        (Sent(f"POST {LIST}", {}, NEW),),
        {"status": "draft"},
    ),
    Case(
        "experiment-create",
        {"name": "N", "feature_flag_key": "f", "draft": False, "filter_test_accounts": False, "holdout_id": 3},
        (
            Sent(
                f"POST {LIST}",
                {},
                NEW | {"exposure_criteria": {"filterTestAccounts": False}, "start_date": NOON, "holdout_id": 3},
            ),
        ),
        {"status": "running"},
        "launched, internal users counted: both reach PostHog",
    ),
    Case(
        "experiment-update",
        {"experiment_id": 41, "minimum_detectable_effect": 10},
        (Sent(ONE), patched({"parameters": {**RUNNING["parameters"], "minimum_detectable_effect": 10}})),
        note="the variants stay",
    ),
    Case(
        "experiment-update",
        {"experiment_id": 41, "conclude": "won", "conclusion_comment": "!"},
        (Sent(ONE), patched({"conclusion": "won", "end_date": NOON, "conclusion_comment": "!"})),
        {"status": "completed"},
    ),
    Case(
        "experiment-update",
        {"experiment_id": 41, "conclude": "lost"},
        (Sent(ONE), patched({"conclusion": "lost", "end_date": "2026-02-01T00:00:00Z"})),
        note="over already: it ended when it ended",
        replies=(("GET", f"{LIST}41/", Reply(200, RUNNING | {"end_date": "2026-02-01T00:00:00Z"})),),
    ),
    Case(
        "experiment-update",
        {"experimentId": 41, "data": {"restart": True}},
        (patched({"end_date": None, "conclusion": None, "conclusion_comment": None}),),
        {"status": "running"},
    ),
    Case(
        "experiment-update",
        {"experiment_id": 42, "launch": True},
        (Sent(f"GET {LIST}42/"), Sent(f"PATCH {LIST}42/", {}, {"start_date": NOON})),
        {"status": "running"},
    ),
    Case(
        "experiment-update", {"experiment_id": 41, "archive": True}, (patched({"archived": True}),), {"archived": True}
    ),
    Case("experiment-delete", {"experiment_id": 41}, (patched({"deleted": True}),), {"deleted": True}),
)
METRICS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    (
        {"metric_type": "mean", "event_name": "paid"},
        {"name": "paid", "source": {"kind": "EventsNode", "event": "paid", "properties": []}},
    ),
    (
        {"metric_type": "funnel", "funnel_steps": ["a", "b"], "properties": [{"key": "k"}]},
        {
            "name": "a > b",
            "series": [
                {"kind": "EventsNode", "event": "a", "properties": [{"key": "k"}]},
                {"kind": "EventsNode", "event": "b", "properties": [{"key": "k"}]},
            ],
        },
    ),
    (
        {"metric_type": "funnel", "event_name": "a", "name": "A"},
        {"name": "A", "series": [{"kind": "EventsNode", "event": "a", "properties": []}]},
    ),
    (
        {"metric_type": "ratio", "event_name": "a", "denominator_event": "b"},
        {
            "name": "a",
            "numerator": {"kind": "EventsNode", "event": "a", "properties": []},
            "denominator": {"kind": "EventsNode", "event": "b", "properties": []},
        },
    ),
)
BASE = {"name": "N", "feature_flag_key": "f"}
REFUSALS = (
    Refusal("experiment-get-all", {"state": "running"}, "there is no argument `state` (did you mean `status`?)"),
    Refusal("experiment-get", {"experiment_id": 404}, "Error: ", (f"GET {LIST}404/",)),
    Refusal("experiment-delete", {"experiment_id": 404}, "Error: ", (f"PATCH {LIST}404/",)),
    Refusal(
        "experiment-create", BASE | {"primary_metrics": [{"metric_type": "mean"}]}, "a mean metric needs `event_name`"
    ),
    Refusal(
        "experiment-create",
        BASE | {"primary_metrics": [{"metric_type": "funnel"}]},
        "a funnel metric needs `funnel_steps`",
    ),
    Refusal(
        "experiment-create",
        BASE | {"secondary_metrics": [{"metric_type": "ratio", "event_name": "a"}]},
        "a ratio metric needs `denominator_event`",
    ),
    Refusal(
        "experiment-create",
        BASE | {"primary_metrics": [{"metric_type": "mean", "event": "a"}]},
        "there is no argument `primary_metrics.0.event` (did you mean `primary_metrics.0.event_name`?)",
    ),
    Refusal(
        "experiment-create", BASE | {"variants": [{"key": "test", "rollout_percentage": 100}]}, "one of them `control`"
    ),
    Refusal("experiment-create", BASE | {"variants": [*HALVES, {"key": "c", "rollout_percentage": 1}]}, "sum to 101"),
    Refusal("experiment-update", {"experiment_id": 41}, "nothing to change"),
    Refusal("experiment-update", {"experiment_id": 41, "launch": True, "restart": True}, "exclude each other"),
    Refusal("experiment-update", {"experiment_id": 41, "launch": True}, "was launched at 2026-01-01", (ONE,)),
    Refusal("experiment-update", {"experiment_id": 42, "conclude": "won"}, "has not started", (f"GET {LIST}42/",)),
    Refusal("experiment-results-get", {"experiment_id": 42}, "has not started", (f"GET {LIST}42/",)),
)
