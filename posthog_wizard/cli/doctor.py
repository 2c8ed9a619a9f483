"""`mcp doctor`: prove that PostHog works in every client, say why not, repair it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from posthog_wizard.api.hosts import CloudRegion
from posthog_wizard.cli import ask, output
from posthog_wizard.cli.change_screen import TITLES, show_change
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Json, Scope
from posthog_wizard.operations.targets import clients_named

if TYPE_CHECKING:
    from posthog_wizard.doctor.check import Check, Status
    from posthog_wizard.doctor.context import DoctorOptions

_FAMILIES = {"install": "The wizard", "network": "Network", "key": "Keys", "installation": "Installations"}
_RANK: dict[str, int] = {"fail": 0, "warn": 1, "ok": 2, "skip": 3}
_SHOWN = 10  # things of which the same is said that are named
_COLOURS = {"fail": 31, "warn": 33, "ok": 32, "skip": 2}
# What a healthy group's line is made of, by the ids' last part.
_TELLING = ("entry", "connection", "version", "python", "api", "hosted")


def command(
    clients: list[str] | None = None,
    scope: Scope = "user",
    profile: str | None = None,
    host: str | None = None,
    region: CloudRegion | None = None,
    trust_project: bool = False,
    fix: bool = False,
    yes: bool = False,
    offline: bool = False,
    timeout: float = 20.0,
    report: bool = False,
    json: bool = False,
) -> int:
    """Find out whether PostHog works in every client, why not, and what to do.

    posthog-wizard mcp doctor                  look at everything, change nothing

    posthog-wizard mcp doctor cursor           one client

    posthog-wizard mcp doctor --fix            repair what can be repaired

    posthog-wizard mcp doctor --report         Markdown for an issue

    posthog-wizard mcp doctor --scope project --trust-project
    """
    from posthog_wizard.doctor.context import DoctorOptions
    from posthog_wizard.doctor.report import markdown
    from posthog_wizard.operations import repair

    _refuse_contradictions(fix=fix, yes=yes, report=report, json=json, timeout=timeout)
    wanted = DoctorOptions(
        clients=clients_named(clients or ()) or tuple(CLIENTS.values()),
        named=bool(clients),
        scope=scope,
        offline=offline,
        timeout=timeout,
        profile=profile,
        host=host,
        region=region,
    )
    changes: dict[str, Json] = {}
    person = ask.person(json=json)

    def remember(schema: str, **fields: Json) -> None:
        changes.update({"schema": schema, "error": None, **fields})  # a part of the one document

    show = partial(show_change, json=json, seen=person is not None, publish=remember)
    options = repair.RepairOptions(
        wanted, show, trust_project, fix, yes, lambda checks: show_checks(checks, wanted, tried=False)
    )
    found = repair.run(options, this_run().machine, person, output)
    if json:
        fields = ("id", "status", "title", "cause", "fix", "fixable")
        rows = [{**{field: getattr(one, field) for field in fields}, "data": dict(one.data)} for one in found.checks]
        made = {"changes": changes} if changes else {}
        output.json_document(output.SCHEMAS["doctor"], status=_worst(found.checks), checks=rows, **made)
    elif report:
        output.result(markdown(found.context, found.checks))
    else:
        show_checks(found.checks, wanted, tried=found.repaired is not None)
    return 1 if _worst(found.checks) == "fail" else 0


def _refuse_contradictions(*, fix: bool, yes: bool, report: bool, json: bool, timeout: float) -> None:
    if yes and not fix:
        raise WrongUsage("`--yes` answers the question of `--fix`", "add `--fix`, or leave `--yes` out")
    if report and json:
        raise WrongUsage("`--report` prints Markdown, `--json` a document", "leave one of them out")
    if timeout <= 0:
        raise WrongUsage("`--timeout` needs a number of seconds above 0", "try `--timeout 20`")


# ------------------------------------------------------------------ as people read it


class _Group(NamedTuple):
    """The checks of one client, or of one family."""

    title: str
    checks: tuple[Check, ...]

    @property
    def status(self) -> Status:
        """The worst of its checks; skip when nothing applied."""
        return min((check.status for check in self.checks), key=_RANK.__getitem__)

    @property
    def problems(self) -> list[Check]:
        """Its findings, the worst first."""
        found = [check for check in self.checks if check.status in {"fail", "warn"}]
        return sorted(found, key=lambda check: _RANK[check.status])

    @property
    def absent(self) -> bool:
        """Whether the client is not on this machine."""
        return {check.status for check in self.checks if check.id.endswith(".detected")} == {"skip"}

    @property
    def without(self) -> bool:
        """Whether the client is here, in order, and has no PostHog entry."""
        entries = [check.status for check in self.checks if check.id.endswith(".entry")]
        return bool(entries) and not self.problems and set(entries) == {"skip"}


def _worst(checks: Iterable[Check]) -> Status:
    """The status of the whole: fail, warn or ok."""
    statuses = {check.status for check in checks}
    return "fail" if "fail" in statuses else "warn" if "warn" in statuses else "ok"


def show_checks(checks: Sequence[Check], options: DoctorOptions, *, tried: bool = False) -> None:
    """Print what was found on stdout; after `tried` the repairs that are still open have failed."""
    from posthog_wizard.doctor.check import in_scope, mend

    groups, repair = _groups_of(checks), mend(options.scope)
    told: set[tuple[str | None, str | None]] = set()
    lines = [line for group in groups if group.problems for line in _problems(group, told, repair)]
    without = [group for group in groups if group.without]
    healthy = [group for group in groups if not group.problems and not group.absent and not group.without]
    width = max((len(group.title) for group in healthy), default=0)
    lines += [_line(group, width) for group in healthy]
    absent = ", ".join(group.title for group in groups if group.absent and not group.problems)
    if without:
        clients = " ".join(check.id.split(".")[1] for group in without for check in group.checks[:1])
        titles = ", ".join(group.title for group in without)
        add = f"`posthog-wizard mcp add {in_scope(options.scope, clients)}`"
        lines.append(_wrapped(f"Without PostHog: {titles}; {add}", "", "  "))
    lines += [_wrapped(f"Not found on this machine: {absent}", "", "  ", colour=2)] if absent else []
    lines += [""] if lines and lines[-1] else []
    output.result("\n".join([*lines, *_last_words(checks, options, repair, tried=tried)]))


def _groups_of(checks: Iterable[Check]) -> tuple[_Group, ...]:
    """The checks by client and family; the worst groups first, else in the order of the checks.

    The network comes first of its rank: what is wrong with it is wrong with the others.
    """
    rows: dict[str, list[Check]] = {}
    for check in checks:
        family, name = check.id.split(".")[:2]
        title = TITLES.get(name, name) if family == "client" else _FAMILIES.get(family, family)
        rows.setdefault(title, []).append(check)
    groups = (_Group(title, tuple(row)) for title, row in rows.items())
    return tuple(sorted(groups, key=lambda group: (_RANK[group.status], group.title != _FAMILIES["network"])))


def _problems(group: _Group, told: set[tuple[str | None, str | None]], repair: str) -> Iterator[str]:
    """The group's findings. `told` are causes with their fixes that need not be said a second time."""
    yield _styled(group.title, 1)
    if group.status == "warn" and (words := _in_order(group)):
        sign = _styled("ok  ", _COLOURS["ok"])
        yield f"  {sign}  {_wrapped(words, '', ' ' * 8).lstrip()}"
    rows: dict[tuple[object, ...], list[Check]] = {}  # those together that say the same of several places
    for check in group.problems:
        rows.setdefault((check.id, check.status, check.cause, check.fixable or check.fix), []).append(check)
    for row in rows.values():
        check = row[0]
        sign, titles = _styled(f"{check.status:4}", _COLOURS[check.status]), Counter(_about(group, one) for one in row)
        for title, times in [*titles.items()][:_SHOWN]:
            counted = f"{title} ({times} times)" if times > 1 else title
            yield f"  {sign}  {_wrapped(counted, '', ' ' * 8).lstrip()}"
        if len(titles) > _SHOWN:
            yield f"{' ' * 8}and {len(titles) - _SHOWN} more, which `--json` names"
        shared = check._replace(fix=repair) if len(row) > 1 and check.fixable else check
        known = (shared.cause, shared.fix) in told
        told.add((shared.cause, shared.fix))
        if known:
            yield " " * 8 + "the same as above"
        if shared.cause and not known:
            yield _wrapped(shared.cause, " " * 8, " " * 8)
        if shared.fix and not known:
            yield _wrapped(shared.fix, " " * 8 + "fix: ", " " * 13, colour=36)
        yield _styled(f"{' ' * 8}({check.id})", 2)
    yield ""


