"""Tools: what an agent may ask for. Most are functions of the user: signature and docstring become the JSON schema it is told.

A function is plain or async. A parameter named `call` is given the call (core/leg.py, ToolSide) and is no part of
the schema. A plain function runs in a thread. What it returns is told to the agent: text as it is, anything else as JSON.
What it raises is told too, as one sentence; only ToolError's own text is repeated, for other errors may hold secrets.
"""

import asyncio
import contextlib
import inspect
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar, get_type_hints, overload

import docstring_parser
import pydantic
from pydantic_core import to_json

from offhook.core.leg import ToolSide
from offhook.errors import ConfigError, ToolError
from offhook.outside import outside

T = TypeVar("T")

log = logging.getLogger(__name__)

TIMEOUT_S = 20.0
MOST_CHARS = 32_000
"""Of a result; no agent reads more of one answer, and some providers refuse it."""
MOST_SHOWN = 200
"""Of what was wrong with an argument."""
MOST_THREADS = 32
"""Of one tool at once; more of them hang."""
CALL = "call"


class Tool:
    """What an agent may ask for. `name` and `description` are what the agent is told of it, `schema` its arguments."""

    def __init__(self, name: str, description: str, *, timeout: float = TIMEOUT_S, finish: bool = False) -> None:
        """`timeout` in seconds. `finish`: it is not cancelled when the call ends while it runs."""
        self.name = name
        self.description = description
        self.timeout = timeout
        self.finish = finish

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments, an object."""
        raise NotImplementedError

    def _values(self, arguments: str) -> dict[str, Any]:
        """The arguments by name. Raises ToolError."""
        raise NotImplementedError

    async def _run(self, values: dict[str, Any], call: ToolSide) -> Any:
        """Does it."""
        raise NotImplementedError

    async def close(self) -> None:
        """Gives back what it keeps between uses. Idempotent; it may be used again."""

    async def run(self, arguments: str, call: ToolSide) -> str:
        """Runs with a JSON object of arguments. Raises ToolError, whose text is for the agent."""
        try:
            async with asyncio.timeout(self.timeout) as limit:
                return _told(await self._run(self._values(arguments), call))
        except ToolError as error:
            raise ToolError(_clean(str(error))) from error
        except TimeoutError as error:
            if not limit.expired():
                raise self._failed(error, call) from error
            log.warning("tool %s took longer than %g s", self.name, self.timeout, extra={"call_id": call.id})
            raise ToolError(f"{self.name} took too long.") from None
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # a tool ends no server
            raise self._failed(error, call) from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise self._failed(error, call) from error  # something that it waited for was cancelled

    def _failed(self, error: BaseException, call: ToolSide) -> ToolError:
        error = error.why if isinstance(error, _Broke) else error
        log.error("tool %s failed", self.name, exc_info=error, extra={"call_id": call.id})
        return ToolError(f"{self.name} failed.")


class FunctionTool(Tool):
    """A function of the user."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        timeout: float = TIMEOUT_S,
        finish: bool = False,
    ) -> None:
        """Raises ConfigError for a function whose parameters cannot be told by name."""
        called = name or getattr(function, "__name__", None)
        if not callable(function) or called is None:
            raise ConfigError(f"{function!r} is no function with a name: make it a tool with tool(name=…).")
        documented = docstring_parser.parse(inspect.getdoc(function) or "")
        super().__init__(called, (documented.description or "").strip(), timeout=timeout, finish=finish)
        self._function = function
        self._running = 0
        self._takes_call, self._arguments = _arguments_of(function, self.name, documented)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments, an object."""
        schema = self._arguments.model_json_schema()
        schema.pop("title", None)
        for each in schema.get("properties", {}).values():
            each.pop("title", None)
        return schema

    def _values(self, arguments: str) -> dict[str, Any]:
        try:
            given = self._arguments.model_validate_json(arguments or "{}")
        except pydantic.ValidationError as error:
            problem = error.errors(include_url=False)[0]
            where = ".".join(str(part)[:MOST_SHOWN] for part in problem["loc"]) or "arguments"
            raise ToolError(f"{self.name}: {where}: {problem['msg'][:MOST_SHOWN]}.") from None
        return {field.alias or name: getattr(given, name) for name, field in type(given).model_fields.items()}

    async def _run(self, values: dict[str, Any], call: ToolSide) -> Any:
        if inspect.iscoroutinefunction(self._function):
            return await self._function(**values | ({CALL: call} if self._takes_call else {}))
        if self._takes_call:
            values[CALL] = _FromThread(call, asyncio.get_running_loop())
        if self._running >= MOST_THREADS:
            log.warning("tool %s hangs in %d threads", self.name, self._running, extra={"call_id": call.id})
            raise ToolError(f"{self.name} is busy.")
        with outside():
            result = await self._in_thread(values)
        return await result if inspect.isawaitable(result) else result

    def _in_thread(self, values: dict[str, Any]) -> "asyncio.Future[Any]":
        """Runs the function in a thread of its own. It cannot be stopped: one that takes too long goes on, nobody waits
        for it, and it keeps neither another tool from running nor the process from ending."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            self._running -= 1
            if done.done():
                if error is not None:
                    log.warning("tool %s failed after it was given up: %r", self.name, error)
            elif error is None:
                done.set_result(result)
            else:  # a future holds no StopIteration, and an exit of the tool's is none of ours
                done.set_exception(error if isinstance(error, ToolError) else _Broke(error))
                done.exception()

        def work() -> None:
            result, failed = None, None
            try:
                result = self._function(**values)
            except BaseException as error:  # noqa: BLE001  (a thread that dies tells nobody)
                failed = error
            with contextlib.suppress(RuntimeError):  # the loop is over
                loop.call_soon_threadsafe(settle, result, failed)

        self._running += 1
        threading.Thread(target=work, name=f"tool {self.name}", daemon=True).start()
        return done

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself, as if it were no tool."""
        return self._function(*args, **kwargs)


class _Broke(Exception):
    """What a function in a thread raised."""

    def __init__(self, why: BaseException) -> None:
        super().__init__(repr(why))
        self.why = why


class _FromThread:
    """A call for a function that runs in a thread: what it asks of the call happens in the call's loop."""

    def __init__(self, call: ToolSide, loop: asyncio.AbstractEventLoop) -> None:
        self._call, self._loop = call, loop
        self.id, self.info, self.data = call.id, call.info, call.data

    @property
    def entered(self) -> str:
        return self._call.entered

    def hang_up(self) -> bool:
        return self._in_loop(self._call.hang_up)

    def want_keys(self, count: int, *, secret: bool = False) -> None:
        self._in_loop(partial(self._call.want_keys, count, secret=secret))

    def pause_recording(self) -> None:
        self._in_loop(self._call.pause_recording)

    def resume_recording(self) -> None:
        self._in_loop(self._call.resume_recording)

    def say(self, text: str) -> bool:
        return bool(self._in_loop(lambda: self._call.say(text)))

    def transfer(self, to: str) -> bool:
        return bool(self._in_loop(lambda: self._call.transfer(to)))

    def _in_loop(self, ask: Callable[[], T]) -> T:
        async def asked() -> T:
            return ask()

        return asyncio.run_coroutine_threadsafe(asked(), self._loop).result()


