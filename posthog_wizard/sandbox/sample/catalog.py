"""The sample company: names, identifiers and texts that the data, the queries and the API agree upon.

Days are counted back from today (0 is today), since the data are moved to end today whenever they are loaded.
"""

from __future__ import annotations

from typing import NamedTuple

SEED = 20260131
DAYS = 90  # of data, today included
PEOPLE = 2800

ORGANIZATION_ID = "018f0000-0000-7000-8000-000000000001"
ORGANIZATION_NAME = "Leafline"
PROJECT_ID, PROJECT_NAME = 1, "Leafline app"
STAGING_ID, STAGING_NAME = 2, "Leafline staging"  # without events, so that there is somewhere to switch to
USER_UUID = "018f0000-0000-7000-8000-000000000002"
USER_NAME, USER_EMAIL = "Robin Sandbox", "robin@leafline.example"
# The documented key, which counts only where somebody asked for it, and the projects' tokens beside it.
SAMPLE_KEY = "phx_sandbox_leafline_0000000000000000"
TOKEN, STAGING_TOKEN = "phc_sandbox_leafline", "phc_sandbox_leafline_staging"
TEAM_DOMAIN = "@leafline.example"  # people of the company itself: what filterTestAccounts leaves out
SITE = "https://leafline.example"


class Definition(NamedTuple):
    """An event or a property as PostHog's data management shows it."""

    name: str
    description: str
    type: str = "String"  # of a property: String, Numeric, Boolean, DateTime


EVENTS = (
    Definition("$pageview", "A page of the site or a screen of the app was opened."),
    Definition("$pageleave", "A page was left."),
    Definition("$autocapture", "A click that was captured by itself."),
    Definition("$identify", "An anonymous visitor became a known person."),
    Definition("signed_up", "An account was made."),
    Definition("onboarding_completed", "The tour through the app was finished."),
    Definition("plant_added", "A plant was added to somebody's collection."),
    Definition("reminder_completed", "A plant was watered, fed or repotted when the app said so."),
    Definition("checkout_started", "The order page of Leafline Plus was opened."),
    Definition("subscription_started", "Leafline Plus was paid for the first time."),
    Definition("subscription_cancelled", "Leafline Plus was cancelled."),
    Definition("payment_failed", "A payment was declined."),
    Definition("$feature_flag_called", "A feature flag was asked for."),
    Definition("$exception", "An error in the app or its backend."),
    Definition("$ai_generation", "The plant doctor asked a language model."),
    Definition("survey shown", "A survey was shown."),
    Definition("survey dismissed", "A survey was closed without an answer."),
    Definition("survey sent", "A survey was answered."),
)

EVENT_PROPERTIES = (
    Definition("$current_url", "The page's address."),
    Definition("$pathname", "The path of the page's address."),
    Definition("$referring_domain", "Where the visitor came from."),
    Definition("utm_source", "The campaign's source."),
    Definition("$browser", "The browser's name."),
    Definition("$os", "The operating system."),
    Definition("$device_type", "Desktop, Mobile or Tablet."),
    Definition("$lib", "The library that sent the event."),
    Definition("$session_id", "The session's id."),
    Definition("$geoip_country_code", "The country's two letters."),
    Definition("$event_type", "What was captured: click."),
    Definition("$el_text", "The text of what was clicked."),
    Definition("method", "How the account was made: email, google or apple."),
    Definition("duration_seconds", "How long the tour took.", "Numeric"),
    Definition("species", "The plant's species."),
    Definition("plant_count", "How many plants the person has now.", "Numeric"),
    Definition("task", "What was done: water, feed or repot."),
    Definition("on_time", "Whether it was done on the day.", "Boolean"),
    Definition("plan", "The plan that was chosen: plus_monthly or plus_yearly."),
    Definition("source", "Where the checkout was opened from."),
    Definition("amount", "What was paid, in `currency`.", "Numeric"),
    Definition("currency", "The currency of `amount`."),
    Definition("reason", "Why the subscription was cancelled or the payment declined."),
    Definition("$feature_flag", "The flag's key."),
    Definition("$feature_flag_response", "The flag's value."),
    Definition("$feature/new-checkout", "The variant of the flag new-checkout."),
    Definition("$exception_list", "The errors with their stack frames."),
    Definition("$exception_types", "The errors' types."),
    Definition("$exception_values", "The errors' messages."),
    Definition("$exception_issue_id", "The issue that the error belongs to."),
    Definition("$exception_fingerprint", "What errors of one issue have in common."),
    Definition("$exception_level", "How bad it is."),
    Definition("$ai_model", "The language model."),
    Definition("$ai_provider", "Who runs the model."),
    Definition("$ai_input_tokens", "Tokens sent.", "Numeric"),
    Definition("$ai_output_tokens", "Tokens received.", "Numeric"),
    Definition("$ai_total_cost_usd", "What it cost, in US dollars.", "Numeric"),
    Definition("$ai_latency", "How long the model took, in seconds.", "Numeric"),
    Definition("$ai_trace_id", "The conversation's id."),
    Definition("$ai_is_error", "Whether the model failed.", "Boolean"),
    Definition("$survey_id", "The survey's id."),
    Definition("$survey_name", "The survey's name."),
    Definition("$survey_response", "The answer to the first question."),
)