def _about(group: _Group, check: Check) -> str:
    """The check's title, without the client's name that stands above it."""
    return check.title.removeprefix(f"{group.title}: ").removeprefix(f"{group.title} ")


def _line(group: _Group, width: int) -> str:
    """A healthy group in a few words."""
    passed = sum(check.status == "ok" for check in group.checks)
    reason = next((check.cause for check in group.checks if check.cause), "nothing to check")
    words = _in_order(group) or (f"{_counted(passed, 'check')} passed" if passed else reason)
    sign = _styled(f"{'ok' if group.status == 'ok' else '-':4}", _COLOURS[group.status])
    return f"{sign}  {_wrapped(f'{group.title:{width}}  {words}', ' ' * 6, ' ' * (width + 8)).lstrip()}"


def _in_order(group: _Group) -> str:
    """What of a group is in order and worth a word; empty where nothing is."""
    passed = [check for check in group.checks if check.status == "ok"]
    telling = [check for part in _TELLING for check in passed if check.id.endswith(f".{part}")]
    return ", ".join(dict.fromkeys(_said(group, check) for check in telling))


def _said(group: _Group, check: Check) -> str:
    """What a check tells of a healthy group; of a connection what came through it, in as few words as fit a line."""
    if check.id.endswith(".connection"):
        return check.title.partition(": ")[2].replace("about ", "~")
    if check.id == "install.version":
        return check.title.partition(" at ")[0]
    if check.id in {"network.api", "network.hosted"}:
        return f"{check.data['host']} {check.data['milliseconds']:,} ms"
    return _about(group, check).removeprefix("has PostHog as ")


