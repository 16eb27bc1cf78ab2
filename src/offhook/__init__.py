"""offhook puts an AI on the telephone. This is the whole public API."""

from offhook.agent.agent import Agent
from offhook.agent.tools import Tool, hang_up, tool
from offhook.call import Call
from offhook.core.leg import CallInfo
from offhook.errors import CallRefused, ConfigError, LegFailed, OffhookError, ProtocolError, ToolError

__version__ = "0.1.0"

__all__ = [
    "Agent", "Call", "CallInfo", "CallRefused", "ConfigError", "LegFailed", "OffhookError", "ProtocolError", "Tool",
    "ToolError", "hang_up", "tool",
]  # fmt: skip
