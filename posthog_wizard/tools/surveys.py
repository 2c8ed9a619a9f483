"""The surveys toolset. Fields of each kind of question are those of PostHog's own tool.

https://posthog.com/docs/surveys/creating-surveys; what PostHog would take without working is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypedDict

from posthog_wizard.api.replies import object_with
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import NOTHING
from posthog_wizard.tools import merging
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.flag_filters import FILTERS_EXAMPLE, FlagFilters, completed
from posthog_wizard.tools.merging import SURVEY_QUESTIONS, StoredRow, counterparts
from posthog_wizard.tools.nested_names import refuse_misspelled
from posthog_wizard.tools.parameters import Description, Limit, More, NewName, Object, Offset, Rename, Search
from posthog_wizard.tools.resource import Resource, changes
from posthog_wizard.tools.tool import CREATES, DELETES, READS, UPDATES, tool
from posthog_wizard.tools.value_types import Constraints

_QUESTIONS_EXAMPLE = (
    'E.g. {"type":"open","question":"Why?"}, {"type":"link","question":"Read","link":"https://…"}, '
    '{"type":"rating","question":"How likely?","display":"number","scale":10,"lowerBoundLabel":"Not","upperBoundLabel":"Very"}, '
    '{"type":"single_choice","question":"Plan?","choices":["Free","Paid"],"hasOpenChoice":true}, multiple_choice likewise. '
    'Also description, optional, buttonText, branching {"type":"end"}'
)
_COMMON = ("type", "question", "description", "descriptionContentType", "optional", "buttonText", "id", "translations",
          "validation")  # fmt: skip
_CHOICES = ("choices", "shuffleOptions", "hasOpenChoice")
_FIELDS: dict[str, tuple[str, ...]] = {
    "open": ("branching",),
    "link": ("link", "branching"),
    "rating": ("display", "scale", "lowerBoundLabel", "upperBoundLabel", "branching"),
    "single_choice": (*_CHOICES, "branching"),
    "multiple_choice": (*_CHOICES, "branching"),
}
_NEEDED: dict[str, tuple[str, ...]] = {
    "link": ("link",),
    "rating": ("display", "scale"),
    "single_choice": ("choices",),
    "multiple_choice": ("choices",),
}
_SCALES = {"number": (3, 5, 7, 10), "emoji": (3, 5)}
_FEWEST_CHOICES, _MOST_CHOICES = 2, 20
_SurveyId = Annotated[str, Constraints(pattern="^[0-9a-fA-F-]{36}$", description="Survey id (UUID)")]
_Type = Literal["popover", "api", "widget", "external_survey"]


class _Question(TypedDict, total=False):
    """The fields that are no texts; `_FIELDS` has all."""

    scale: int | None
    choices: list[Any] | None
    optional: bool | None
    shuffleOptions: bool | None
    hasOpenChoice: bool | None
    branching: Object | None


_AnyQuestion = Annotated[_Question, Constraints(shown={"type": "object"})]
_Questions = Annotated[list[_AnyQuestion], Constraints(min_length=1, description=_QUESTIONS_EXAMPLE)]
_Appearance = Annotated[
    Object | None, Constraints(description='Looks, e.g. {"backgroundColor":"#fff","submitButtonText":"Send"}')
]
_Conditions = Annotated[
    Object | None, Constraints(description='Where and when, e.g. {"url":"/pricing","urlMatchType":"icontains"}')
]
_Targets = Annotated[
    FlagFilters | None, Constraints(shown={"type": "object", "description": "Who, as `filters` of create-feature-flag"})
]
_Most = Annotated[int | None, Constraints(ge=1, description="Stop after so many responses")]
_Times = Annotated[int | None, Constraints(ge=1, description="How often to repeat")]
_Pause = Annotated[int | None, Constraints(ge=1, le=365, description="Days between repeats")]
_Partial = Annotated[bool | None, Constraints(description="Keep half-filled responses")]
_LinkedFlag = Annotated[int | None, Constraints(description="Only where this flag (id) is on")]
_DateFrom = Annotated[str | None, Constraints(description="ISO date")]
_SHOWN = ("id", "name", "description", "type", "status", "schedule", "questions", "conditions", "appearance", "start_date",
         "end_date", "archived", "responses_limit", "iteration_count", "iteration_frequency_days", "enable_partial_responses",
         "linked_flag_id", "targeting_flag", "created_at")  # fmt: skip


def status(survey: Mapping[str, Any]) -> str:
    """`archived`, `draft`, `completed` or `active`, in this order of precedence."""
    if survey.get("archived"):
        return "archived"
    if not survey.get("start_date"):
        return "draft"
    return "completed" if survey.get("end_date") else "active"


_SURVEYS = Resource(
    "surveys/",
    "survey",
    shown=_SHOWN,
    listed=("id", "name", "description", "type", "status", "start_date", "end_date", "responses_limit"),
    status=status,
    rule=merging.SURVEY,
)


@tool("List surveys", feature="surveys", scopes=("survey:read",), hints=READS)
async def surveys_get_all(
    call: Call, search: Search = None, limit: Limit = 50, offset: Offset = 0, more: More = NOTHING
) -> dict[str, Any]:
    """List the project's surveys."""
    return await _SURVEYS.list(call, offset, search=search, limit=limit, **more)


