"""Programs that a client would start in place of ours, each with one fault; all write down their process ids.

`install(folder, "hung")` gives the path of one that is called `posthog-wizard`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PIDS = "pids"  # the file in the folder of the program
KEY_VARIABLE = "POSTHOG_AUTH_HEADER"
DYING = 2.0  # seconds
LONG = 120  # seconds that a fault lasts, unless it is ended
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "fake", "version": "1"}}
TOOL = {"name": "say-hello", "inputSchema": {"type": "object"}}
SLEEP = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(120)"


def install(folder: Path, fault: str) -> str:
    """The program's path."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "posthog-wizard"
    lines = [f"#!{sys.executable} -I", "import sys", f"sys.path.insert(0, {str(ROOT)!r})"]
    lines += ["from tests.support.stdio_fakes import run", f"run({fault!r}, {str(folder / PIDS)!r})"]
    program.write_text("\n".join(lines) + "\n")
    program.chmod(0o755)
    return str(program)


def survivors(folder: Path) -> list[int]:
    """The processes that were started and still run. A zombie waits for its parent, and runs no more.

    Who was killed ends when the system comes to it, which on a busy machine takes its time.
    """
    file, end = folder / PIDS, time.monotonic() + DYING
    pids = [int(pid) for pid in file.read_text().split()] if file.exists() else []
    while (found := [pid for pid in pids if _runs(pid)]) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def started(folder: Path) -> int:
    """How many there were."""
    file = folder / PIDS
    return len(file.read_text().split()) if file.exists() else 0


