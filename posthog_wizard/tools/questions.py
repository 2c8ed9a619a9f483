"""The questions of a survey: an example for the model, and the check of what PostHog would take without working.

Fields of each kind as PostHog's own tool has them; https://posthog.com/docs/surveys/creating-surveys.
"""

from __future__ import annotations

from typing import Any

from posthog_wizard.errors import WrongUsage

EXAMPLE = (
    'E.g. {"type":"open","question":"Why?"}, {"type":"link","question":"Read","link":"https://…"}, '
    '{"type":"rating","question":"How likely?","display":"number","scale":10,"lowerBoundLabel":"Not","upperBoundLabel":"Very"}, '
    '{"type":"single_choice","question":"Plan?","choices":["Free","Paid"],"hasOpenChoice":true}, multiple_choice likewise. '
    'Also description, optional, buttonText, branching {"type":"end"}'
)
COMMON = ("type", "question", "description", "descriptionContentType", "optional", "buttonText", "id", "translations",
          "validation")  # fmt: skip
CHOICES = ("choices", "shuffleOptions", "hasOpenChoice")
FIELDS: dict[str, tuple[str, ...]] = {
    "open": ("branching",),
    "link": ("link", "branching"),
    "rating": ("display", "scale", "lowerBoundLabel", "upperBoundLabel", "branching"),
    "single_choice": (*CHOICES, "branching"),
    "multiple_choice": (*CHOICES, "branching"),
}
NEEDED: dict[str, tuple[str, ...]] = {
    "link": ("link",),
    "rating": ("display", "scale"),
    "single_choice": ("choices",),
    "multiple_choice": ("choices",),
}
SCALES = {"number": (3, 5, 7, 10), "emoji": (3, 5)}
FEWEST_CHOICES, MOST_CHOICES = 2, 20


def checked_questions(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The questions as they are. Raises WrongUsage that names the question and the field."""
    for number, question in enumerate(questions):
        for fault in _faults(question):
            raise WrongUsage(f"`questions.{number}`: {fault}", "See the example in survey-create's `questions`.")
    return questions


def _faults(question: dict[str, Any]) -> list[str]:
    kind = question.get("type")
    if kind not in FIELDS:
        return [f"`type` is {kind!r}, not one of {', '.join(FIELDS)}"]
    needed = [f"`{name}` is required" for name in ("question", *NEEDED.get(kind, ())) if not question.get(name)]
    unknown = [
        f"there is no `{name}` in a {kind} question" for name in question if name not in (*COMMON, *FIELDS[kind])
    ]
    return needed or unknown or _choices(question) or _scale(question)


def _choices(question: dict[str, Any]) -> list[str]:
    choices = question.get("choices")
    if choices is None:
        return []
    if not isinstance(choices, list) or not FEWEST_CHOICES <= len(choices) <= MOST_CHOICES:
        return [f"`choices` must hold {FEWEST_CHOICES} to {MOST_CHOICES} texts"]
    return ["`choices` must differ from each other"] if len(set(map(str, choices))) < len(choices) else []


def _scale(question: dict[str, Any]) -> list[str]:
    if question["type"] != "rating":
        return []
    scales = SCALES.get(question["display"])
    if scales is None:
        return [f"`display` must be {' or '.join(SCALES)}"]
    return [] if question["scale"] in scales else [f"`scale` must be one of {', '.join(map(str, scales))}"]