@tool("Get a survey", feature="surveys", scopes=("survey:read",), hints=READS)
async def survey_get(call: Call, survey_id: _SurveyId) -> dict[str, Any]:
    """Get a survey with its questions and targeting."""
    return _SURVEYS.show(call, await _SURVEYS.get(call, survey_id))


@tool("Create a survey", feature="surveys", scopes=("survey:write",), hints=CREATES)
async def survey_create(
    call: Call,
    name: NewName,
    questions: _Questions,
    description: Description = None,
    type: Annotated[_Type, Constraints(description="How it is shown")] = "popover",  # noqa: A002 - PostHog's word
    appearance: _Appearance = None,
    conditions: _Conditions = None,
    targeting_flag_filters: _Targets = None,
    linked_flag_id: _LinkedFlag = None,
    start_date: Annotated[str | None, Constraints(description="ISO date to launch it; default a draft")] = None,
    responses_limit: _Most = None,
    iteration_count: _Times = None,
    iteration_frequency_days: _Pause = None,
    enable_partial_responses: _Partial = None,
    more: More = NOTHING,
) -> dict[str, Any]:
    """Create a survey, by default as a draft."""
    _check_questions(questions, questions)
    body = given(**_fields(locals()))
    if targeting_flag_filters:
        body["targeting_flag_filters"] = _targeting(targeting_flag_filters, None)
    _check_nested(body, {})
    return await _SURVEYS.create(call, body | {**more})


@tool("Update a survey", feature="surveys", scopes=("survey:write",), hints=UPDATES)
async def survey_update(
    call: Call,
    survey_id: _SurveyId,
    name: Rename = None,
    description: Description = None,
    type: Annotated[_Type | None, Constraints(description="How it is shown")] = None,  # noqa: A002 - PostHog's word
    questions: Annotated[
        list[_AnyQuestion] | None, Constraints(description="All questions, as in survey-create")
    ] = None,
    appearance: _Appearance = None,
    conditions: _Conditions = None,
    targeting_flag_filters: _Targets = None,
    remove_targeting_flag: Annotated[bool | None, Constraints(description="Show it to everyone")] = None,
    linked_flag_id: _LinkedFlag = None,
    schedule: Annotated[
        Literal["once", "recurring", "always"] | None, Constraints(description="How often per person")
    ] = None,
    start_date: Annotated[str | None, Constraints(description="ISO date to launch it")] = None,
    end_date: Annotated[str | None, Constraints(description="ISO date to stop it")] = None,
    archived: Annotated[bool | None, Constraints(description="Archive or unarchive")] = None,
    responses_limit: _Most = None,
    iteration_count: _Times = None,
    iteration_frequency_days: _Pause = None,
    enable_partial_responses: _Partial = None,
    more: More = NOTHING,
) -> dict[str, Any]:
    """Change, launch or stop a survey; what is left out stays. Give all questions, by `id` once it was launched."""
    body = changes(**_fields(locals()), **more)
    if questions == []:
        raise WrongUsage("a survey without `questions` asks nothing", "leave `questions` out to keep those that it has")
    found = await _SURVEYS.get(call, survey_id)
    _check_nested(body, found)
    if questions is not None:
        body["questions"] = merged_questions(questions, found)
    if targeting_flag_filters is not None:
        stored = found.get("targeting_flag") or {}
        body["targeting_flag_filters"] = _targeting(targeting_flag_filters, stored.get("filters"))
    return await _SURVEYS.change(call, survey_id, _kept(found, body) | body, found)


def _fields(arguments: Mapping[str, Any]) -> Object:
    """The arguments of a tool that are fields of a survey."""
    return {name: value for name, value in arguments.items() if name not in {"call", "survey_id", "more"}}


def _check_nested(body: Object, stored: Object) -> None:
    for name in ("appearance", "conditions"):
        refuse_misspelled(name, body.get(name), name, stored.get(name))


def _targeting(filters: FlagFilters, stored: Object | None) -> Object:
    """Whole filters. Raises WrongUsage without a condition set, for which PostHog has no use here."""
    whole = completed(filters, stored, path="targeting_flag_filters")
    if not whole.get("groups"):
        raise WrongUsage("`targeting_flag_filters` has no `groups`", "Say who: " + FILTERS_EXAMPLE)
    return whole


