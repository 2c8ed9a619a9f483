"""What is asked of every client, one row a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from posthog_wizard.doctor import config, duplicate_checks, entry, environment_checks, shape
from posthog_wizard.doctor.check import Check, Task
from posthog_wizard.doctor.context import Context
from posthog_wizard.model import Client

# The id's last part, what is looked at, and who looks.
_QUESTIONS: tuple[tuple[str, str, Callable[[Context, Client], Iterable[Check]]], ...] = (
    ("detected", "whether it is installed", config.detected),
    ("config", "its file", config.config),
    ("entry", "its PostHog entry", entry.entry),
    ("enabled", "whether the entry is switched on", entry.enabled),
    ("shape", "the entry's spelling", shape.shape),
    ("place", "where the entry stands", shape.misplaced),
    ("second", "other ways to PostHog", duplicate_checks.duplicates),
    ("shadowed", "entries of other scopes", duplicate_checks.shadowed),
    ("environment", "the variables that it names", environment_checks.environment),
    ("question", "the question for the key", environment_checks.question),
    ("command", "the command that it starts", environment_checks.command),
    ("oauth", "whether it can sign in", environment_checks.oauth),
)


def tasks(context: Context) -> Iterable[Task]:
    """Every question to every client that is looked at."""
    return (
        Task(f"client.{client.id}.{question}", f"{client.title}: {title}", partial(look, context, client))
        for client in context.options.clients
        for question, title, look in _QUESTIONS
    )
