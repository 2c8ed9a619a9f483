"""The prompts: what people ask for often, written once in `prompt_texts/`. Nothing that comes from PostHog is put into them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posthog_wizard.errors import WrongUsage
from posthog_wizard.server.quickstarts import quickstart_named

_FOLDER = Path(__file__).parent / "prompt_texts"
_Words = Mapping[str, str]


@dataclass(frozen=True)
class _Argument:
    """An argument of a prompt; clients show its description where they ask for it."""

    name: str
    description: str
    required: bool = False


@dataclass(frozen=True)
class Prompt:
    """A prompt. `words` makes of the arguments that were given what stands in the text's braces."""

    name: str
    title: str
    description: str
    arguments: tuple[_Argument, ...]
    words: Callable[[_Words], _Words]

    @property
    def definition(self) -> dict[str, Any]:
        """The prompt as `prompts/list` has it."""
        arguments = [
            {"name": one.name, "description": one.description, "required": one.required} for one in self.arguments
        ]
        return {"name": self.name, "title": self.title, "description": self.description, "arguments": arguments}

    def text(self, given: Mapping[str, str]) -> str:
        """The prompt's text. Raises WrongUsage for an argument that is unknown, or missing."""
        known = {one.name for one in self.arguments}
        for name in given:
            if name not in known:
                raise WrongUsage(f"`{self.name}` has no argument `{name}`", f"it has {', '.join(sorted(known))}")
        for one in self.arguments:
            if one.required and not given.get(one.name, "").strip():
                raise WrongUsage(f"`{self.name}` needs `{one.name}`", f"give it: {one.description}")
        words = self.words({name: value.strip() for name, value in given.items() if value.strip()})
        return (_FOLDER / f"{self.name}.md").read_text(encoding="utf-8").rstrip("\n").format(**words)


def prompt_named(name: str) -> Prompt:
    """The prompt of that name. Raises WrongUsage."""
    for prompt in PROMPTS:
        if prompt.name == name:
            return prompt
    raise WrongUsage(f"there is no prompt `{name[:100]}`", f"there are {', '.join(one.name for one in PROMPTS)}")


def _setup(given: _Words) -> _Words:
    framework = given.get("framework")
    known = quickstart_named(framework) if framework else None
    start = (
        f"It uses {framework}; read the resource posthog://frameworks/{known or framework.lower()}{' if there is one' * (not known)}."
        if framework
        else "Find out which framework it uses, then read the resource posthog://frameworks/{framework} for it."
    )
    project = f"Send events to the PostHog project `{given['project']}`. " if "project" in given else ""
    return {"start": start, "project": project}


PROMPTS: tuple[Prompt, ...] = (
    Prompt(
        "posthog-setup",
        "Set up PostHog",
        "Add PostHog to the code at hand: install, identify, choose events, prove that they arrive.",
        (
            _Argument("framework", "For example next-js, django or rails"),
            _Argument("project", "Id or name of the PostHog project"),
        ),
        _setup,
    ),
    Prompt(
        "why-did-this-metric-move",
        "Why did this metric move?",
        "Find the likely cause of a rise or a drop.",
        (
            _Argument("metric", "The metric, in your words", required=True),
            _Argument("since", "The time to look at"),
        ),
        lambda given: {"since": "the last two weeks", **given},
    ),
    Prompt(
        "launch-flag-safely",
        "Launch a flag safely",
        "Roll a feature flag out in steps, watching what must not get worse.",
        (
            _Argument("flag", "The flag's key", required=True),
            _Argument("audience", "Who gets it"),
        ),
        lambda given: {**given, "audience": f" for {given['audience']}" if "audience" in given else ""},
    ),
    Prompt(
        "triage-errors",
        "Triage the top errors",
        "Rank what breaks for people, and find the first thing to fix.",
        (_Argument("days", "How many days back; default 7"),),
        lambda given: {"days": re.sub(r"^(\d+)\D*$", r"\1", given.get("days", "7"))},
    ),
)