def _kept(found: Object, body: Object) -> Object:
    """What PostHog forgets when a change does not name it: https://github.com/PostHog/posthog/blob/master/posthog/api/survey.py.

    Without `conditions` the actions that show the survey go, without `end_date` the targeting of one that is over is
    switched on again, and `iteration_count` alone resets how often; a linked flag's variant needs its flag.
    """
    conditions = {**(found.get("conditions") or {}), **(body.get("conditions") or {})}
    needed = {
        "conditions": bool((found.get("conditions") or {}).get("actions")) and "conditions" not in body,
        "end_date": bool(found.get("end_date") and found.get("targeting_flag")),
        "iteration_frequency_days": "iteration_count" in body,
        "linked_flag_id": bool(conditions.get("linkedFlagVariant")),
    }
    return {name: found[name] for name, wanted in needed.items() if wanted and found.get(name) is not None}


@tool("Delete a survey", feature="surveys", scopes=("survey:write",), hints=DELETES)
async def survey_delete(call: Call, survey_id: _SurveyId) -> dict[str, Any]:
    """Archive a survey: it is no longer shown, its responses stay. It can be unarchived by an update."""
    found = await _SURVEYS.get(call, survey_id)
    return await _SURVEYS.delete(call, found, mark="archived", beside=_kept(found, {}))


@tool("Get a survey's numbers", feature="surveys", scopes=("survey:read",), hints=READS)
async def survey_stats(
    call: Call, survey_id: _SurveyId, date_from: _DateFrom = None, date_to: _DateFrom = None, more: More = NOTHING
) -> dict[str, Any]:
    """Get how often a survey was shown, dismissed and answered."""
    found = await call.get(f"surveys/{survey_id}/stats/", date_from=date_from, date_to=date_to, **more)
    return object_with(found) | {"url": call.link("survey", survey_id)}


@tool("Get all surveys' numbers", feature="surveys", scopes=("survey:read",), hints=READS)
async def surveys_global_stats(call: Call, date_from: _DateFrom = None, date_to: _DateFrom = None) -> dict[str, Any]:
    """Get how often all surveys together were shown, dismissed and answered."""
    found = await call.get("surveys/stats/", date_from=date_from, date_to=date_to)
    return object_with(found) | {"url": call.link("survey", "")}


def _check_questions(questions: Sequence[StoredRow], given: Sequence[StoredRow]) -> None:
    """Raise WrongUsage that names the question and the field; `given` is what was said of each."""
    for number, (question, said) in enumerate(zip(questions, given, strict=True)):
        for fault in _faults(question, said):
            raise WrongUsage(f"`questions.{number}`: {fault}", "see the example in survey-create's `questions`")


def merged_questions(given: Sequence[StoredRow], survey: StoredRow) -> list[dict[str, Any]]:
    """All questions of a survey after a change; each keeps the id under which its answers are kept.

    Raises:
        WrongUsage: the survey was launched, and it is not plain which of its questions one means.
    """
    stored = survey.get("questions") or []
    meant = counterparts(SURVEY_QUESTIONS, stored, given)
    dropped = [one for one in stored if one not in meant]
    for number, (question, old) in enumerate(zip(given, meant, strict=True)):
        if survey.get("start_date") and old is None and dropped and question.get("id") != "new":
            ids = ", ".join(f"{one.get('id')} ({one.get('question')})" for one in stored)
            raise WrongUsage(
                f"`questions.{number}` needs its `id`: the survey has answers to other questions",
                f"its questions are {ids}; leave out those that go, and give a new one the id `new`",
            )
    whole = [{**(old or {}), **one} for one, old in zip(given, meant, strict=True)]
    _check_questions(whole, given)
    return [{name: value for name, value in one.items() if (name, value) != ("id", "new")} for one in whole]


def _faults(question: StoredRow, said: StoredRow) -> list[str]:
    kind = question.get("type")
    if kind not in (*_FIELDS,):  # it may be a list
        return [f"`type` is {kind!r}, not one of {', '.join(_FIELDS)}"]
    needed = [f"`{name}` is required" for name in ("question", *_NEEDED.get(kind, ())) if not question.get(name)]
    unknown = [f"there is no `{name}` in a {kind} question" for name in said if name not in (*_COMMON, *_FIELDS[kind])]
    return needed or unknown or _choices(question) or _scale(question)


def _choices(question: StoredRow) -> list[str]:
    choices = question.get("choices")
    if choices is None:
        return []
    if not _FEWEST_CHOICES <= len(choices) <= _MOST_CHOICES:
        return [f"`choices` must hold {_FEWEST_CHOICES} to {_MOST_CHOICES} texts"]
    return ["`choices` must differ from each other"] if len(set(map(str, choices))) < len(choices) else []


def _scale(question: StoredRow) -> list[str]:
    if question["type"] != "rating":
        return []
    scales = _SCALES.get(str(question["display"]))
    if scales is None:
        return [f"`display` must be {' or '.join(_SCALES)}"]
    return [] if question["scale"] in scales else [f"`scale` must be one of {', '.join(map(str, scales))}"]
