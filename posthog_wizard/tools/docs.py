"""The documentation toolset, with a small index for instances that have no documentation search."""

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from posthog_wizard.errors import WizardError
from posthog_wizard.tools.call import Call
from posthog_wizard.tools.tool import READS, tool
from posthog_wizard.tools.value_types import Constraints

_FILE = Path(__file__).with_name("docs_pages.txt")
_SITE = "https://posthog.com/docs"
_MOST = 8
_COMMON = frozenset(["a", "an", "the", "to", "in", "of", "for", "how", "do", "i", "is", "what", "with", "my", "and", "on",
                     "posthog", "can", "we", "use"])  # fmt: skip


@tool("Search the docs", feature="docs", scopes=(), hints=READS, within="nothing", rest="Ask a narrower question.")
async def docs_search(
    call: Call, query: Annotated[str, Constraints(min_length=1, max_length=1000, description="What to look for")]
) -> dict[str, Any]:
    """Search PostHog's documentation; where the instance has no search, get links to the pages that fit."""
    try:
        project = await call.workspace.project()
        found = await call.ask(f"/api/projects/{project}/mcp_tools/docs_search/", {"query": query})
    except WizardError as error:
        return {"results": links_for(query), "note": f"Links only, the search did not answer: {error.message}"}
    return {"results": found}


@cache
def documented_pages() -> dict[str, str]:
    """By the path below the site a page's title, then words that people look for it with."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" | ", 1) for line in lines if not line.startswith("#"))


def links_for(question: str) -> list[dict[str, str]]:
    """The pages whose words the question shares, best first; the overview where none fits. Pure."""
    asked, scores = _words(question), dict[str, int]()
    for path, text in documented_pages().items():  # a word of an address or title counts twice
        name = f"{path} {text.partition(':')[0]}"
        scores[path] = len(asked & _words(f"{path} {text}")) + len(asked & _words(name))
    best = sorted((path for path, score in scores.items() if score), key=lambda path: -scores[path])[:_MOST]
    found = [{"title": documented_pages()[path].partition(":")[0], "url": f"{_SITE}/{path}"} for path in best]
    return found or [{"title": "PostHog documentation", "url": _SITE}]


def _words(text: str) -> frozenset[str]:
    """Words in lower case, `next.js` also as a whole; a plural counts as its singular."""
    found = re.findall(r"[a-z0-9#]+", text.lower()) + re.findall(r"[a-z0-9]*\.[a-z]+", text.lower())
    return frozenset(word.removesuffix("s") for word in found if word not in _COMMON)
