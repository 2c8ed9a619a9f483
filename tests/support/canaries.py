"""What an attack wants to reach: a program, a server and secrets, each of which tells when it is reached.

with Canaries(tmp_path) as canaries:
    canaries.plant(lambda client: {"command": canaries.program("bin/posthog-wizard"), ...})
    result = canaries.run("mcp", "doctor", "--scope", "project", "--json")
assert canaries.sung == []

A home in which clients are installed and a stranger's repository lie below `root`. A test should also hold what the
program said, or it would pass with a program that does nothing.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

from tests.support.commands import launcher
from tests.support.homes import PROJECT_FILES, home, spelled
from tests.support.leaks import leaks
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY, Result, files, in_process, started, surroundings

SECRET = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYcanaryKEY"  # of another service, in the user's environment
STORED = OTHER_KEY  # in the user's store, for PostHog Cloud
SECRETS = (KEY, STORED, SECRET)
VARIABLES = {"AWS_SECRET_ACCESS_KEY": SECRET, "POSTHOG_PERSONAL_API_KEY": KEY}
MARKS = "canaries"  # the file below root in which programs write that they ran
DEAD_PROXY = "http://127.0.0.1:9"  # nothing of a test leaves this computer


class Listener:
    """A server on loopback that keeps whatever it is sent, and answers nothing that makes sense."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.heard: list[bytes] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen."""
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, suppress(OSError):
                    connection.settimeout(0.5)
                    self.heard.append(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _as_read(client: str, entry: Any) -> Any:
    """The entry with its headers where the client reads them, or they would be no attack."""
    own = {"headers": "http_headers"} if client == "codex" else {}
    return {own.get(name, name): value for name, value in entry.items()} if isinstance(entry, dict) else entry


class Canaries:
    """A home, a stranger's repository in it, and the canaries."""

    def __init__(self, root: Path) -> None:
        self.root, self.server = root, Listener()
        self.home = home(root, *PROJECT_FILES)
        self.home.chmod(0o700)
        self.repository = self.home / "project"
        (self.repository / ".git").mkdir(parents=True)
        (self.home / ".bin").mkdir()
        self.said = b""
        self._importable = False

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    # ---------------------------------------------------------------- what can be reached

    def program(self, name: str) -> str:
        """A program of the repository's that sings; its path."""
        path = self.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "{name} ran" >> "{self.root / MARKS}"\n')
        path.chmod(0o755)
        return str(path)

    def python(self, name: str) -> str:
        """A module of the repository's that sings when Python imports it; its folder."""
        self._importable = True
        path = self.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'open({str(self.root / MARKS)!r}, "a").write("{name} was imported\\n")\n')
        return str(path.parent)

    def settings(self, folder: str) -> str:
        """A configuration folder of the repository's with a profile whose key is a program that sings."""
        path = self.repository / folder / "posthog-wizard/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        program = self.program("key-program")
        path.write_text(f'[profiles.default]\nhost = "{self.server.url}"\nkey = "command:{program}"\n')
        return str(self.repository / folder)

    def profile(self, host: str, name: str = "default", key: str = STORED) -> None:
        """A profile of the user's own, its key in the key file."""
        folder = self.home / ".config/posthog-wizard"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "config.toml").open("a") as file:
            file.write(f'[profiles.{name}]\nhost = "{host}"\nkey = "file-store:{name}"\n')
        keys = folder / "keys.json"
        known = json.loads(keys.read_text())["keys"] if keys.exists() else {}
        keys.touch(mode=0o600)
        keys.write_text(json.dumps({"version": 1, "keys": {**known, name: {"host": host, "key": key}}}))

    # ---------------------------------------------------------------- what is done

    def plant(self, entry: Callable[[str], Any], *clients: str, name: str = "posthog") -> None:
        """The entry in the repository's files of these clients, of all by default."""
        for client in clients or PROJECT_FILES:
            path = self.repository / PROJECT_FILES[client]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(spelled(client, {name: _as_read(client, entry(client))}))

    def plant_all(self, entries: dict[str, Any]) -> None:
        """All these entries, by name, in the repository's files of all clients."""
        for client in PROJECT_FILES:
            path = self.repository / PROJECT_FILES[client]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(spelled(client, {name: _as_read(client, entry) for name, entry in entries.items()}))

    def run(self, *arguments: str, folder: Path | None = None, stdin: str | None = None, **environment: Any) -> Result:
        """The program in the repository, with the user's secrets in its environment.

        In a process of its own where Python could import what the repository holds, as the console program, since
        `python -m` would import that.
        """
        given = surroundings(self.home, {**VARIABLES, "HTTPS_PROXY": DEAD_PROXY, **environment})
        way = partial(started, words=launcher()) if self._importable else in_process
        code, out, err = way(arguments, (stdin or "").encode(), folder or self.repository, given)
        self.said += out + err
        return Result(code, out.decode(), err.decode())

    def doctor(self, *arguments: str, **environment: Any) -> dict[str, Any]:
        """`mcp doctor --scope project --json ARGUMENTS`: its checks, the last of each id."""
        result = self.run("mcp", "doctor", "--scope", "project", "--json", *arguments, **environment)
        return {row["id"]: row for row in result.document["checks"]}

    # ---------------------------------------------------------------- what became of it

    @property
    def sung(self) -> list[str]:
        """What was reached: programs that ran, what the server heard, secrets in what was said, sent or written."""
        marks = self.root / MARKS
        ran = marks.read_text().splitlines() if marks.exists() else []
        heard = [f"the server heard {line[:200]!r}" for line in self.server.heard]
        return [*ran, *heard, *self.leaked]

    @property
    def leaked(self) -> list[str]:
        """How a secret got out."""
        in_files = [f"{path}: {how}" for path in files(self.repository) for how in leaks(path.read_bytes(), SECRETS)]
        return [*leaks(self.said + b"".join(self.server.heard), SECRETS), *(f for f in in_files if "project/" in f)]
