"""The questions of a survey: an example for the model, and the check of what PostHog would take without working.

Fields of each kind as PostHog's own tool has them; https://posthog.com/docs/surveys/creating-surveys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from posthog_wizard.errors import WrongUsage
from posthog_wizard.tools.merging import SURVEY_QUESTIONS, StoredRow, counterparts

QUESTIONS_EXAMPLE = (
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


def checked_questions(questions: list[dict[str, Any]], given: Sequence[StoredRow]) -> list[dict[str, Any]]:
    """The questions as they are; `given` is what was said of each. Raises WrongUsage that names the question and the field."""
    for number, (question, said) in enumerate(zip(questions, given, strict=True)):
        for fault in _faults(question, said):
            raise WrongUsage(f"`questions.{number}`: {fault}", "see the example in survey-create's `questions`")
    return questions


def merged_questions(given: list[dict[str, Any]], survey: StoredRow) -> list[dict[str, Any]]:
    """All questions of a survey after a change; each keeps the id under which its answers are kept.

    Raises:
        WrongUsage: the survey was launched, and it is not plain which of its questions one means.
    """
    stored = survey.get("questions") or []
    meant = counterparts(SURVEY_QUESTIONS, stored, given)
    dropped = [one for one in stored if one not in meant]
    for number, (question, old) in enumerate(zip(given, meant, strict=True)):
        if survey.get("start_date") and old is None and dropped and not question.get("id"):
            ids = ", ".join(f"{one.get('id')} ({one.get('question')})" for one in stored)
            raise WrongUsage(
                f"`questions.{number}` needs its `id`: the survey has answers to other questions",
                f"its questions are {ids}; leave out those that go, and give a new one the id `new`",
            )
    whole = [{**(old or {}), **one} for one, old in zip(given, meant, strict=True)]
    checked = checked_questions(whole, given)
    return [{name: value for name, value in one.items() if (name, value) != ("id", "new")} for one in checked]


def _faults(question: dict[str, Any], said: StoredRow) -> list[str]:
    kind = question.get("type")
    if kind not in (*_FIELDS,):  # it may be a list
        return [f"`type` is {kind!r}, not one of {', '.join(_FIELDS)}"]
    needed = [f"`{name}` is required" for name in ("question", *_NEEDED.get(kind, ())) if not question.get(name)]
    unknown = [f"there is no `{name}` in a {kind} question" for name in said if name not in (*_COMMON, *_FIELDS[kind])]
    return needed or unknown or _choices(question) or _scale(question)


def _choices(question: dict[str, Any]) -> list[str]:
    choices = question.get("choices")
    if choices is None:
        return []
    if not isinstance(choices, list) or not _FEWEST_CHOICES <= len(choices) <= _MOST_CHOICES:
        return [f"`choices` must hold {_FEWEST_CHOICES} to {_MOST_CHOICES} texts"]
    return ["`choices` must differ from each other"] if len(set(map(str, choices))) < len(choices) else []


def _scale(question: dict[str, Any]) -> list[str]:
    if question["type"] != "rating":
        return []
    scales = _SCALES.get(str(question["display"]))
    if scales is None:
        return [f"`display` must be {' or '.join(_SCALES)}"]
    return [] if question["scale"] in scales else [f"`scale` must be one of {', '.join(map(str, scales))}"]