PERSON_PROPERTIES = (
    Definition("email", "The person's e-mail address."),
    Definition("name", "The person's name."),
    Definition("plan", "free, plus_monthly or plus_yearly."),
    Definition("plants", "How many plants the person has.", "Numeric"),
    Definition("$geoip_country_code", "The country's two letters."),
    Definition("$initial_utm_source", "The campaign that brought the person."),
    Definition("$browser", "The browser's name."),
    Definition("$os", "The operating system."),
)

FUNNEL = (
    "$pageview",
    "signed_up",
    "onboarding_completed",
    "plant_added",
    "checkout_started",
    "subscription_started",
)


class Flag(NamedTuple):
    """A feature flag. `variants`: key and share in percent; none for a boolean flag."""

    id: int
    key: str
    name: str
    active: bool
    rollout: int  # percent
    variants: tuple[tuple[str, int], ...] = ()


CHECKOUT_FLAG = Flag(1, "new-checkout", "Shorter checkout", True, 100, (("control", 50), ("test", 50)))
DOCTOR_FLAG = Flag(2, "ai-plant-doctor", "Ask a model what ails the plant", True, 40)
SAMPLE_FLAGS = (
    CHECKOUT_FLAG,
    DOCTOR_FLAG,
    Flag(3, "beta-reminders", "Reminders that know the weather", False, 100),
    Flag(4, "maintenance-banner", "Tell everybody that we are down", False, 100),
)

EXPERIMENT_ID, EXPERIMENT_NAME = 1, "Shorter checkout"
EXPERIMENT_DESCRIPTION = "One page instead of three between the plan and the payment."
EXPERIMENT_DAYS = 30  # since it was started
EXPERIMENT_SIZE = 300  # people in each variant, who started a checkout
EXPERIMENT_CONVERSIONS = {"control": 96, "test": 124}  # 32 % and 41 %
EXPERIMENT_METRICS = (
    {
        "kind": "ExperimentMetric",
        "uuid": "018f0000-0000-7000-8000-000000000a01",
        "name": "Checkout to subscription",
        "metric_type": "funnel",
        "series": [
            {"kind": "EventsNode", "event": "checkout_started", "properties": []},
            {"kind": "EventsNode", "event": "subscription_started", "properties": []},
        ],
    },
)
EXPERIMENT_SECONDARY_METRICS = (
    {
        "kind": "ExperimentMetric",
        "uuid": "018f0000-0000-7000-8000-000000000a02",
        "name": "Revenue per person",
        "metric_type": "mean",
        "source": {
            "kind": "EventsNode",
            "event": "subscription_started",
            "math": "sum",
            "math_property": "amount",
            "properties": [],
        },
    },
)


class Question(NamedTuple):
    """A question of a survey; an answer to it is the property `$survey_response_<id>`."""

    id: str
    type: str
    question: str
    choices: tuple[str, ...] = ()
    scale: int = 0


class Survey(NamedTuple):
    """A survey. `ended` is None while it runs; days are counted back from today."""

    id: str
    name: str
    questions: tuple[Question, ...]
    started: int
    ended: int | None
    answers: int


NPS = Survey(
    "018f0000-0000-7000-8000-000000000b01",
    "How likely are you to recommend Leafline?",
    (
        Question(
            "018f0000-0000-7000-8000-000000000b11",
            "rating",
            "How likely are you to recommend Leafline to a friend?",
            (),
            10,
        ),
        Question("018f0000-0000-7000-8000-000000000b12", "open", "What is the main reason for your answer?"),
    ),
    60,
    None,
    300,
)
CHURN = Survey(
    "018f0000-0000-7000-8000-000000000b02",
    "Why did you cancel?",
    (
        Question(
            "018f0000-0000-7000-8000-000000000b21",
            "single_choice",
            "Why did you cancel?",
            ("Too expensive", "My plants died", "Missing a feature", "I only tried it"),
        ),
    ),
    85,
    12,
    60,
)
SAMPLE_SURVEYS = (NPS, CHURN)


class Issue(NamedTuple):
    """An error tracking issue. `frames`: file, function, line, innermost last; `first` and `last` in days before today."""

    id: str
    type: str
    value: str
    status: str
    library: str
    frames: tuple[tuple[str, str, int], ...]
    occurrences: int
    first: int
    last: int = 0

    @property
    def fingerprint(self) -> str:
        """What its errors have in common."""
        return f"{self.type}:{self.frames[-1][1]}"


