"""The surveys toolset: what its tools ask and answer, and what they refuse."""

from __future__ import annotations

from tests.support.posthog_tools import SURVEY
from tests.tools.cases import PROJECT, Case, Refusal, Sent

LIST = f"{PROJECT}/surveys/"
NEVER = {"total_count": 0, "unique_persons": 0, "first_seen": None, "last_seen": None}
OPEN = {"type": "open", "question": "Why?"}
CHOICE = {"type": "single_choice", "question": "Which?"}
RATING = {"type": "rating", "question": "How?", "display": "number"}
GOOD = (
    OPEN,
    OPEN | {"optional": True, "branching": {"type": "end"}},
    {"type": "link", "question": "Read", "link": "https://example.com"},
    RATING | {"scale": 10, "lowerBoundLabel": "no"},
    RATING | {"scale": 3, "display": "emoji"},
    CHOICE | {"choices": ["a", "b"], "hasOpenChoice": True},
    CHOICE | {"type": "multiple_choice", "choices": ["a", "b"]},
)
BAD = (
    ({"question": "?"}, "`questions.0`: `type` is None"),
    (OPEN | {"type": ["open"]}, "`questions.0`: `type` is ['open']"),
    ({"type": "open"}, "`question` is required"),
    ({"type": "link", "question": "?"}, "`link` is required"),
    (RATING, "`scale` is required"),
    (RATING | {"scale": 4}, "`scale` must be one of 3, 5, 7, 10"),
    (RATING | {"scale": 7, "display": "emoji"}, "`scale` must be one of 3, 5"),
    (RATING | {"scale": 5, "display": "stars"}, "`display` must be number or emoji"),
    (RATING | {"scale": 5, "display": ["number"]}, "`display` must be number or emoji"),
    (CHOICE, "`choices` is required"),
    (CHOICE | {"choices": ["a"]}, "2 to 20"),
    (CHOICE | {"choices": "ab"}, "`questions.0.choices` must be an array"),
    (CHOICE | {"choices": ["a", "a"]}, "differ"),
    (OPEN | {"choices": ["a", "b"]}, "there is no `choices` in a open question"),
)
FILTERS = {"groups": [{"properties": [{"key": "plan", "value": "pro"}]}]}
COMPLETED = {"groups": [{"properties": [{"type": "person", "key": "plan", "value": "pro"}]}]}
CASES = (
    Case(
        "surveys-get-all",
        {"search": "n"},
        (Sent(f"GET {LIST}", {"search": "n", "limit": "50", "offset": "0"}),),
        {
            "results": [
                {
                    "id": SURVEY,
                    "name": "NPS",
                    "type": "popover",
                    "status": "active",
                    "start_date": "2026-01-01",
                    "url": f"{{}}/project/2/surveys/{SURVEY}",
                }
            ]
        },
    ),
    Case("survey-get", {"surveyId": SURVEY}, (Sent(f"GET {LIST}{SURVEY}/"),), {"name": "NPS", "status": "active"}),
    Case(
        "survey-create",
        {"name": "S", "questions": [OPEN], "targeting_flag_filters": FILTERS, "responses_limit": 5},
        (
            Sent(
                f"POST {LIST}",
                {},
                {
                    "name": "S",
                    "type": "popover",
                    "questions": [OPEN],
                    "targeting_flag_filters": COMPLETED,
                    "responses_limit": 5,
                },
            ),
        ),
        {"status": "draft"},
    ),
    Case(
        "survey-update",
        {"survey_id": SURVEY, "end_date": "2026-02-01", "questions": [OPEN], "targeting_flag_filters": FILTERS},
        (
            Sent(f"GET {LIST}{SURVEY}/"),
            Sent(
                f"PATCH {LIST}{SURVEY}/",
                {},
                {"end_date": "2026-02-01", "questions": [OPEN], "targeting_flag_filters": COMPLETED},
            ),
        ),
        {"status": "completed"},
    ),
    Case(
        "survey-delete",
        {"survey_id": SURVEY},
        (Sent(f"GET {LIST}{SURVEY}/"), Sent(f"PATCH {LIST}{SURVEY}/", {}, {"archived": True})),
        {"archived": True},
        "archives, as PostHog does",
    ),
    Case(
        "survey-stats",
        {"survey_id": SURVEY, "date_from": "2026-01-01"},
        (Sent(f"GET {LIST}{SURVEY}/stats/", {"date_from": "2026-01-01"}),),
        {
            "stats": dict.fromkeys(("survey shown", "survey dismissed", "survey sent"), NEVER),
            "url": f"{{}}/project/2/surveys/{SURVEY}",
        },
    ),
    Case(
        "surveys-global-stats",
        {"date_to": "2025-01-01"},
        (Sent(f"GET {LIST}stats/", {"date_to": "2025-01-01"}),),
        {"stats": dict.fromkeys(("survey shown", "survey dismissed", "survey sent"), NEVER)},
    ),
)
REFUSALS = (
    Refusal("surveys-get-all", {"offset": -1}, "`offset` must be greater than or equal to 0"),
    Refusal("survey-delete", {"survey_id": "1"}, "`survey_id`"),
    Refusal("survey-stats", {"survey_id": "1"}, "`survey_id`"),
    Refusal("surveys-global-stats", {"date": "-7d"}, "there is no argument `date`"),
    Refusal("survey-get", {"survey_id": "../../1"}, "`survey_id`"),
    Refusal("survey-create", {"name": "S", "questions": []}, "`questions`"),
    Refusal(
        "survey-update",
        {"survey_id": SURVEY, "targeting_flag_filters": {"payloads": {}}},
        "has no `groups`",
        (f"GET {LIST}{SURVEY}/",),
    ),
    Refusal("survey-update", {"survey_id": SURVEY}, "nothing to change"),
    Refusal("survey-update", {"survey_id": SURVEY, "questions": []}, "a survey without `questions` asks nothing"),
    *(Refusal("survey-create", {"name": "S", "questions": [question]}, words) for question, words in BAD),
)
