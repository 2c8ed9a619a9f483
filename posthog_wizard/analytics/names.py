"""The names on the wire: https://posthog.com/docs/mcp-analytics, "Event and property reference"."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

POSTHOG_MCP_ANALYTICS_SOURCE: Final = "posthog_mcp_analytics"
"""The value of `$mcp_source`, by which a project with other events too is filtered."""


class PostHogMCPAnalyticsEvent(StrEnum):
    """The events' names; each member is its string."""

    CUSTOM = "$mcp_custom"
    EXCEPTION = "$exception"
    FEEDBACK = "$mcp_feedback"
    IDENTIFY = "$identify"
    INITIALIZE = "$mcp_initialize"
    MISSING_CAPABILITY = "$mcp_missing_capability"
    PROMPT_GET = "$mcp_prompt_get"
    PROMPTS_LIST = "$mcp_prompts_list"
    RESOURCE_READ = "$mcp_resource_read"
    RESOURCES_LIST = "$mcp_resources_list"
    TOOL_CALL = "$mcp_tool_call"
    TOOLS_LIST = "$mcp_tools_list"


class PostHogMCPAnalyticsProperty(StrEnum):
    """The properties' names; each member is its string."""

    CLIENT_NAME = "$mcp_client_name"
    CLIENT_USER_AGENT = "$mcp_client_user_agent"
    CLIENT_VERSION = "$mcp_client_version"
    CONVERSATION_ID = "$mcp_conversation_id"
    DURATION_MS = "$mcp_duration_ms"
    ERROR_MESSAGE = "$mcp_error_message"
    ERROR_STATUS = "$mcp_error_status"
    ERROR_TYPE = "$mcp_error_type"
    EXCEPTION_LEVEL = "$exception_level"
    EXCEPTION_LIST = "$exception_list"
    FEEDBACK_DETAILS = "$mcp_feedback_details"
    FEEDBACK_FRICTION_POINTS = "$mcp_feedback_friction_points"
    FEEDBACK_SENTIMENT = "$mcp_feedback_sentiment"
    FEEDBACK_SUGGESTED_IMPROVEMENT = "$mcp_feedback_suggested_improvement"
    FEEDBACK_SUMMARY = "$mcp_feedback_summary"
    FEEDBACK_TASK_COMPLETED = "$mcp_feedback_task_completed"
    FEEDBACK_TOOL = "$mcp_feedback_tool"
    FEEDBACK_TYPE = "$mcp_feedback_type"
    GROUPS = "$groups"
    INPUT_ALIASES_USED = "$mcp_input_aliases_used"
    INPUT_KEYS = "$mcp_input_keys"
    INTENT = "$mcp_intent"
    INTENT_SOURCE = "$mcp_intent_source"
    INTERFACE = "$mcp_interface"
    IS_ERROR = "$mcp_is_error"
    LISTED_TOOL_NAMES = "$mcp_listed_tool_names"
    LLM_MODEL = "$mcp_llm_model"
    LLM_MODEL_SOURCE = "$mcp_llm_model_source"
    PARAMETERS = "$mcp_parameters"
    PROCESS_PERSON_PROFILE = "$process_person_profile"
    PROTOCOL_VERSION = "$mcp_protocol_version"
    RESOURCE_NAME = "$mcp_resource_name"
    RESPONSE = "$mcp_response"
    SERVER_BUILD = "$mcp_server_build"
    SERVER_NAME = "$mcp_server_name"
    SERVER_VERSION = "$mcp_server_version"
    SESSION_ID = "$session_id"
    SET = "$set"
    SOURCE = "$mcp_source"
    TOOL_CATEGORY = "$mcp_tool_category"
    TOOL_DESCRIPTION = "$mcp_tool_description"
    TOOL_NAME = "$mcp_tool_name"
    VENDOR_CLIENT = "$mcp_vendor_client"
