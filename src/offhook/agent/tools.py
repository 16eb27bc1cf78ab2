"""Tools: functions of the user that an agent may ask for. Signature and docstring become the JSON schema it is told.

A tool is a function, plain or async. A parameter named `call` is given the call (core/leg.py, ToolSide) and is no part of
the schema. A plain function runs in a thread. What it returns is told to the agent: text as it is, anything else as JSON.
What it raises is told too, as one sentence; only ToolError's own text is repeated, for other errors may hold secrets.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, get_type_hints, overload

import docstring_parser
import pydantic
from pydantic_core import to_json

from offhook.core.leg import ToolSide
from offhook.errors import ConfigError, ToolError

log = logging.getLogger(__name__)

TIMEOUT_S = 20.0
MOST_CHARS = 32_000
"""Of a result; no agent reads more of one answer, and some providers refuse it."""
CALL = "call"


class Tool:
    """A function that an agent may ask for. `name` and `description` are what the agent is told of it."""

    def __init__(self, function: Callable[..., Any], *, name: str | None = None, timeout: float = TIMEOUT_S) -> None:
        """`timeout` in seconds. Raises ConfigError for a function whose parameters cannot be told by name."""
        self.name = name or function.__name__
        self.timeout = timeout
        self._function = function
        documented = docstring_parser.parse(inspect.getdoc(function) or "")
        self.description = (documented.description or "").strip()
        self._takes_call, self._arguments = _arguments_of(function, self.name, documented)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments, an object."""
        schema = self._arguments.model_json_schema()
        schema.pop("title", None)
        for each in schema.get("properties", {}).values():
            each.pop("title", None)
        return schema

    async def run(self, arguments: str, call: ToolSide) -> str:
        """Runs with a JSON object of arguments. Raises ToolError, whose text is for the agent."""
        try:
            given = self._arguments.model_validate_json(arguments or "{}")
        except pydantic.ValidationError as error:
            problem = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in problem["loc"]) or "arguments"
            raise ToolError(f"{self.name}: {where}: {problem['msg']}.") from None
        values = {name: getattr(given, name) for name in type(given).model_fields}
        try:
            async with asyncio.timeout(self.timeout):
                return _told(await self._run(values, call))
        except ToolError:
            raise
        except TimeoutError:
            log.warning("tool %s took longer than %g s", self.name, self.timeout, extra={"call_id": call.id})
            raise ToolError(f"{self.name} took too long.") from None
        except Exception as error:
            log.exception("tool %s failed", self.name, extra={"call_id": call.id})
            raise ToolError(f"{self.name} failed.") from error

    async def _run(self, values: dict[str, Any], call: ToolSide) -> Any:
        if inspect.iscoroutinefunction(self._function):
            return await self._function(**values | ({CALL: call} if self._takes_call else {}))
        loop = asyncio.get_running_loop()
        if self._takes_call:
            values[CALL] = _FromThread(call, loop)
        # A thread cannot be stopped: one that takes too long goes on, and nobody waits for it.
        return await loop.run_in_executor(None, lambda: self._function(**values))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself, as if it were no tool."""
        return self._function(*args, **kwargs)


class _FromThread:
    """A call for a function that runs in a thread: what it asks of the call happens in the call's loop."""

    def __init__(self, call: ToolSide, loop: asyncio.AbstractEventLoop) -> None:
        self._call, self._loop = call, loop
        self.id, self.info, self.data = call.id, call.info, call.data

    def hang_up(self) -> bool:
        async def hang_up() -> bool:
            return self._call.hang_up()

        return asyncio.run_coroutine_threadsafe(hang_up(), self._loop).result()


class Toolbox:
    """The tools of one agent, by name."""

    def __init__(self, tools: Iterable[Tool | Callable[..., Any]]) -> None:
        """Raises ConfigError for two of one name."""
        self._tools: dict[str, Tool] = {}
        for each in tools:
            made = each if isinstance(each, Tool) else Tool(each)
            if made.name in self._tools:
                raise ConfigError(f"Two tools are named {made.name}; give one another name with @tool(name=…).")
            self._tools[made.name] = made

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    @property
    def by_name(self) -> Mapping[str, Tool]:
        """The tools under their names."""
        return self._tools

    async def run(self, name: str, arguments: str, call: ToolSide) -> str:
        """Runs a tool. Raises ToolError, whose text is for the agent."""
        if (found := self._tools.get(name)) is None:
            raise ToolError(f"There is no tool {name}.")
        return await found.run(arguments, call)


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(*, name: str | None = None, timeout: float = TIMEOUT_S) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None, /, *, name: str | None = None, timeout: float = TIMEOUT_S
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Makes a tool of a function: `@tool`, or `@tool(name=…, timeout=…)` with the seconds it may take."""
    if function is not None:
        return Tool(function)
    return lambda function: Tool(function, name=name, timeout=timeout)


def _arguments_of(
    function: Callable[..., Any], name: str, documented: docstring_parser.Docstring
) -> tuple[bool, type[pydantic.BaseModel]]:
    """Whether the call is asked for, and the model of the other parameters."""
    said = {each.arg_name: each.description for each in documented.params}
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        hints = {}
        annotated = {key: text for key, text in function.__annotations__.items() if key not in (CALL, "return")}
        if any(isinstance(text, str) for text in annotated.values()):
            raise ConfigError(f"The tool {name} has a parameter of a type that is not known: {error}.") from None
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == CALL:
            continue
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ConfigError(f"The tool {name} takes {parameter}; a tool's parameters are told by name.")
        default = ... if parameter.default is parameter.empty else parameter.default
        field = pydantic.Field(default, description=said.get(parameter.name))
        fields[parameter.name] = (hints.get(parameter.name, parameter.annotation), field)
        if parameter.annotation is parameter.empty:
            raise ConfigError(f"The tool {name} does not say of what type {parameter.name} is; annotate it.")
    try:
        model = pydantic.create_model(name, __config__=pydantic.ConfigDict(extra="forbid"), **fields)
        model.model_json_schema()
    except pydantic.errors.PydanticUserError as error:
        raise ConfigError(f"The tool {name} has a parameter that JSON cannot hold: {error.message}.") from None
    return CALL in inspect.signature(function).parameters, model


def _told(result: Any) -> str:
    if result is None:
        return "Done."
    text = result if isinstance(result, str) else to_json(result, serialize_unknown=True).decode()
    return text if len(text) <= MOST_CHARS else text[:MOST_CHARS] + " (cut)"


@tool
async def hang_up(call: ToolSide) -> str:
    """Ends the call. Say goodbye first; the call ends when the caller has heard it."""
    if call.hang_up():
        return "The call ends when the caller has heard what you said. Say nothing more."
    return "Say goodbye now; the call ends when the caller has heard it."