def _runs(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


# ------------------------------------------------------------------ inside the program


class Fake:
    """One running program."""

    def __init__(self, pids: str) -> None:
        self.pids = pids

    def hear(self) -> Iterator[Any]:
        """Messages of the client, until it leaves."""
        for line in sys.stdin:
            yield json.loads(line)

    def say(self, content: object) -> None:
        """A line."""
        sys.stdout.write((content if isinstance(content, str) else json.dumps(content)) + "\n")
        sys.stdout.flush()

    def answer(self, message: Any, result: object) -> None:
        """The answer to a request."""
        self.say({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def refuse(self, message: Any, text: str, code: int = -32000) -> None:
        """An error in place of the answer."""
        self.say({"jsonrpc": "2.0", "id": message["id"], "error": {"code": code, "message": text}})

    def serve(self, listed: Callable[[Any], object] = lambda _: {"tools": [TOOL]}) -> None:
        """Do what a server does."""
        for message in self.hear():
            if message.get("method") == "initialize":
                self.answer(message, HELLO)
            elif message.get("method") == "tools/list":
                self.answer(message, listed(message["params"]))

    def refusing(self, method: str, text: str, code: int = -32000) -> None:
        """Answer that method with an error."""
        for message in self.hear():
            if message.get("method") == method:
                self.refuse(message, text, code)
            elif "id" in message:
                self.answer(message, HELLO)

    def child(self, **how: Any) -> None:
        """Start something that stays, and wait until it does."""
        known = Path(self.pids).read_text()
        subprocess.Popen([sys.executable, "-c", SLEEP, self.pids], **how)
        while Path(self.pids).read_text() == known:
            time.sleep(0.01)


def healthy(fake: Fake) -> None:
    fake.serve()


READ_ONLY = {"readOnlyHint": True}


def called(fake: Fake, answers: dict[str, object], tools: list[Any]) -> None:
    """Tools, and what a call of each gives; a call that was not to be made ends the program."""
    for message in fake.hear():
        asked = message.get("params", {}).get("name")
        if message.get("method") == "tools/call":
            fake.answer(message, answers[asked])
        elif "id" in message:
            fake.answer(message, {**HELLO, "tools": tools})


def tool(name: str, *required: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "inputSchema": {"type": "object", "required": list(required)}, **more}


def said(text: str, *, failed: bool = False) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": failed}


def gives_data(fake: Fake) -> None:
    """One of four tools may be called, and gives data."""
    marks = {"annotations": READ_ONLY}
    tools = [tool("delete", annotations={"readOnlyHint": False}), tool("unmarked"), tool("search", "query", **marks)]
    called(fake, {"list": said("data")}, [*tools, tool("list", **marks)])


def lacks_a_scope(fake: Fake) -> None:
    """The first tool needs a scope that the key lacks, the second does not."""
    tools = [tool(name, annotations=READ_ONLY) for name in ("first", "second", "third")]
    called(fake, {"first": said("Error: the key lacks the scope `a:read`", failed=True), "second": said("data")}, tools)


def gives_none(fake: Fake) -> None:
    """Its call fails."""
    called(fake, {"list": said("Error: not today\nHint: tomorrow", failed=True)}, [tool("list", annotations=READ_ONLY)])


def error_and_hint(fake: Fake) -> None:
    """It says what is wrong, and then what to do."""
    sys.stderr.write("error: there is no feature `flag`\nhint: Did you mean `flags`?\n")
    sys.exit(2)


def hint_and_errors(fake: Fake) -> None:
    """Two things are wrong, each with its own way out."""
    sys.stderr.write("error: no `a`\nhint: take `aa`\nerror: no `b`\nhint: take `bb`\n")
    sys.exit(2)


def npm_error(fake: Fake) -> None:
    """As npm ends, with where to read more in its last line."""
    sys.stderr.write("npm error code E404\nnpm error 404 Not Found\nnpm error A complete log of this run is in: x\n")
    sys.exit(1)


def pages(fake: Fake) -> None:
    """Three pages."""
    following: dict[Any, str | None] = {None: "b", "b": "c", "c": None}
    fake.serve(lambda asked: {"tools": [TOOL], "nextCursor": following[asked.get("cursor")]})


def endless_pages(fake: Fake) -> None:
    fake.serve(lambda _: {"tools": [TOOL], "nextCursor": "more"})


def asks_back(fake: Fake) -> None:
    """It wants to know something of the client before it answers."""
    for message in fake.hear():
        if "method" in message and "id" in message:
            fake.say({"jsonrpc": "2.0", "id": "mine", "method": "ping"})
            fake.say({"jsonrpc": "2.0", "id": "roots", "method": "roots/list"})
            fake.say({"jsonrpc": "2.0", "method": "notifications/message", "params": {}})
            back = [json.loads(sys.stdin.readline()) for _ in range(2)]
            assert (back[0]["result"], back[1]["error"]["code"]) == ({}, -32601)
            fake.answer(message, HELLO if message["method"] == "initialize" else {"tools": [TOOL]})


def no_tools(fake: Fake) -> None:
    fake.refusing("tools/list", "Method not found", -32601)


def noisy(fake: Fake) -> None:
    """It works, but says something that is no message, and something that is no object."""
    fake.say("Welcome! " + os.environ[KEY_VARIABLE])
    fake.say("")
    fake.say("[1, 2]")
    fake.serve()


def odd(fake: Fake) -> None:
    """Before each answer comes one for an id that only resembles it, and half a character."""
    for message in fake.hear():
        if "id" in message:
            fake.say({"jsonrpc": "2.0", "id": message["id"] == 1, "result": 1})
            fake.answer(message, HELLO | {"serverInfo": {"name": "\ud83d"}, "tools": [TOOL]})


def flooding(fake: Fake) -> None:
    """Messages without end, and no answer: as fast as they can be written."""
    some = b'{"jsonrpc":"2.0","method":"notifications/message","params":[' + b"0," * 30_000 + b"0]}\n"
    while fake.pids:
        os.write(1, some)


def asking_without_end(fake: Fake) -> None:
    """Questions as fast as they can be written, and no look at the answers."""
    while fake.pids:
        os.write(1, b'{"jsonrpc":"2.0","id":7,"method":"ping"}\n' * 100)


def slow(fake: Fake) -> None:
    time.sleep(1.5)
    fake.serve()


def chatty(fake: Fake) -> None:
    """A megabyte of talk on stderr, which must not block it."""
    sys.stderr.write("a line of talk\n" * 70_000)
    fake.serve()


def hung(fake: Fake) -> None:
    time.sleep(LONG)


def hung_later(fake: Fake) -> None:
    for message in fake.hear():
        if message["method"] == "initialize":
            fake.answer(message, HELLO)


def stubborn(fake: Fake) -> None:
    """It ignores that it shall end, and so do its children, one of them in a session of its own."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    fake.child()
    fake.child(start_new_session=True)
    time.sleep(LONG)


def leaves_children(fake: Fake) -> None:
    """It ends as it should, but not what it started."""
    fake.child()
    fake.child(process_group=0)
    fake.serve()


def noise_and_silence(fake: Fake) -> None:
    fake.say("Listening on port 3000")
    time.sleep(LONG)


def crash(fake: Fake) -> None:
    sys.stderr.write(f"Traceback:\n  \x1b[31mno such key: {os.environ[KEY_VARIABLE]}\x1b[0m\n\n")
    sys.exit(3)


def crash_on_stdout(fake: Fake) -> None:
    fake.say("usage: posthog-wizard [OPTIONS]")
    sys.exit(2)


def crash_later(fake: Fake) -> None:
    fake.answer(next(fake.hear()), HELLO)
    sys.exit(0)


def killed(fake: Fake) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def closes_stdout(fake: Fake) -> None:
    os.close(1)
    os.close(2)
    time.sleep(LONG)


def half_a_message(fake: Fake) -> None:
    sys.stdout.write('{"jsonrpc": "2.0", "id": 1, ')
    sys.stdout.flush()
    sys.exit(0)


def error(fake: Fake) -> None:
    fake.refusing("initialize", f"cannot start with {os.environ[KEY_VARIABLE]}")


def unauthorized(fake: Fake) -> None:
    fake.refusing("initialize", "`https://mcp.example.com` rejected the key (status 401)")


def no_result(fake: Fake) -> None:
    fake.say({"jsonrpc": "2.0", "id": next(fake.hear())["id"]})
    time.sleep(LONG)


def strange_tools(fake: Fake) -> None:
    fake.serve(lambda _: {"tools": {"say-hello": {}}})


def run(fault: str, pids: str) -> None:
    """Be that program."""
    with Path(pids).open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    globals()[fault](Fake(pids))
