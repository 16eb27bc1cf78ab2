"""offhook puts an AI on the telephone. This is the whole public API."""

from offhook.agent.agent import Agent
from offhook.call import Call
from offhook.errors import CallRefused, ConfigError, LegFailed, OffhookError, ProtocolError, ToolError

__version__ = "0.1.0"

__all__ = ["Agent", "Call", "CallRefused", "ConfigError", "LegFailed", "OffhookError", "ProtocolError", "ToolError"]
