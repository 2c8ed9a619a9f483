"""Keys that others keep: an environment variable, a file, the output of a command such as `op read` or `pass show`."""

import codecs
import os
import re
from collections.abc import Mapping
from pathlib import Path

from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import NoStoredKey, StoreUnusable
from posthog_wizard.machine import absolute_folders
from posthog_wizard.model import Machine, Secret

_COMMAND_LIMIT = 10.0  # seconds
_LARGEST = 64 * 1024  # bytes of a key file
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # how `>` begins a file in PowerShell 5
_TOKEN = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[\w+/=.~-]{16,}")  # what a command tells may quote what it read


def read_external(reference: KeyReference, machine: Machine, *, limit: float = _COMMAND_LIMIT) -> Secret:
    """The key that the reference leads to. A command has `limit` seconds. Raises NoStoredKey, StoreUnusable."""
    match reference.kind:
        case "env":
            text = machine.environment.get(reference.name, "")
        case "file":
            text = _file(reference_path(reference, machine))
        case _:
            text = _command(reference, machine, limit)
    if not text.strip():
        raise NoStoredKey(f"{reference_in_words(reference)} holds no key", "put it there, or refer to another place")
    return Secret(text.strip())


def reference_in_words(reference: KeyReference) -> str:
    """The place in words; of a command its program alone, for arguments may be private."""
    words: Mapping[str, str] = {
        "env": f"the environment variable `{reference.name}`",
        "file": f"the file `{reference.name}`",
        "command": f"the command `{reference.name.split()[0]} …`",
        "keyring": "the keyring",
        "file-store": "the key file",
    }
    return words[reference.kind]


def key_file_content(path: Path) -> bytes:
    """As much of a file as a key can take. Raises OSError."""
    with path.open("rb") as file:
        return file.read(_LARGEST)


def decode_key(content: bytes) -> str:
    """The text of a key, in UTF-8 or UTF-16, blanks around it aside; perhaps empty. Raises UnicodeDecodeError."""
    return content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig").strip()


def _file(path: Path) -> str:
    try:
        if not path.is_file():
            raise FileNotFoundError(2, "there is no such file")
        return decode_key(key_file_content(path))
    except (OSError, UnicodeDecodeError) as problem:
        cause = (problem.strerror or "").lower() if isinstance(problem, OSError) else "it is not text"
        raise StoreUnusable(
            f"the key file `{path}` cannot be read: {cause}", "check the path and its permissions"
        ) from problem


def reference_path(reference: KeyReference, machine: Machine) -> Path:
    """The path of a `file` reference, whole: `~/` is the home, and other paths begin in the current folder."""
    name = reference.name
    below_home = name.removeprefix("~/")
    return machine.home / below_home if below_home != name else machine.working_directory / name


def _command(reference: KeyReference, machine: Machine, limit: float) -> str:
    """The command's output. It is started without a shell, with nothing on its stdin, and ended after its time."""
    import subprocess  # noqa: PLC0415 - few keys come from a command

    told, path = reference_in_words(reference), machine.environment.get("PATH", os.defpath)
    try:
        done = subprocess.run(
            reference.arguments,
            env={**machine.environment, "PATH": absolute_folders(path, machine.os) or os.defpath},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        hint = "run it by hand: it may be waiting for a password"
        raise StoreUnusable(f"{told} gave no key in {limit:g} seconds", hint) from None
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise StoreUnusable(f"{told} cannot be started: {reason}", "install it, or give its full path") from problem
    if done.returncode:
        failed = f"{told} failed (exit code {done.returncode}){_complaint(done.stderr)}"
        raise StoreUnusable(failed, "run it by hand to see what it wants")
    try:
        return decode_key(done.stdout)
    except UnicodeDecodeError:  # without its cause, which holds the output
        raise StoreUnusable(f"what {told} gave is not text", "let it print the key, and nothing else") from None


def _complaint(stderr: bytes) -> str:
    """The first line of what it told, with what might be a key masked."""
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    if not lines:
        return ""
    # So many characters that the pattern, which looks ahead from every one, costs little.
    first = "".join(character for character in lines[0][:1000] if character.isprintable())
    return f": {_TOKEN.sub(lambda word: Secret(word[0]).masked(), first)[:200]}"
