"""The program itself: where it is, its Python, its state directory, and the programs that entries start."""

import errno
import os
import shlex
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from posthog_wizard import __version__
from posthog_wizard.clients.recognise import is_our_program
from posthog_wizard.doctor.check import Check, Repair, add_command, finding, remove_command
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.context import Context, Entry
from posthog_wizard.errors import WriteRefused
from posthog_wizard.install import files, journal
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.history import read_history
from posthog_wizard.installer import WITH_NEWER_PYTHON, this_installer
from posthog_wizard.launcher import launcher_problem, short_lived, why_broken
from posthog_wizard.model import Stdio
from posthog_wizard.own_files import refusal_hint

_OLDEST = (3, 11)  # `requires-python` in pyproject.toml


def check_version(context: Context) -> Iterator[Check]:
    """Our version, and whether this program will be here tomorrow."""
    launcher, broken, by = context.machine.launcher, why_broken(context.machine.launcher[0]), this_installer()
    title = f"posthog-wizard {__version__} ({by.way}) at {launcher[0]}"
    data = {"version": __version__, "launcher": list(launcher), "installer": by.way}
    problem = launcher_problem(context.machine)
    if broken is not None:
        yield finding("fail", title, broken, f"install it again: {by.lasting}", data=data)
    elif problem is not None:
        yield finding("warn", title, problem, f"install it permanently: {by.lasting}", data=data)
    else:
        yield finding("ok", title, data=data)


def check_python(context: Context) -> Iterator[Check]:
    """Whether this Python is one that we support."""
    number, oldest = (".".join(map(str, version)) for version in (context.python[:2], _OLDEST))
    title, data = f"Python {number}", {"python": number}
    if context.python[:2] < _OLDEST:
        cause = f"posthog-wizard needs Python {oldest} or later"
        yield finding("fail", title, cause, f"install it with a newer Python: {WITH_NEWER_PYTHON}", data=data)
    else:
        yield finding("ok", title, data=data)


def check_state(context: Context) -> Iterator[Check]:
    """Whether the journal, without which nothing can be changed or undone, can be read and written."""
    folder = context.machine.state_directory
    title, data = "state directory", {"path": str(folder)}
    nearest = next(path for path in (journal.folder(context.machine), *folder.parents) if os.path.lexists(path))
    if folder.exists() and not folder.is_dir():
        move = f"move it away: `mv {shlex.quote(str(folder))} {shlex.quote(f'{folder}.old')}`"
        yield finding("fail", title, f"`{folder}` is not a folder", move, data=data)
        return
    history = read_history(context.machine, this_disk())  # raises Unreadable, which says what to do
    if not this_disk().may_write(nearest, nearest.stat()):
        mode = f"chmod u+rwx {shlex.quote(str(nearest))}"
        foreign = os.name == "posix" and os.geteuid() not in {0, nearest.stat().st_uid}  # only its owner may do that
        number = errno.EROFS if this_disk().is_read_only(nearest) else errno.EACCES
        helps = refusal_hint(OSError(number, ""), nearest) if foreign or number == errno.EROFS else None

        def make_writable() -> None:
            with files.system_errors(nearest, WriteRefused, "change the mode of"):
                this_disk().chmod(nearest, 0o700)

        inside = nearest.is_relative_to(folder) and helps is None
        repair = Repair(None, mode, prepare=make_writable) if inside else None
        yield finding("fail", title, f"`{nearest}` cannot be written to", helps or f"`{mode}`", repair, data)
    elif history.unread:
        told = "; ".join(f"{problem}" for problem in history.unread)
        cause = f"{len(history.unread)} of the journal's files cannot be read, so `mcp undo` stops there: {told}"
        yield finding("warn", title, cause, history.unread[-1].hint, data=data)
    else:
        yield finding("ok", title, data=data)


def check_programs(context: Context) -> Iterator[Check]:
    """Whether the programs that our entries start still exist; and whether there is an entry at all."""
    if not context.our_entries:
        yield _nothing(context)
        return
    programs = [entry for entry in context.trusted if isinstance(entry.server, Stdio)]
    starting = [entry for entry in programs if is_our_program(entry.fields.words)]
    findings = [check for entry in starting for check in _entry(entry, context)]
    many = f"{len(starting)} {'entry starts' if len(starting) == 1 else 'entries start'} posthog-wizard"
    yield from findings or [finding("ok", many if starting else "no entry starts a program of ours")]


def _nothing(context: Context) -> Check:
    title = "PostHog in a client"
    if context.options.named:
        return finding("skip", title, "the named clients have none")
    if not any(found.detected for found in context.found):
        fix = "`posthog-wizard mcp print CLIENT` prints an entry to paste"
        return finding("warn", title, "no AI client was found here", fix)
    if context.problems:
        return finding("skip", title, "a client's file cannot be read")
    return finding("warn", title, "no client has PostHog", "`posthog-wizard mcp add`")


def _entry(entry: Entry, context: Context) -> Iterator[Check]:
    program = entry.fields.words[0]
    if not is_absolute(program):
        return  # looked for on the PATH, see `client.*.command`
    title = f"{entry.client.title} starts {program}"
    repair = entry_repairs.rewrite_entry(entry, context)
    here = why_broken(context.machine.launcher[0]) is None and launcher_problem(context.machine) is None
    otherwise = add_command(entry) if here else install_again(entry)
    if (cause := why_broken(program)) is not None:
        yield finding("fail", title, cause, otherwise, repair, entry.where)
    elif here and (where := short_lived(program, context.machine)):
        cause = f"that program is in {where} and will be cleaned away"
        yield finding("warn", title, cause, otherwise, repair, entry.where)


def install_again(entry: Entry) -> str:
    """What helps an entry whose program is gone, where this one cannot take its place."""
    return f"install it again: {this_installer().lasting}, or take the entry out: {remove_command(entry)}"


def is_absolute(program: str) -> bool:
    """Whether a command is a path from the root, of this or of Windows' kind."""
    return Path(program).is_absolute() or PureWindowsPath(program).is_absolute()
