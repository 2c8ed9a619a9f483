"""A small index of PostHog's documentation, for instances without a documentation search."""

from __future__ import annotations

import re

_SITE = "https://posthog.com/docs"
_MOST = 8
_COMMON = frozenset(["a", "an", "the", "to", "in", "of", "for", "how", "do", "i", "is", "what", "with", "my", "and", "on",
                     "posthog", "can", "we", "use"])  # fmt: skip

# path below SITE -> title, then words that people look for it with
PAGES: dict[str, str] = {
    "getting-started/install": "Install PostHog: snippet, SDK, wizard, setup, start",
    "getting-started/identify-users": "Identify users: identify, alias, distinct_id, login, person",
    "getting-started/send-events": "Send events: capture, track, autocapture, custom event",
    "libraries/js": "JavaScript web SDK: browser, posthog-js, snippet, config, autocapture",
    "libraries/next-js": "Next.js: react, app router, pages router, ssr, middleware",
    "libraries/react": "React: hooks, provider, useFeatureFlagEnabled",
    "libraries/vue-js": "Vue: composable, spa",
    "libraries/nuxt-js": "Nuxt: vue, module, plugin, ssr",
    "libraries/svelte": "Svelte: sveltekit",
    "libraries/angular": "Angular",
    "libraries/astro": "Astro",
    "libraries/react-router": "React Router: framework mode, loader, ssr",
    "libraries/remix": "Remix",
    "libraries/tanstack-start": "TanStack Start: tanstack router, react, ssr",
    "libraries/gatsby": "Gatsby: static site",
    "libraries/docusaurus": "Docusaurus: documentation site",
    "libraries/capacitor": "Capacitor: ionic, mobile",
    "libraries/convex": "Convex: backend",
    "libraries/node": "Node.js: posthog-node, server, backend, typescript",
    "libraries/express": "Express: node, middleware, route",
    "libraries/fastify": "Fastify: node, plugin",
    "libraries/hono": "Hono: worker, edge",
    "libraries/cloudflare-workers": "Cloudflare Workers: edge, wrangler",
    "libraries/python": "Python: posthog-python, fastapi, starlette, server, backend, capture",
    "libraries/django": "Django: python, middleware",
    "libraries/flask": "Flask: python",
    "libraries/celery": "Celery: python, task, worker, queue",
    "libraries/ruby": "Ruby: posthog-ruby",
    "libraries/ruby-on-rails": "Ruby on Rails: rails, ruby, initializer",
    "libraries/go": "Go: golang, posthog-go",
    "libraries/php": "PHP",
    "libraries/laravel": "Laravel: php",
    "libraries/java": "Java: jvm, kotlin, spring",
    "libraries/dotnet": ".NET: csharp, c#, asp.net",
    "libraries/elixir": "Elixir: phoenix",
    "libraries/rust": "Rust",
    "libraries/android": "Android: kotlin, mobile",
    "libraries/ios": "iOS: swift, mobile",
    "libraries/react-native": "React Native: expo, mobile",
    "libraries/flutter": "Flutter: dart, mobile",
    "product-analytics": "Product analytics: insights, charts, metrics",
    "product-analytics/trends/overview": "Trends: chart, count, breakdown, formula",
    "product-analytics/funnels": "Funnels: conversion, drop-off, steps",
    "product-analytics/retention": "Retention: cohort, returning, churn",
    "product-analytics/dashboards": "Dashboards: tiles, share, subscribe",
    "web-analytics": "Web analytics: pageviews, page view, track, visitors, bounce rate, sessions, traffic",
    "session-replay": "Session replay: recordings, record, privacy, mask",
    "feature-flags": "Feature flags: rollout, release, toggle, gate",
    "feature-flags/creating-feature-flags": "Create feature flags: conditions, rollout percentage, multivariate, payload",
    "feature-flags/local-evaluation": "Local evaluation of flags: server, latency, secure key",
    "experiments": "Experiments: a/b test, variant, significance, metric",
    "experiments/creating-an-experiment": "Create an experiment: a/b test, control, exposure, holdout",
    "surveys": "Surveys: nps, feedback, popover, question",
    "surveys/creating-surveys": "Create surveys: question, target, display, branching",
    "error-tracking": "Error tracking: exceptions, issues, crash, stack trace",
    "error-tracking/installation": "Install error tracking: capture exceptions, set up, sdk",
    "error-tracking/upload-source-maps": "Upload source maps: stack trace, minified, symbol",
    "ai-observability": "AI observability (LLM analytics): generation, tokens, cost, trace",
    "mcp-analytics": "MCP analytics: tool calls, mcp server, instrument",
    "logs": "Logs: opentelemetry, otlp, logging",
    "data-warehouse": "Data warehouse: stripe, sync, source, join",
    "cdp": "Data pipelines: destination, export, webhook, transformation",
    "sql": "SQL: hogql, query, clickhouse, functions",
    "data": "Data model: events, persons, properties, groups, sessions",
    "data/cohorts": "Cohorts: segment, group of users",
    "data/actions": "Actions: combine events, autocapture",
    "product-analytics/group-analytics": "Group analytics: company, account, b2b, organization",
    "api": "API: rest, personal api key, authentication, rate limit",
    "api/queries": "Query API: hogql, query endpoint, export data",
    "api/capture": "Capture API: ingest, event, batch, http",
    "model-context-protocol": "MCP server: model context protocol, ai agent, claude, cursor",
    "advanced/proxy": "Reverse proxy: ad blocker, first party, proxy, nginx, cloudflare",
    "privacy": "Privacy: gdpr, cookies, consent, hipaa, personal data",
    "self-host": "Self-hosting: docker, hobby, deploy, upgrade",
    "settings/projects": "Projects: settings, organization, environment, token",
}  # fmt: skip


def links_for(question: str) -> list[dict[str, str]]:
    """The pages whose words the question shares, best first; the overview where none fits. Pure."""
    asked = _words(question)
    scores = {path: _score(asked, path, text) for path, text in PAGES.items()}
    best = sorted((path for path, score in scores.items() if score), key=lambda path: -scores[path])[:_MOST]
    found = [{"title": PAGES[path].partition(":")[0], "url": f"{_SITE}/{path}"} for path in best]
    return found or [{"title": "PostHog documentation", "url": _SITE}]


def _score(asked: frozenset[str], path: str, text: str) -> int:
    """How well a page fits: a word of its address or title counts twice."""
    name = f"{path} {text.partition(':')[0]}"
    return len(asked & _words(f"{path} {text}")) + len(asked & _words(name))


def _words(text: str) -> frozenset[str]:
    """Words in lower case, `next.js` also as a whole; a plural counts as its singular."""
    found = re.findall(r"[a-z0-9#]+", text.lower()) + re.findall(r"[a-z0-9]*\.[a-z]+", text.lower())
    return frozenset(word.removesuffix("s") for word in found if word not in _COMMON)
