"""Python functions of the user's own: sync ones in a thread each, so that none can block the others; results as JSON.

Whatever they raise, `sys.exit` included, is their own failure and names their own line. What they print goes to
standard error: standard output belongs to the run's result.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from ippon.adapters.client_function_import import imported, visiting
from ippon.adapters.client_function_output import divert, give_back, in_user_code
from ippon.adapters.client_function_result import described, json_text
from ippon.execute.faults import inert
from ippon.records.call import Answer, Failure, FunctionRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from ippon.records.call import Request


class _Raised(NamedTuple):
    """An exception of the user's code, as a value: threads hand it over, and nothing above has to expect it."""

    error: BaseException


class _Function(NamedTuple):
    """A function ready to call: the names it takes (None: any), and whether calling it only makes a coroutine."""

    call: Callable[..., Any]
    takes: frozenset[str] | None
    is_async: bool
    file: str | None


class FunctionClient:
    """Calls functions by name: those given here, else `module:name` from the suite's folder, imported when first asked.

    Failures of the functions in `targets` are the target's, all others are the evaluator's. A thread whose function
    never returns is left behind: it is a daemon, and holds up neither the run nor its end.
    """

    def __init__(
        self, functions: Mapping[str, Callable[..., Any]] | None = None, *, folder: str = ".",
        targets: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._given = functions or {}
        self._folder = folder
        self._targets = frozenset(targets)
        self._found: dict[str, asyncio.Task[_Function | _Raised]] = {}
        self._diverts = False
        self._visits = False
        self._end = ExitStack()

    async def send(self, request: Request) -> Answer | Failure:
        """What the function returned, as JSON text."""
        assert isinstance(request, FunctionRequest), "wiring sends each kind of request to its own client"
        self._begin(request.function)
        finding = self._found.get(request.function)
        if finding is None:
            finding = self._found[request.function] = asyncio.create_task(self._find(request.function))
        function = await asyncio.shield(finding)
        if isinstance(function, _Raised):
            return self._failed(request, function.error, None)
        takes = function.takes
        given = {name: value for name, value in request.arguments.items() if takes is None or name in takes}
        text = await _result(function, given)
        return self._failed(request, text.error, function.file) if isinstance(text, _Raised) else Answer(text=text)

    async def close(self) -> None:
        """Give standard output back, and forget the suite's folder. May be called twice."""
        self._end.close()
        self._diverts = self._visits = False

    def _begin(self, name: str) -> None:
        """Divert standard output; with a function of the suite's folder, have code of the folder imported."""
        if not self._diverts:
            self._diverts = True
            self._end.callback(give_back, divert())
        if not self._visits and name not in self._given:
            self._visits = True
            self._end.enter_context(visiting(self._folder))

    async def _find(self, name: str) -> _Function | _Raised:
        given = self._given.get(name)
        if given is not None:
            return _described(given)
        return await _in_thread(lambda: _described(imported(name, self._folder)))

    def _failed(self, request: FunctionRequest, error: BaseException, file: str | None) -> Failure:
        reason = "target" if request.function in self._targets else "evaluator"
        return Failure(reason=reason, message=inert(described(error, self._folder, file)))


def _described(function: Callable[..., Any]) -> _Function:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some that are written in C do not say
        takes = None
    else:
        anything = any(each.kind is each.VAR_KEYWORD for each in parameters)
        takes = None if anything else frozenset(each.name for each in parameters)
    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
    code = getattr(inspect.unwrap(function), "__code__", None)
    return _Function(function, takes, is_async, getattr(code, "co_filename", None))


async def _result(function: _Function, given: Mapping[str, Any]) -> str | _Raised:
    """What comes of a call, as JSON text: made in a thread if it may block, awaited here if it can be awaited."""
    if function.is_async:
        return await _awaited(lambda: function.call(**given))
    found = await _in_thread(lambda: _called(function, given))
    return await _awaited(lambda: found) if inspect.isawaitable(found) else found


def _called(function: _Function, given: Mapping[str, Any]) -> str | Awaitable[Any]:
    result = function.call(**given)
    return result if inspect.isawaitable(result) else json_text(result)


async def _awaited(begin: Callable[[], Awaitable[Any]]) -> str | _Raised:
    token = in_user_code.set(True)
    try:
        return json_text(await begin())
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return _Raised(error)
    except KeyboardInterrupt:  # pragma: no cover - Ctrl-C where no handler is set; it is meant for the whole run
        raise
    except BaseException as error:  # noqa: BLE001 - whatever user code raises is its own failure
        return _Raised(error)
    finally:
        in_user_code.reset(token)


async def _in_thread(work: Callable[[], Any]) -> Any:
    """What the work returns, or raised, from a thread that nobody has to wait for."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any) -> None:
        if not done.done():
            done.set_result(result)

    def run() -> None:
        in_user_code.set(True)
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - whatever user code raises is its own failure
            result = _Raised(error)
        with suppress(RuntimeError):  # the loop is gone, and with it whoever wanted to know
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=run, name="ippon function", daemon=True).start()
    return await done