def _last_words(checks: Sequence[Check], options: DoctorOptions, repair: str, *, tried: bool) -> Iterator[str]:
    """What to do next."""
    found = [check for check in checks if check.status in {"fail", "warn"}]
    if not found:
        offline = ", as far as can be seen offline" if options.offline else ""
        yield _styled(f"Everything is in order{offline}.", 32)
        return
    fails = sum(1 for check in found if check.status == "fail")
    numbers = ((fails, "problem"), (len(found) - fails, "warning"))
    counted = [_counted(number, word) for number, word in numbers if number]
    yield _styled(f"{' and '.join(counted)}.", 31 if fails else 33)
    mendable = sum(1 for check in found if check.fixable)
    first = min(found, key=_urgency)
    rest = min((check for check in found if not check.fixable), key=_urgency, default=None)
    if mendable and tried:
        yield "Next: see above what `--fix` could not write, fix that, and run it again."
    elif mendable:
        many = ("it" if len(found) == 1 else "all of them") if rest is None else f"{mendable} of them"
        yield f"Next: {repair} repairs {many}."
        if rest is not None and rest.status == "fail" and rest.fix:
            yield _wrapped(f"Then: {rest.fix}", "", "      ")
    elif first.fix:
        yield _wrapped(f"Next: {first.fix}", "", "      ")


def _urgency(check: Check) -> tuple[int, bool]:
    """Failures first, and among them the network: what is wrong with it is wrong with the others."""
    return _RANK[check.status], not check.id.startswith("network.")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _wrapped(text: str, first: str, rest: str, colour: int | None = None) -> str:
    """The text in lines of the terminal's width; no line ends within a command."""
    width = max(40, min(this_run().columns, 100))
    shown = output.wrapped(text, width, first, rest)
    return _styled(shown, colour) if colour is not None else shown


def _styled(text: str, colour: int) -> str:
    return output.styled(text, colour, this_run().stdout)