class ToolSource:
    """Something that tools come from while a process runs: a server that has them."""

    @property
    def tools(self) -> Sequence[Tool]:
        """Those it has now."""
        raise NotImplementedError

    async def start(self) -> None:
        """Finds out what it has. Idempotent. Raises ConfigError for what will never work."""
        raise NotImplementedError

    async def close(self) -> None:
        """Gives everything back. Idempotent; may be started anew."""
        raise NotImplementedError


class Toolbox:
    """The tools of one agent, by name, and where its callers may be put through to."""

    def __init__(
        self,
        tools: Iterable[Tool | Callable[..., Any]],
        sources: Iterable[ToolSource] = (),
        transfers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`transfers`: numbers by the names of destinations. Raises ConfigError for two tools of one name. What a source
        has is not ours to name: of two that it shares a name with the first is taken."""
        self.transfers = transfers
        self._tools: dict[str, Tool] = {}
        for each in tools:
            made = each if isinstance(each, Tool) else FunctionTool(each)
            if made.name in self._tools:
                raise ConfigError(f"Two tools are named {made.name}; give one another name with @tool(name=…).")
            self._tools[made.name] = made
        for source in sources:
            for made in source.tools:
                if self._tools.setdefault(made.name, made) is not made:
                    log.warning("two tools are named %s: the second is left out", made.name)

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    @property
    def by_name(self) -> Mapping[str, Tool]:
        """The tools under their names."""
        return self._tools

    def finishes(self, name: str) -> bool:
        """Whether the tool of this name goes on when the call ends while it runs."""
        return name in self._tools and self._tools[name].finish

    async def run(self, name: str, arguments: str, call: ToolSide) -> str:
        """Runs a tool. Raises ToolError, whose text is for the agent."""
        if (found := self._tools.get(name)) is None:
            raise ToolError(f"There is no tool {name}.")
        return await found.run(arguments, call)


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *, name: str | None = None, timeout: float = TIMEOUT_S, finish: bool = False
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    timeout: float = TIMEOUT_S,
    finish: bool = False,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Makes a tool of a function: `@tool`, or `@tool(name=…, timeout=…)` with the seconds it may take. `finish=True`: what
    it does is done even if the caller hangs up meanwhile."""
    if function is not None:
        return FunctionTool(function)
    return lambda function: FunctionTool(function, name=name, timeout=timeout, finish=finish)


def _arguments_of(
    function: Callable[..., Any], name: str, documented: docstring_parser.Docstring
) -> tuple[bool, type[pydantic.BaseModel]]:
    """Whether the call is asked for, and the model of the other parameters."""
    said = {each.arg_name: each.description for each in documented.params}
    try:
        parameters = inspect.signature(function).parameters
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise ConfigError(f"The tool {name} has a parameter of a type that is not known: {error}.") from None
    except (ValueError, TypeError):
        raise ConfigError(f"The tool {name} does not tell its parameters: write a function around it.") from None
    fields: dict[str, Any] = {}
    for parameter in parameters.values():
        if parameter.name == CALL:
            continue
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ConfigError(f"The tool {name} takes {parameter}; a tool's parameters are told by name.")
        if parameter.annotation is parameter.empty:
            raise ConfigError(f"The tool {name} does not say of what type {parameter.name} is; annotate it.")
        default = ... if parameter.default is parameter.empty else parameter.default
        # Fields of our own naming, since a model has methods: a parameter may well be called `copy` or `json`.
        field = pydantic.Field(default, alias=parameter.name, description=said.get(parameter.name))
        fields[f"argument{len(fields)}"] = (hints.get(parameter.name, parameter.annotation), field)
    try:
        model = pydantic.create_model(name, __config__=pydantic.ConfigDict(extra="forbid"), **fields)
        model.model_json_schema()
    except pydantic.errors.PydanticUserError as error:
        raise ConfigError(f"The tool {name} has a parameter that JSON cannot hold: {error.message}.") from None
    return CALL in parameters, model


def _told(result: Any) -> str:
    if result is None:
        return "Done."
    return _clean(result if isinstance(result, str) else to_json(result).decode())


def _clean(text: str) -> str:
    """Text that can be sent and is not endless."""
    text = text if len(text) <= MOST_CHARS else text[:MOST_CHARS] + " (cut)"
    return text.encode("utf-8", "replace").decode()


@tool
async def hang_up(call: ToolSide) -> str:
    """Ends the call. Say goodbye first; the call ends when the caller has heard it."""
    if call.hang_up():
        return "The call ends when the caller has heard what you said. Say nothing more."
    return "Say goodbye now; the call ends when the caller has heard it."


def transfer_to(destinations: Iterable[str]) -> Tool:
    """The tool that puts a caller through to one of these destinations, by its name: whatever else the agent may want
    dialled, nobody dials it."""

    async def transfer(to: str, call: ToolSide) -> str:
        """Puts the caller through to somebody else. Tell the caller first; they are put through when they have heard it.

        Args:
            to: Where to.
        """
        if call.transfer(to):
            return (
                "The caller is put through when they have heard what you said, unless they speak first: then ask for it "
                "again. Say nothing more."
            )
        return (
            "Tell the caller now, in one short sentence, that you put them through; it happens when they have heard it."
        )

    names = tuple(destinations)
    # A choice, also where there is but one: providers read that best.
    transfer.__annotations__["to"] = Annotated[
        Literal[names], pydantic.WithJsonSchema({"type": "string", "enum": names})
    ]
    return FunctionTool(transfer)
