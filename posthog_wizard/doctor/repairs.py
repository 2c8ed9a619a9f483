"""From findings to a plan: every repair of a file in one draft, and so in one change that `mcp undo` takes back."""

from collections.abc import Iterable
from pathlib import Path

from posthog_wizard.doctor.check import Check, Repair
from posthog_wizard.errors import WizardError
from posthog_wizard.model import Change, Found, Outcome, Plan, Step
from posthog_wizard.plan import kept_from_others, resolved_outcome
from posthog_wizard.plan.draft import Draft


def plan_repairs(checks: Iterable[Check]) -> Plan:
    """The changes that mend every finding which can be mended. A file that meanwhile cannot be read fails."""
    files: dict[Path, tuple[Found, list[Repair]]] = {}
    for repair in repairs_of(checks):
        if repair.found is not None:
            files.setdefault(repair.found.path, (repair.found, []))[1].append(repair)
    steps: list[Step] = []
    resolved: list[Outcome] = []
    for found, repairs in files.values():
        try:
            steps.append(_step(found, tuple(repairs)))
        except WizardError as problem:
            resolved.append(resolved_outcome(found, "failed", problem))
    return Plan(tuple(steps), tuple(resolved))


def repairs_of(checks: Iterable[Check]) -> tuple[Repair, ...]:
    """The repairs that findings bring along."""
    first = (check.repair for check in checks)
    return tuple(one for repair in first if repair is not None for one in (repair, repair.also) if one is not None)


def prepare_repairs(checks: Iterable[Check]) -> None:
    """Do what has to be done before the files are written. Raises WizardError."""
    for repair in repairs_of(checks):
        if repair.prepare is not None:
            repair.prepare()


def _step(found: Found, repairs: tuple[Repair, ...]) -> Step:
    draft = Draft(found)
    for repair in repairs:
        repair.edit(draft)
    mode = next((repair.mode for repair in repairs if repair.mode is not None), None)
    changes = draft.data != found.content or mode is not None or any(repair.prepare for repair in repairs)
    step = Step(
        found,
        Change(found.path, found.content, draft.data),
        "updated" if changes else "unchanged",
        edits=tuple(draft.edits),
        reason="; ".join(dict.fromkeys(repair.says for repair in repairs)),
        replan=lambda content: _step(found._replace(content=content), repairs),
        holds_key=any(repair.holds_key for repair in repairs),
        mode=mode,
    )
    return step if mode is not None else kept_from_others(step)
