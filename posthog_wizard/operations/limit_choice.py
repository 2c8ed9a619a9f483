"""What the limits of `mcp add` may be: names that exist, projects that the key reaches, and what a person wants of those that are there."""

from typing import Literal

from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import flag_called
from posthog_wizard.model import Limits, Plan
from posthog_wizard.operations.add_options import OWN_NAME, Adding
from posthog_wizard.operations.connection import refuse_misnumbered, refuse_ours
from posthog_wizard.operations.dialogue import Report
from posthog_wizard.operations.key_check import check_pin
from posthog_wizard.operations.list import entry_states
from posthog_wizard.plan.limits import words_of_limits

_PINS = frozenset({"organization", "project"})
# Of PostHog's hosted server, beside ours: https://posthog.com/docs/model-context-protocol
_HOSTED_FEATURES = """
actions activity-logs ai-observability alerts annotations cohorts conversations data-schema data-warehouse debug
early-access-features hog-function-templates hog-functions logs notebooks persons product-analytics prompts replay
reverse-proxy sdk-doctor search sql web-analytics workflows
"""


def refuse_unknown(kind: Literal["hosted", "local"], limits: Limits, report: Report) -> None:
    """Raise WrongUsage for limits of the flags that cannot work; warn of names that the hosted server may know."""
    refuse_misnumbered(limits.project)
    if kind == "local":
        _check_names(limits)
    elif limits.features or limits.tools:
        _warn_of_unknown(limits, report)


def refuse_inherited(kind: Literal["hosted", "local"], limits: Limits) -> None:
    """Raise WrongUsage for limits of an entry that the server of that kind does not know."""
    try:
        (refuse_ours if kind == "hosted" else _check_names)(limits)
    except WrongUsage as problem:
        whose = "PostHog's hosted server" if kind == "hosted" else "our own server"
        hint = f"{(problem.hint or '').rstrip('.?')}, or drop them: pass `--no-limits`"
        raise WrongUsage(f"the entry's limits are not for {whose}: {problem.message}", hint) from problem


def limited(adding: Adding) -> Adding:
    """With the user's word on what agents may do, where nothing says it. What the entries allow now is preselected."""
    if adding.person is None or adding.limits != Limits() or adding.options.choice.installation:
        return adding
    if adding.options.no_limits or (adding.storage and adding.plain and adding.storage.moves(adding.found)):
        return adding
    state = entry_states(adding.machine)
    states = [state(one, adding.options.name or OWN_NAME) for one in adding.found]
    there = dict.fromkeys(one.limits for one in states if one.standing in {"current", "outdated"})
    rows = [
        ("full", "Full access: as far as the key allows"),
        ("read", "Read only: look things up and run queries"),
    ]
    if any(limits != Limits() for limits in there):
        now = " / ".join(words_of_limits(limits) or "full access" for limits in there)
        rows = [("keep", f"As it is now: {now}"), *reversed(rows)]
    answer = adding.person.choose_one("What may agents do in PostHog?", rows)
    kept = {"full": _PINS, "read": adding.kept_limits, "keep": adding.kept_limits}[answer]
    return adding._replace(limits=Limits(read_only=answer == "read"), kept_limits=kept)


def check_pins(adding: Adding, plan: Plan) -> None:
    """Have PostHog say that the projects exist to which entries are limited already. Raises NotFound, Unreachable."""
    key, options = adding.check.key, adding.options
    if adding.check.host is None or key is None or not options.verify or options.choice.sandbox:
        return
    asked = {(adding.limits.organization, adding.limits.project), (None, None)}  # the flags' along with the key
    for step in plan.steps:
        limits = step.limits.after or Limits()
        pin = (limits.organization, limits.project)
        if pin not in asked:
            asked.add(pin)
            check_pin(adding.connection, limits, key, adding.report, f"the entry of {step.found.client.title}")


def _check_names(limits: Limits) -> None:
    if not (limits.features or limits.tools):
        return
    from posthog_wizard.tools import TOOLS
    from posthog_wizard.tools.selection import check_names

    check_names(TOOLS, limits)


def _warn_of_unknown(limits: Limits, report: Report) -> None:
    from difflib import get_close_matches

    from posthog_wizard.tools import TOOLS
    from posthog_wizard.tools.selection import ALL_FEATURES, FEATURES

    features = tuple(name.strip().lower().replace("_", "-") for name in limits.features)
    for flag, asked, known in (
        ("features", features, {*FEATURES, *_HOSTED_FEATURES.split()} - {ALL_FEATURES}),
        ("tools", limits.tools, {tool.name for tool in TOOLS}),
    ):
        for name in asked:
            if name not in known:
                near = " or ".join(f"`{one}`" for one in get_close_matches(name, sorted(known), n=2))
                meant = f"; did you mean {near}?" if near else ""
                report.warn(f"`{flag_called(flag).spelled}`: PostHog's server may not know `{name}`{meant}")
