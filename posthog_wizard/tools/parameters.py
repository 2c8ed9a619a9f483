"""The parameters that many tools share, each with the words that a model reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from posthog_wizard.tools.value_types import Field

Limit = Annotated[int, Field(ge=1, le=500, description="Rows to return")]
Offset = Annotated[int, Field(ge=0, description="Rows to skip")]
Search = Annotated[str | None, Field(description="Text to look for")]
NewNameOrNone = Annotated[str | None, Field(min_length=1, description="New name")]
NewName = Annotated[str, Field(min_length=1, description="Name")]
Description = Annotated[str | None, Field(description="Description")]
Tags = Annotated[list[str] | None, Field(description="All its tags")]
Object = dict[str, Any]
More = Mapping[str, Any]  # what passes to PostHog as it is: see aliases.passed
