"""Tools of an MCP server, a program beside us or one that is reached by HTTP: listed at the start, run by one connection that
is made anew when it is lost. A server that is gone costs its own tools, and nothing else.
"""

import asyncio
import contextlib
import inspect
import logging
import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import orjson

from offhook.agent.tools import MOST_SHOWN, TIMEOUT_S, Tool, ToolSource
from offhook.core.leg import ToolSide
from offhook.errors import ConfigError, ToolError
from offhook.outside import outside

if TYPE_CHECKING:
    import mcp

log = logging.getLogger(__name__)

CONNECT_S = 10.0
"""For a server to start and to list its tools."""
CHECK_S = 3.0
"""For one that is doubted to list them again."""
PATIENCE_S = 5.0
"""What a tool waits for a connection that is being made."""
AGAIN_S, AGAIN_MOST_S = 0.25, 30.0
"""Between tries to connect; twice as long each time, until a connection lasts for the longest."""
CLOSE_S = 20.0
"""For tools that run when the server is to be closed."""
MOST_PAGES = 100

Streams = tuple[Any, Any]


class McpTool(Tool):
    """One of a server's tools."""

    def __init__(self, server: "McpServer", told: Any, name: str, timeout: float, finish: bool) -> None:
        """`told` is what the server says of it."""
        super().__init__(name, inspect.cleandoc(told.description or told.title or ""), timeout=timeout, finish=finish)
        self._server = server
        self._known_as: str = told.name
        self._schema: dict[str, Any] = dict(told.input_schema)

    @property
    def schema(self) -> dict[str, Any]:
        """As the server has it."""
        return dict(self._schema)

    def _values(self, arguments: str) -> dict[str, Any]:
        try:
            values = orjson.loads(arguments or "{}")
        except orjson.JSONDecodeError:
            raise ToolError(f"{self.name}: arguments: Invalid JSON.") from None
        if not isinstance(values, dict):
            raise ToolError(f"{self.name}: arguments: Input should be an object.")
        return values  # the server checks them against its schema

    async def _run(self, values: dict[str, Any], call: ToolSide) -> str:
        return await self._server.use(self, self._known_as, values)


class McpServer(ToolSource):
    """One server. Made by `mcp_server`."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], AbstractAsyncContextManager[Streams]],
        *,
        only: Collection[str] | None,
        prefix: str,
        timeout: float,
        finish: bool,
    ) -> None:
        """`name` is what the log calls it."""
        self.name = name
        self._connect = connect
        self._only, self._prefix, self._timeout, self._finish = only, prefix, timeout, finish
        self._tools: tuple[McpTool, ...] = ()
        self._keeper: asyncio.Task[None] | None = None
        self._client: mcp.Client | None = None
        self._there = asyncio.Event()
        self._tried = asyncio.Event()
        self._doubted = asyncio.Event()
        self._hopeless: ConfigError | None = None
        self._uses = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def tools(self) -> Sequence[Tool]:
        """Those that it told of last."""
        return self._tools

    # ------------------------------------------------------------------------------------------ life

    async def start(self) -> None:
        """Connects and lists the tools. One that is not there now is waited for while calls go on without its tools.
        Idempotent. Raises ConfigError for a program that cannot be started."""
        if self._keeper is None:
            self._there.clear()
            self._tried.clear()
            self._hopeless = None
            self._keeper = asyncio.get_running_loop().create_task(self._keep(), name=f"MCP server {self.name}")
        await self._tried.wait()
        if self._hopeless is not None:
            await self.close()
            raise self._hopeless

    async def close(self) -> None:
        """Ends the connection, and the program, when no tool runs any more. Idempotent; `start`, and a tool that is used
        after all, begin anew."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._idle.wait()
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def _keep(self) -> None:
        loop, again_s = asyncio.get_running_loop(), AGAIN_S
        while True:
            try:
                async with AsyncExitStack() as stack:
                    async with asyncio.timeout(CONNECT_S):
                        client = await stack.enter_async_context(self._opened())
                        await self._list(client)
                    self._client, since = client, loop.time()
                    self._there.set()
                    self._tried.set()
                    await self._until_lost(client)
                    again_s = AGAIN_S if loop.time() - since > AGAIN_MOST_S else again_s
            except (FileNotFoundError, PermissionError) as error:
                self._hopeless = ConfigError(f"The MCP server {self.name} cannot be started: {error.strerror}.")
            except Exception as error:  # noqa: BLE001  (whatever a server, or what speaks to it, does wrong)
                log.warning("the MCP server %s cannot be reached: %s", self.name, _reason(error))
            finally:
                self._gone()
                self._tried.set()
            await asyncio.sleep(again_s)
            again_s = min(AGAIN_MOST_S, again_s * 2)

    def _gone(self) -> None:
        """From now on tools wait for another connection."""
        self._client = None
        self._there.clear()
        self._doubted.set()

    def _opened(self) -> "mcp.Client":
        import mcp

        self._doubted.clear()
        return mcp.Client(_noticed(self._connect(), self._gone), cache=None, message_handler=self._news)

    async def _news(self, message: Any) -> None:
        import mcp_types

        if isinstance(message, mcp_types.ToolListChangedNotification):
            self._doubted.set()

    async def _until_lost(self, client: "mcp.Client") -> None:
        """Whenever there is reason to, its tools are listed again: returns when that fails."""
        while True:
            await self._doubted.wait()
            self._doubted.clear()
            try:
                async with asyncio.timeout(CHECK_S):
                    await self._list(client)
            except Exception as error:  # noqa: BLE001
                log.warning("the MCP server %s is lost: %s", self.name, _reason(error))
                return

    async def _list(self, client: "mcp.Client") -> None:
        found: list[Any] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await client.list_tools(cursor=cursor)
            found += page.tools
            if (cursor := page.next_cursor) is None:
                break
        wanted = [each for each in found if self._only is None or each.name in self._only]
        self._tools = tuple(
            McpTool(self, each, _callable_name(self._prefix + each.name), self._timeout, self._finish)
            for each in wanted
        )
        if missing := set(self._only or ()) - {each.name for each in wanted}:
            log.warning("the MCP server %s has no tool %s", self.name, ", ".join(sorted(missing)))

    # ------------------------------------------------------------------------------------------ use

    async def use(self, tool: McpTool, known_as: str, values: dict[str, Any]) -> str:
        """What came of a tool. Raises ToolError."""
        import mcp

        self._uses += 1
        self._idle.clear()
        trusted = False
        try:
            with outside():
                client = await self._connected(tool)
                result = await client.call_tool(known_as, values)
            trusted = True
        except mcp.MCPError as error:
            if error.code in (-32602, -32601):  # the server is well, and says what is wrong with the request
                trusted = True
                raise ToolError(f"{tool.name}: {error.message[:MOST_SHOWN]}") from None
            log.warning("tool %s of the MCP server %s failed: %s", tool.name, self.name, _reason(error))
            raise ToolError(f"{tool.name} failed.") from None
        finally:
            self._uses -= 1
            if not self._uses:
                self._idle.set()
            if not trusted:
                self._doubted.set()
        said = _text(result)
        if result.is_error:
            raise ToolError(said or f"{tool.name} failed.")
        return said

    async def _connected(self, tool: McpTool) -> "mcp.Client":
        if self._keeper is None:
            with contextlib.suppress(ConfigError):
                await self.start()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._there.wait()
        if self._client is None:
            raise ToolError(f"{tool.name} is not to be had now.")
        return self._client


