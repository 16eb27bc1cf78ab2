"""offhook puts an AI on the telephone. This is the whole public API."""

from offhook.agent.agent import Agent
from offhook.agent.options import AzureSemanticVad, Cascade, OwnTurns, Realtime, SemanticVad, ServerVad, Transcription
from offhook.agent.phrases import Phrases
from offhook.agent.remote.mcp_server import mcp_server
from offhook.agent.remote.webhooks import webhook, webhooks
from offhook.agent.tools import Tool, hang_up, tool
from offhook.call import Call
from offhook.core.leg import CallInfo
from offhook.errors import CallRefused, ConfigError, LegFailed, OffhookError, ProtocolError, ToolError

__version__ = "0.1.0"

__all__ = [
    "Agent", "AzureSemanticVad", "Call", "CallInfo", "CallRefused", "Cascade", "ConfigError", "LegFailed", "OffhookError",
    "OwnTurns", "Phrases", "ProtocolError", "Realtime", "SemanticVad", "ServerVad", "Tool", "ToolError", "Transcription", "hang_up",
    "mcp_server", "tool", "webhook", "webhooks",
]  # fmt: skip
