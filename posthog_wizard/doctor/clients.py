"""What is asked of every client, one row a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from posthog_wizard.doctor import config, entry, environment, second, shape
from posthog_wizard.doctor.check import Check, Task
from posthog_wizard.doctor.patient import Patient
from posthog_wizard.model import Client

# The id's last part, what is looked at, and who looks.
QUESTIONS: tuple[tuple[str, str, Callable[[Patient, Client], Iterable[Check]]], ...] = (
    ("detected", "whether it is installed", config.detected),
    ("config", "its file", config.config),
    ("entry", "its PostHog entry", entry.entry),
    ("enabled", "whether the entry is switched on", entry.enabled),
    ("shape", "the entry's spelling", shape.shape),
    ("place", "where the entry stands", shape.place),
    ("second", "other ways to PostHog", second.second),
    ("shadowed", "entries of other scopes", second.shadowed),
    ("environment", "the variables that it names", environment.environment),
    ("question", "the question for the key", environment.question),
    ("command", "the command that it starts", environment.command),
    ("oauth", "whether it can sign in", environment.oauth),
)


def tasks(patient: Patient) -> Iterable[Task]:
    """Every question to every client that is looked at."""
    return (
        Task(f"client.{client.id}.{question}", f"{client.title}: {title}", partial(look, patient, client))
        for client in patient.options.clients
        for question, title, look in QUESTIONS
    )
