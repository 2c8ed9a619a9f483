"""Clients' files as people and programs write them: every layout, with comments, odd white space and a byte-order mark."""

from __future__ import annotations

import json
import re

from hypothesis import strategies as st

from posthog_wizard.model import Place

NAMES = st.sampled_from(["other", "github", "Zed's", "ünï", "a.b", "", "x y", "$schema", 'quo"te'])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-9, 10**20), st.sampled_from(["", "text", "ü€😀", "// no"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)
COMMENTS = ["// a comment\n", "/* a comment */", '// ends in \\ " {\n', "/* two\nlines */"]


TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]')


@st.composite
def texts(draw: st.DrawFn, place: Place) -> bytes:
    """A file in which the place's container exists (VS Code's questions too), with entries of others in it."""
    prompts = {name: draw(st.lists(OBJECTS, max_size=2)) for name in place.schema.prompts}
    members = {**draw(OBJECTS), place.container[0]: draw(OBJECTS), **prompts, **draw(OBJECTS)}
    indent = draw(st.sampled_from([None, 2, 4, 8, "\t", 0]))
    text = json.dumps(members, indent=indent, ensure_ascii=draw(st.booleans()))
    commas = place.dialect.trailing_commas
    text = draw(spoiled(text, trailing_commas=commas)) if place.dialect.comments else text
    text = draw(st.sampled_from(["", "\n", " "])) + text + draw(st.sampled_from(["", "\n", "\n\n", " \t"]))
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + text.encode()


@st.composite
def spoiled(draw: st.DrawFn, text: str, *, trailing_commas: bool) -> str:
    """The text with comments, and trailing commas where a container is not empty."""
    text = re.sub(r"(?<=[^\s{\[])(\s*[}\]]\s*)$", r",\1", text) if trailing_commas and draw(st.booleans()) else text
    offsets = [token.end() for token in TOKENS.finditer(text) if token[0] in set("{}[]:,")][:-1]
    for offset in sorted(draw(st.lists(st.sampled_from(offsets), max_size=4, unique=True)), reverse=True):
        text = text[:offset] + draw(st.sampled_from(COMMENTS)) + text[offset:]
    return text
