"""Quick starts: how PostHog gets into a framework, one Markdown file each in `quick_starts/`.

`@HOST@` is the address that events go to, `@BASE@` PostHog's own; a line `@_name@` stands for the file of that name.
"""

import difflib
import re
from pathlib import Path

from posthog_wizard.api.hosts import CLOUD, ingestion_host, region_of
from posthog_wizard.errors import NotFound

_MOST = 100  # values of a completion: the specification's
_FOLDER = Path(__file__).parent / "quick_starts"
_SHARED = re.compile(r"^@(_\w+)@$", re.MULTILINE)
_REAL_HOST = (
    "> This server is a sandbox, which takes no events: {host} below is that of PostHog Cloud US, use your project's.\n"
)
QUICKSTARTS: tuple[str, ...] = tuple(sorted(file.stem for file in _FOLDER.glob("[!_]*.md")))
# Names without spaces and marks; those of the files are known by themselves, with `js` behind and without, and with a version.
_CALLED = {
    "android": "jetpackcompose kotlin",
    "cloudflare-workers": "cloudflare cloudflarepages workers",
    "dotnet": "aspnet aspnetcore blazor c# csharp net",
    "elixir": "phoenix",
    "express": "nestjs",
    "fastapi": "litestar starlette",
    "flutter": "dart",
    "go": "echo fiber golang gin",
    "ios": "macos swift swiftui",
    "java": "ktor spring springboot",
    "next-js": "nextjsapprouter nextjspagesrouter",
    "node": "bun deno fastify hapi koa",
    "php": "symfony",
    "python": "aiohttp bottle quart sanic streamlit tornado",
    "rails": "ror rubyonrails",
    "react": "cra createreactapp",
    "react-native": "expo exporouter reactnativecli",
    "react-router": "reactrouterdom remix remixrun",
    "ruby": "sinatra",
    "rust": "actix axum",
    "svelte": "sveltekit",
    "tanstack-start": "reacttanstackstart tanstack",
    "web": "browser electron htmx html javascript jquery js ts typescript vite",
}
SYNONYMS = {word: name for name, words in _CALLED.items() for word in words.split()}


def quickstart_named(framework: str) -> str | None:
    """The name of the quick start that people mean by a framework's name, however they spell it."""
    squashed = _squashed(framework)
    versionless = re.sub(r"(?<=[a-z])[v\d]+$", "", squashed)
    candidates = [
        form for name in (squashed, versionless) if name for form in (name, f"{name}js", name.removesuffix("js"))
    ]
    return next((_NAMES[name] for name in candidates if name in _NAMES), None)


def completions(argument: str, typed: str) -> list[str]:
    """What an argument of a prompt or a template may be, by what was typed of it; first the values that begin with it."""
    if argument != "framework":
        return []
    text, meant = typed.lower(), quickstart_named(typed)
    fitting = [key for key in QUICKSTARTS if text in key or key == meant]
    return sorted(fitting, key=lambda key: (not key.startswith(text), key))[:_MOST]


def quickstart(framework: str, base: str) -> str:
    """The quick start as Markdown, for a PostHog at `base`. Raises NotFound."""
    name = quickstart_named(framework)
    if name is None:
        near = difflib.get_close_matches(_squashed(framework), _NAMES, n=1)
        hint = f"Did you mean {_NAMES[near[0]]}? " if near else ""
        raise NotFound(f"there is no quick start for `{framework[:100]}`", f"{hint}There are {', '.join(QUICKSTARTS)}")
    sandboxed = region_of(base) == "sandbox"
    app = CLOUD["us"] if sandboxed else base
    text = _SHARED.sub(lambda found: _text(found[1]), _text(name))
    title, rest = text.split("\n", 1)
    host = ingestion_host(app)
    note = "\n" + _REAL_HOST.format(host=host) if sandboxed else ""
    return f"{title}\n{note}{rest.replace('@HOST@', host).replace('@BASE@', app)}"


def _text(name: str) -> str:
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8").rstrip("\n") + ("" if name.startswith("_") else "\n")


def _squashed(name: str) -> str:
    return re.sub(r"[^a-z0-9#]", "", name.lower())


_NAMES = SYNONYMS | {_squashed(name): name for name in QUICKSTARTS}
