"""Quick starts: how PostHog gets into a framework. Own snippets; names are those of PostHog's public SDKs."""

from __future__ import annotations

from dataclasses import dataclass

from posthog_wizard.api.hosts import ingestion_host
from posthog_wizard.errors import NotFound

_DOCS = "https://posthog.com/docs/libraries"


@dataclass(frozen=True)
class _Quickstart:
    """One framework. `@HOST@` in the snippet is the address that events go to."""

    title: str
    install: str
    where: str
    language: str
    snippet: str
    page: str  # below DOCS


def quickstart(framework: str, base: str) -> str:
    """The quick start as Markdown, for a PostHog at `base`. Raises NotFound."""
    found = QUICKSTARTS.get(SYNONYMS.get(framework, framework))
    if found is None:
        raise NotFound(f"there is no quick start for `{framework}`", f"There are {', '.join(QUICKSTARTS)}.")
    host = ingestion_host(base)
    return f"""# PostHog in {found.title}

```sh
{found.install}
```

{found.where}

```{found.language}
{found.snippet.replace("@HOST@", host).strip()}
```

- `<project token>` begins with `phc_` and is public; it stands in the project's settings at {base}/settings/project.
  A personal key (`phx_`) must never be in an application.
- Keep token and host ({host}) in configuration. Identify people with the id of your database when they log in.
- Documentation: {_DOCS}/{found.page}
"""


_WEB = """
import posthog from 'posthog-js'

posthog.init('<project token>', {
  api_host: '@HOST@',
  defaults: '2026-01-30',
  capture_exceptions: true,
})

posthog.identify(user.id, { email: user.email }) // after login
posthog.capture('plan upgraded', { plan: 'team' })
posthog.reset() // after logout
"""
_PYTHON = """
from posthog import Posthog

posthog = Posthog("<project token>", host="@HOST@", enable_exception_autocapture=True)

posthog.capture("plan upgraded", distinct_id=user.id, properties={"plan": "team"})
posthog.shutdown()  # before the process ends, so that nothing is lost
"""

QUICKSTARTS: dict[str, _Quickstart] = {
    "next-js": _Quickstart(
        "Next.js (15.3 and later)",
        "npm install posthog-js",
        "In `instrumentation-client.ts` beside `package.json` (or in `src/`):",
        "ts",
        """
import posthog from 'posthog-js'

posthog.init(process.env.NEXT_PUBLIC_POSTHOG_KEY!, {
  api_host: process.env.NEXT_PUBLIC_POSTHOG_HOST, // @HOST@
  defaults: '2026-01-30',
  capture_exceptions: true,
})
""",
        "next-js",
    ),
    "react": _Quickstart(
        "React",
        "npm install posthog-js @posthog/react",
        "Around the application, in `main.tsx`:",
        "tsx",
        """
import { PostHogProvider } from '@posthog/react'

<PostHogProvider apiKey="<project token>" options={{ api_host: '@HOST@', defaults: '2026-01-30' }}>
  <App />
</PostHogProvider>

// in a component: import { usePostHog } from '@posthog/react'
const posthog = usePostHog()
posthog.capture('plan upgraded', { plan: 'team' })
""",
        "react",
    ),
    "web": _Quickstart("a web page", "npm install posthog-js", "Once, as early as possible:", "js", _WEB, "js"),
    "vue": _Quickstart(
        "Vue", "npm install posthog-js", "In `main.ts`, before the application is mounted:", "ts", _WEB, "vue-js"
    ),
    "svelte": _Quickstart(
        "SvelteKit",
        "npm install posthog-js",
        "In `src/hooks.client.ts`, or in `load` of the root layout:",
        "ts",
        _WEB,
        "svelte",
    ),
    "node": _Quickstart(
        "Node.js",
        "npm install posthog-node",
        "Once for the process:",
        "js",
        """
import { PostHog } from 'posthog-node'

const posthog = new PostHog('<project token>', { host: '@HOST@', enableExceptionAutocapture: true })

posthog.capture({ distinctId: user.id, event: 'plan upgraded', properties: { plan: 'team' } })
await posthog.shutdown() // before the process ends
""",
        "node",
    ),
    "python": _Quickstart("Python", "pip install posthog", "Once for the process:", "python", _PYTHON, "python"),
    "django": _Quickstart(
        "Django",
        "pip install posthog",
        'In `apps.py` of an app, and `"posthog.integrations.django.PosthogContextMiddleware"` in MIDDLEWARE:',
        "python",
        """
import posthog
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self) -> None:
        posthog.api_key = "<project token>"
        posthog.host = "@HOST@"

# in a view: posthog.capture("plan upgraded", distinct_id=str(request.user.pk), properties={"plan": "team"})
""",
        "django",
    ),
    "flask": _Quickstart("Flask", "pip install posthog", "Where the application is made:", "python", _PYTHON, "flask"),
    "fastapi": _Quickstart(
        "FastAPI",
        "pip install posthog",
        "In the lifespan of the application:",
        "python",
        """
from contextlib import asynccontextmanager

from fastapi import FastAPI
from posthog import Posthog


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.posthog = Posthog("<project token>", host="@HOST@")
    yield
    app.state.posthog.shutdown()


app = FastAPI(lifespan=lifespan)

# in a route: request.app.state.posthog.capture("plan upgraded", distinct_id=user.id)
""",
        "python",
    ),
    "rails": _Quickstart(
        "Ruby on Rails",
        "bundle add posthog-ruby",
        "In `config/initializers/posthog.rb`:",
        "ruby",
        """
PostHogClient = PostHog::Client.new(
  api_key: '<project token>',
  host: '@HOST@',
  on_error: proc { |status, message| Rails.logger.warn("PostHog #{status}: #{message}") }
)

# anywhere: PostHogClient.capture({ distinct_id: user.id, event: 'plan upgraded', properties: { plan: 'team' } })
""",
        "ruby-on-rails",
    ),
    "go": _Quickstart(
        "Go",
        "go get github.com/posthog/posthog-go",
        "Once for the process:",
        "go",
        """
client, err := posthog.NewWithConfig("<project token>", posthog.Config{Endpoint: "@HOST@"})
if err != nil {
    log.Fatal(err)
}
defer client.Close()

client.Enqueue(posthog.Capture{
    DistinctId: user.ID,
    Event:      "plan upgraded",
    Properties: posthog.NewProperties().Set("plan", "team"),
})
""",
        "go",
    ),
    "php": _Quickstart(
        "PHP",
        "composer require posthog/posthog-php",
        "Once for a request:",
        "php",
        """
PostHog\\PostHog::init('<project token>', ['host' => '@HOST@']);

PostHog\\PostHog::capture(['distinctId' => $user->id, 'event' => 'plan upgraded', 'properties' => ['plan' => 'team']]);
""",
        "php",
    ),
    "react-native": _Quickstart(
        "React Native",
        "npx expo install posthog-react-native expo-file-system expo-application expo-device expo-localization",
        "Around the application:",
        "tsx",
        """
import { PostHogProvider } from 'posthog-react-native'

<PostHogProvider apiKey="<project token>" options={{ host: '@HOST@' }}>
  <App />
</PostHogProvider>
""",
        "react-native",
    ),
}
SYNONYMS = {
    "nextjs": "next-js",
    "next": "next-js",
    "nextjs-app-router": "next-js",
    "nextjs-pages-router": "next-js",
    "js": "web",
    "javascript": "web",
    "vue-js": "vue",
    "sveltekit": "svelte",
    "nodejs": "node",
    "node-js": "node",
    "express": "node",
    "ruby-on-rails": "rails",
    "golang": "go",
}