ISSUES = (
    Issue(
        "018f0000-0000-7000-8000-000000000e01",
        "TypeError",
        "Cannot read properties of undefined (reading 'watering')",
        "active",
        "web",
        (("src/app.tsx", "render", 41), ("src/plants/list.tsx", "PlantList", 118), ("src/plants/card.tsx", "due", 27)),
        420,
        34,
    ),
    Issue(
        "018f0000-0000-7000-8000-000000000e02",
        "ChunkLoadError",
        "Loading chunk 7 failed.",
        "active",
        "web",
        (("webpack/runtime.js", "requireEnsure", 84), ("src/router.tsx", "lazyRoute", 19)),
        130,
        70,
    ),
    Issue(
        "018f0000-0000-7000-8000-000000000e03",
        "PaymentDeclined",
        "The card was declined: insufficient_funds",
        "active",
        "posthog-python",
        (("leafline/api/checkout.py", "post", 88), ("leafline/billing/cards.py", "charge", 143)),
        75,
        88,
    ),
    Issue(
        "018f0000-0000-7000-8000-000000000e04",
        "TimeoutError",
        "The weather service did not answer within 5 seconds",
        "active",
        "posthog-python",
        (("leafline/jobs/reminders.py", "run", 52), ("leafline/weather.py", "forecast", 31)),
        210,
        50,
    ),
    Issue(
        "018f0000-0000-7000-8000-000000000e05",
        "KeyError",
        "'species'",
        "resolved",
        "posthog-python",
        (("leafline/api/plants.py", "create", 64), ("leafline/catalogue.py", "lookup", 22)),
        95,
        60,
        3,
    ),
)

MODELS = (
    # provider, model, dollars for a million tokens in and out, share
    ("anthropic", "claude-sonnet-4-5", 3.0, 15.0, 0.35),
    ("openai", "gpt-5-mini", 0.25, 2.0, 0.45),
    ("openai", "gpt-5", 1.25, 10.0, 0.20),
)

_WEEKLY = {"date_from": "-30d"}
_SIGNUPS = {"kind": "EventsNode", "event": "signed_up", "math": "total"}


class Insight(NamedTuple):
    """A saved insight: its query within its node, and the dashboards (ids) that show it."""

    id: int
    short_id: str
    name: str
    description: str
    query: dict[str, object]
    dashboards: tuple[int, ...]
    favorited: bool = False


def _shown(source: dict[str, object]) -> dict[str, object]:
    node = "DataVisualizationNode" if source["kind"] == "HogQLQuery" else "InsightVizNode"
    return {"kind": node, "source": source}


SAMPLE_DASHBOARDS = (
    (1, "Product health", "What people do in the app, and what goes wrong.", True),
    (2, "Growth", "From a first visit to Leafline Plus.", True),
    (3, "AI costs", "What the plant doctor costs.", False),
)
SAMPLE_INSIGHTS = (
    Insight(
        1,
        "LfVisit1",
        "Visitors a day",
        "People who opened a page.",
        _shown(
            {
                "kind": "TrendsQuery",
                "series": [{"kind": "EventsNode", "event": "$pageview", "math": "dau"}],
                "dateRange": _WEEKLY,
                "interval": "day",
                "filterTestAccounts": True,
            }
        ),
        (1, 2),
        True,
    ),
    Insight(
        2,
        "LfSignup",
        "Signups by method",
        "New accounts a week.",
        _shown(
            {
                "kind": "TrendsQuery",
                "series": [_SIGNUPS],
                "dateRange": {"date_from": "-90d"},
                "interval": "week",
                "breakdownFilter": {"breakdown": "method", "breakdown_type": "event"},
                "filterTestAccounts": True,
            }
        ),
        (2,),
    ),
    Insight(
        3,
        "LfFunnel",
        "From visit to Leafline Plus",
        "Where people stop.",
        _shown(
            {
                "kind": "FunnelsQuery",
                "series": [{"kind": "EventsNode", "event": event} for event in FUNNEL],
                "dateRange": {"date_from": "-90d"},
                "funnelsFilter": {"funnelWindowInterval": 30, "funnelWindowIntervalUnit": "day"},
                "filterTestAccounts": True,
            }
        ),
        (2,),
        True,
    ),
    Insight(
        4,
        "LfErrors",
        "Errors by type",
        "The last two weeks.",
        _shown(
            {
                "kind": "HogQLQuery",
                "query": "SELECT properties.$exception_types AS types, count() AS times, uniq(person_id) AS people "
                "FROM events WHERE event = '$exception' AND timestamp > now() - INTERVAL 14 DAY "
                "GROUP BY types ORDER BY times DESC",
            }
        ),
        (1,),
    ),
    Insight(
        5,
        "LfAiCost",
        "Cost by model",
        "US dollars a day.",
        _shown(
            {
                "kind": "TrendsQuery",
                "series": [
                    {
                        "kind": "EventsNode",
                        "event": "$ai_generation",
                        "math": "sum",
                        "math_property": "$ai_total_cost_usd",
                    }
                ],
                "dateRange": _WEEKLY,
                "breakdownFilter": {"breakdown": "$ai_model", "breakdown_type": "event"},
            }
        ),
        (3,),
    ),
    Insight(
        6,
        "LfPlants",
        "Favourite plants",
        "Species that people add.",
        _shown(
            {
                "kind": "HogQLQuery",
                "query": "SELECT properties.species AS species, count() AS plants FROM events "
                "WHERE event = 'plant_added' GROUP BY species ORDER BY plants DESC LIMIT 10",
            }
        ),
        (1,),
    ),
)