def mcp_server(
    command: Sequence[str] | None = None,
    *,
    url: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    headers: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
    prefix: str = "",
    timeout: float = TIMEOUT_S,
    finish: bool = False,
) -> McpServer:
    """The tools of an MCP server: of a program that is started (`command` and its arguments, `env`, `cwd`), or of a URL
    (streamable HTTP, with `headers`).

    `only` names the tools that the agent is given, `prefix` goes before their names; `timeout` in seconds and `finish` are
    those of each. Raises ConfigError.
    """
    try:
        import mcp  # noqa: F401
    except ImportError:
        raise ConfigError("MCP servers need an extra: pip install 'offhook[mcp]'.") from None
    if (command is None) == (url is None):
        raise ConfigError("An MCP server is either a command, such as ['uvx', 'a-server'], or a url.")
    shared = {"only": only, "prefix": prefix, "timeout": timeout, "finish": finish}
    if command is not None:
        if isinstance(command, str) or not command or headers:
            raise ConfigError("An MCP server's command is a list, the program and its arguments, and takes no headers.")
        return McpServer(_called(command), lambda: _program(command, env, cwd), **shared)  # type: ignore[arg-type]
    parts = urlsplit(url or "")
    if parts.scheme not in ("http", "https") or not parts.hostname or env or cwd:
        raise ConfigError("An MCP server's url begins with https:// or http://, and takes neither env nor cwd.")
    return McpServer(parts.hostname, lambda: _by_http(str(url), headers), **shared)  # type: ignore[arg-type]


def _called(command: Sequence[str]) -> str:
    """The program, and what it runs; other arguments may be secrets."""
    return " ".join(PurePath(each).name for each in command[:2] if not each.startswith("-"))


def _program(
    command: Sequence[str], env: Mapping[str, str] | None, cwd: str | None
) -> AbstractAsyncContextManager[Streams]:
    from mcp.client.stdio import StdioServerParameters, stdio_client

    program, *arguments = command
    return stdio_client(StdioServerParameters(command=program, args=arguments, env=dict(env or {}), cwd=cwd))


@asynccontextmanager
async def _by_http(url: str, headers: Mapping[str, str] | None) -> AsyncIterator[Streams]:
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    async with (
        create_mcp_http_client(dict(headers or {})) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams


@asynccontextmanager
async def _noticed(transport: AbstractAsyncContextManager[Streams], over: Callable[[], None]) -> AsyncIterator[Streams]:
    """A transport that tells when nothing more will be read from it."""
    async with transport as (read, write):
        yield _Noticed(read, over), write


class _Noticed:
    """What a session reads from, until it has ended."""

    def __init__(self, stream: Any, over: Callable[[], None]) -> None:
        self._stream, self._over = stream, over

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *problem: object) -> Any:
        self._over()
        return await self._stream.__aexit__(*problem)

    def __aiter__(self) -> Any:
        return self._stream.__aiter__()


def _callable_name(name: str) -> str:
    """A name that models take for a function's."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64]


def _text(result: Any) -> str:
    texts = [each.text for each in result.content if each.type == "text" and each.text.strip()]
    if texts:
        return "\n".join(texts)
    if result.structured_content is not None:
        return orjson.dumps(result.structured_content).decode()
    return "Done." if not result.content else "It answered with something that is no text."


def _reason(error: BaseException) -> str:
    """One line, without what may hold secrets, such as a URL."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return "no answer"
    code = getattr(error, "code", None)
    return type(error).__name__ + (f" ({code})" if code is not None else "")
