"""The parameters that many tools share, each with the words that a model reads."""

from collections.abc import Mapping
from typing import Annotated, Any

from posthog_wizard.tools.value_types import Constraints

Limit = Annotated[int, Constraints(ge=1, le=500, description="Rows to return")]
Offset = Annotated[int, Constraints(ge=0, description="Rows to skip")]
Search = Annotated[str | None, Constraints(description="Text to look for")]
Rename = Annotated[str | None, Constraints(min_length=1, description="New name")]
NewName = Annotated[str, Constraints(min_length=1, description="Name")]
Description = Annotated[str | None, Constraints(description="Description")]
Tags = Annotated[list[str] | None, Constraints(description="All its tags")]
Object = dict[str, Any]
More = Mapping[str, Any]  # what passes to PostHog as it is: see aliases.passed
