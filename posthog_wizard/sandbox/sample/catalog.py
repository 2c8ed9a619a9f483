"""The sample company: names, identifiers and texts that the data, the queries and the API agree upon.

What it has stands in `company.json`: definitions as (name, description, type unless String), issues, what chance
takes from, what every row is `given`, and `rows` as the API keeps them, as far as they differ from a row that was made of nothing. Days are counted back from today (0 is
today, `~30d` in a row), since the data are moved to end today whenever they are loaded.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

_COMPANY = json.loads(Path(__file__).with_name("company.json").read_text(encoding="utf-8"))
SAMPLE_ROWS: dict[str, list[dict[str, Any]]] = _COMPANY["rows"]  # by their resource
GIVEN: dict[str, dict[str, Any]] = _COMPANY["given"]  # what rows have beside it: fields that nobody sets
USER, (_ORGANIZATION,), (_PROJECT, _STAGING) = (
    SAMPLE_ROWS["users"][0],
    SAMPLE_ROWS["organizations"],
    SAMPLE_ROWS["projects"],
)

SEED = 20260131
DAYS = 90  # of data, today included
PEOPLE = 2800

ORGANIZATION_ID: str = _ORGANIZATION["id"]
ORGANIZATION_NAME: str = _ORGANIZATION["name"]
PROJECT_ID: int = _PROJECT["id"]  # the second one is without events, so that there is somewhere to switch to
PROJECT_NAME: str = _PROJECT["name"]
# The documented key, which counts only where somebody asked for it, and the projects' tokens beside it.
SAMPLE_KEY = "phx_sandbox_leafline_0000000000000000"
TOKEN: str = _PROJECT["api_token"]
STAGING_TOKEN: str = _STAGING["api_token"]
TEAM_DOMAIN = "@leafline.example"  # people of the company itself: what filterTestAccounts leaves out
SITE = "https://leafline.example"


class Definition(NamedTuple):
    """An event or a property as PostHog's data management shows it."""

    name: str
    description: str
    type: str = "String"  # of a property: String, Numeric, Boolean, DateTime


EVENTS = tuple(Definition(*one) for one in _COMPANY["events"])
PROPERTIES = {kind: {one[0]: Definition(*one) for one in found} for kind, found in _COMPANY["properties"].items()}

CHECKOUT_FLAG, DOCTOR_FLAG = SAMPLE_ROWS["feature_flags"][:2]
EXPERIMENT_ID: int = SAMPLE_ROWS["experiments"][0]["id"]
EXPERIMENT_DAYS = 30  # since it was started
EXPERIMENT_SIZE = 300  # people in each variant, who started a checkout
EXPERIMENT_CONVERSIONS = {"control": 96, "test": 124}  # 32 % and 41 %
NPS, CHURN = SAMPLE_ROWS["surveys"]  # an answer to a question is the property `$survey_response_<id>`


class Issue(NamedTuple):
    """An error tracking issue. `frames`: file, function, line, innermost last; `first` and `last` in days before today."""

    id: str
    type: str
    value: str
    status: str
    library: str
    frames: list[list[Any]]
    occurrences: int
    first: int
    last: int = 0

    @property
    def fingerprint(self) -> str:
        """What its errors have in common."""
        return f"{self.type}:{self.frames[-1][1]}"


ISSUES = tuple(Issue(**one) for one in _COMPANY["issues"])
CHOICES: dict[str, list[Any]] = _COMPANY["choices"]  # what chance takes from, with weights or all alike
REFERRERS: dict[str, str] = _COMPANY["referrers"]  # the domain of each source
MODELS: list[tuple[str, str, float, float, float]] = _COMPANY[
    "models"
]  # provider, model, dollars for a million tokens in and out, share
