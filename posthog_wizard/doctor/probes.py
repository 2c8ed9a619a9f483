"""The checks that ask somebody: the real thing, the keys, the network. What several of them ask is asked once."""

from __future__ import annotations

from collections.abc import Iterator

from posthog_wizard.doctor.check import Task
from posthog_wizard.doctor.connection import connections
from posthog_wizard.doctor.installations import installations
from posthog_wizard.doctor.keys import keys
from posthog_wizard.doctor.network import ways
from posthog_wizard.doctor.patient import Patient
from posthog_wizard.doctor.questions import Questions


def tasks(patient: Patient) -> Iterator[Task]:
    """Their tasks."""
    questions = Questions()
    yield from connections(patient, questions)
    yield from keys(patient, questions)
    yield from installations(patient, questions)
    yield from ways(patient)
