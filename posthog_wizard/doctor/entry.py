"""Our entry: is it there, is it of today, did somebody change it or switch it off?"""

from __future__ import annotations

from collections.abc import Iterator

from posthog_wizard.clients.entries import address
from posthog_wizard.clients.recognise import is_legacy, is_our_program, recognise
from posthog_wizard.doctor import rewrite
from posthog_wizard.doctor.again import add_again, add_to
from posthog_wizard.doctor.check import Check, Status, advice
from posthog_wizard.doctor.install import is_absolute, is_short_lived, why_broken
from posthog_wizard.doctor.patient import NAME, Entry, Patient
from posthog_wizard.documents import jsonc
from posthog_wizard.install.history import Record, Run
from posthog_wizard.install.veil import VEILED
from posthog_wizard.model import RELAXED, Client, Edit, Found, Json, Stdio
from posthog_wizard.plan.twins import destination

HOSTED = "hosted"  # stands for every address of PostHog's own server


def entry(patient: Patient, client: Client) -> Iterator[Check]:
    """The state of PostHog's entries in each of the client's files."""
    for found in patient.places(client):
        if found.path not in patient.problems:
            ours = [one for one in patient.our_entries if one.found is found and one.is_posthog]
            yield from (_state(one, patient) for one in ours) if ours else (_missing(found, patient),)


def enabled(patient: Patient, client: Client) -> Iterator[Check]:
    """Whether the user has switched the entry off in the client."""
    check_id = f"client.{client.id}.enabled"
    for one in patient.of(client):
        if one.switched_off:
            cause = f"the entry `{one.name}` is switched off"
            yield Check(
                check_id,
                "warn",
                f"{client.title}: `{one.name}`",
                cause,
                f"switch it on in {client.title}'s settings",
                data=one.where,
            )
        else:
            yield Check(check_id, "ok", f"`{one.name}` is switched on", data=one.where)


def _state(one: Entry, patient: Patient) -> Check:
    check_id, title = f"client.{one.client.id}.entry", f"{one.client.title} has PostHog as `{one.name}`"
    repair = rewrite.renew(one, patient)
    mended = advice(repair, add_again(one))
    written = _last_written(one, patient)
    data = {**one.where, "changed": written is not None and _value(written) != one.value}
    if is_legacy(one.value):
        cause = "it reaches PostHog in an old way (`mcp-remote` or `/sse`), which is slower and no longer documented"
        return Check(check_id, "warn", title, cause, mended, repair, data)
    if written is not None and _leads_elsewhere(_value(written), one.value):
        cause = f"somebody changed it since `mcp add` wrote it: it leads to {_shown(one.value)} now"
        back = f"if that was not you, write it again: {add_again(one, value=_value(written))}"
        return Check(check_id, "warn", title, cause, back, data=data)
    if _is_of_another_installation(one, patient):
        cause = (
            "it names a path of this machine, which means nothing to others who open the project"
            if one.found.place.scope == "project"
            else f"it starts another installation of posthog-wizard than this one ({patient.machine.launcher[0]})"
        )
        return Check(check_id, "warn", title, cause, mended, repair, data)
    return Check(check_id, "ok", title, data=data)


def _missing(found: Found, patient: Patient) -> Check:
    check_id, client = f"client.{found.client.id}.entry", found.client
    title = f"{client.title}: its PostHog entry"
    data = {"path": str(found.path), "scope": found.place.scope}
    add = add_to(found)
    if any(one.found is found and one.name == NAME for one in patient.entries):
        cause = f"the entry `{NAME}` is not PostHog's"
        return Check(
            check_id,
            "warn",
            title,
            cause,
            f"{add[:-1]} --name posthog-mcp`, or take the name with `--force`",
            data=data,
        )
    lost = _lost(found, patient)
    if lost is not None:
        change_id, name, value = lost
        cause = f"the entry that change {change_id} wrote is gone: another program dropped it, or somebody took it out by hand"
        scrubbed = VEILED in str(value)  # its key is in a store since, and the journal has it no more
        repair = None if scrubbed else rewrite.place(found, name, value, f"put the entry `{name}` back")
        return Check(
            check_id,
            "warn",
            title,
            cause,
            f"put it back: {advice(repair, add)}; on purpose: `posthog-wizard mcp undo {change_id} --client {client.id}`",
            repair,
            data,
        )
    elsewhere = any(one.is_posthog for one in patient.of(client))
    status: Status = "fail" if patient.options.named and not elsewhere else "skip"
    return Check(check_id, status, title, "it has no PostHog entry", add, data=data)


def _lost(found: Found, patient: Patient) -> tuple[str, str, Json] | None:
    """A PostHog entry that our last word on it put into this file and that is no more: the run, its name, its value."""
    settled = {entry.name for entry in patient.entries if entry.found is found}
    for run, record, edit in _edits(found, patient):
        name = edit.keys[-1]
        put = edit.after is not None and not run.undoes and not patient.history().taken_back(run, record)
        value = _parsed(edit.after) if put and edit.after is not None and name not in settled else None
        settled.add(name)
        if recognise(value) not in {None, "installation"}:
            return run.change_id, name, value
    return None


def _edits(found: Found, patient: Patient) -> Iterator[tuple[Run, Record, Edit]]:
    """What runs of ours did to the entries of this file, latest first."""
    for run in reversed(patient.history().runs):
        for record in reversed(run.records):
            if record.path == found.path and record.written is not False:
                yield from (
                    (run, record, one) for one in reversed(record.edits) if one.keys[:-1] == found.place.container
                )


def _last_written(one: Entry, patient: Patient) -> bytes | None:
    """What our last run that touched this entry wrote there; None when that run took it out, or there was none."""
    return next((edit.after for _, _, edit in _edits(one.found, patient) if edit.keys[-1] == one.name), None)


def _value(raw: bytes | None) -> Json:
    return None if raw is None else _parsed(raw)


def _parsed(raw: bytes) -> Json:
    return jsonc.parse(b'{"value":' + raw + b"}", RELAXED).get(("value",))


def _leads_elsewhere(before: Json, now: Json) -> bool:
    """Whether the entry's server is another one; limits aside, which people set by hand."""
    return bool(_server(before) != _server(now))


def _shown(value: Json) -> str:
    url, host = _server(value)[0], _server(value)[-1]
    if url == HOSTED:
        return "PostHog's hosted server"
    return f"`{url or host}`" if url or host else "another server"


def _server(value: Json) -> tuple[str | None, ...]:
    """The hosted server, however it is reached; else an address or the host of our own server."""
    words = [word for word in value.get("args") or () if isinstance(word, str)]
    url = address(value) or next((word for word in words if "://" in word and "--host" not in words), "")
    if recognise(value) == "hosted" or (not url and "bridge" in words):
        return (HOSTED,)
    return (url.partition("?")[0].rstrip("/"), destination(value)[0])


def _is_of_another_installation(one: Entry, patient: Patient) -> bool:
    """Whether it starts a posthog-wizard that is there, but is not this one."""
    server, launcher = one.server, rewrite.steady_launcher(patient, one.found)
    if not isinstance(server, Stdio) or launcher is None:
        return False
    words = (server.command, *server.arguments)
    if one.doubt is not None and words[: len(patient.machine.launcher)] != patient.machine.launcher:
        return False  # nobody looks at a path that a stranger names
    ours = is_our_program(list(words)) and is_absolute(server.command) and why_broken(server.command) is None
    return ours and not is_short_lived(server.command, patient.machine) and words[: len(launcher)] != launcher
