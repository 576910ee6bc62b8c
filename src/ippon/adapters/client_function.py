"""Python functions of the user's own: sync ones in a thread each, so that none can block the others; results as JSON.

Whatever they raise, `sys.exit` included, is their own failure and names their own line. What they print goes to
standard error: standard output belongs to the run's result.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from ippon.adapters.client_function_import import imported, visiting
from ippon.adapters.client_function_output import divert, give_back, in_user_code
from ippon.adapters.client_function_result import described, json_text
from ippon.execute.faults import inert
from ippon.records.call import Answer, Failure, FunctionRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator, Mapping

    from ippon.records.call import Request


TIMEOUT_S = 120.0
BLOCKED_S = 0.1  # an async function that keeps the loop for longer holds up everything else


class _Raised(NamedTuple):
    """An exception of the user's code, as a value: threads hand it over, and nothing above has to expect it."""

    error: BaseException


class _Function(NamedTuple):
    """A function ready to call: the names it takes (None: any), and whether calling it only makes a coroutine.

    `first` are those of its names that it takes by position only.
    """

    call: Callable[..., Any]
    takes: frozenset[str] | None
    first: tuple[str, ...]
    is_async: bool
    file: str | None

    def bound(self, given: Mapping[str, Any]) -> Any:
        """What it returns, its parameters bound by name."""
        first = [given[name] for name in self.first if name in given]
        return self.call(*first, **{name: value for name, value in given.items() if name not in self.first})


class FunctionClient:
    """Calls functions by name: those given here, else `module:name` from the suite's folder, imported when first asked.

    Failures of the functions in `targets` are the target's, all others are the evaluator's. A function that does not end
    in time has failed: asked again, it would only take as long again. Its thread is left behind: it is a daemon, and holds
    up neither the run nor its end.
    """

    def __init__(
        self, functions: Mapping[str, Callable[..., Any]] | None = None, *, folder: str = ".",
        targets: Collection[str] = (), timeout_s: float = TIMEOUT_S,
    ) -> None:  # fmt: skip
        self._given = functions or {}
        self._folder = folder
        self._targets = frozenset(targets)
        self._timeout_s = timeout_s
        self._blocked: dict[str, float] = {}
        self._found: dict[str, asyncio.Task[_Function | _Raised]] = {}
        self._diverts = False
        self._visits = False
        self._end = ExitStack()

    async def send(self, request: Request) -> Answer | Failure:
        """What the function returned, as JSON text."""
        assert isinstance(request, FunctionRequest), "wiring sends each kind of request to its own client"
        self._begin(request.function)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._called(request)
        except TimeoutError:
            return self._failure(request, f"{request.function} did not end within {self._timeout_s:g} s")

    @property
    def notes(self) -> tuple[str, ...]:
        """Async functions that do not let others go on, in words."""
        how = "an async function must not block; a plain `def` gets a thread of its own"
        return tuple(
            f"{name} held up everything else for {seconds:.2g} s: {how}" for name, seconds in self._blocked.items()
        )

    async def close(self) -> None:
        """Give standard output back, and forget the suite's folder. May be called twice."""
        for finding in self._found.values():
            finding.cancel()
        self._end.close()
        self._diverts = self._visits = False

    async def _called(self, request: FunctionRequest) -> Answer | Failure:
        name = request.function
        finding = self._found.get(name)
        if finding is None:
            finding = self._found[name] = asyncio.create_task(self._find(name))
        function = await asyncio.shield(finding)
        if isinstance(function, _Raised):
            return self._failed(request, function.error, None)
        takes = function.takes
        given = {name: value for name, value in request.arguments.items() if takes is None or name in takes}
        text = await self._result(name, function, given)
        return self._failed(request, text.error, function.file) if isinstance(text, _Raised) else Answer(text=text)

    async def _result(self, name: str, function: _Function, given: Mapping[str, Any]) -> str | _Raised:
        """What comes of a call, as JSON text: made in a thread if it may block, awaited here if it can be awaited."""
        if function.is_async:
            return await self._awaited(name, lambda: function.bound(given))
        found = await _in_thread(lambda: _called(function, given))
        return await self._awaited(name, lambda: found) if inspect.isawaitable(found) else found

    async def _awaited(self, name: str, begin: Callable[[], Awaitable[Any]]) -> str | _Raised:
        timed = _Timed(_begun(begin))
        token = in_user_code.set(True)
        try:
            return json_text(await timed)
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
            if timed.longest_s >= BLOCKED_S:
                self._blocked[name] = max(timed.longest_s, self._blocked.get(name, 0.0))

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
        return self._failure(request, described(error, self._folder, file))

    def _failure(self, request: FunctionRequest, message: str) -> Failure:
        reason = "target" if request.function in self._targets else "evaluator"
        return Failure(reason=reason, message=inert(message))


def _described(function: Callable[..., Any]) -> _Function:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some that are written in C do not say
        takes, first = None, ()
    else:
        anything = any(each.kind is each.VAR_KEYWORD for each in parameters)
        takes = None if anything else frozenset(each.name for each in parameters)
        first = tuple(each.name for each in parameters if each.kind is each.POSITIONAL_ONLY)
    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
    code = getattr(inspect.unwrap(function), "__code__", None)
    return _Function(function, takes, first, is_async, getattr(code, "co_filename", None))


def _called(function: _Function, given: Mapping[str, Any]) -> str | Awaitable[Any]:
    result = function.bound(given)
    return result if inspect.isawaitable(result) else json_text(result)


async def _begun(begin: Callable[[], Awaitable[Any]]) -> Any:
    return await begin()


class _Timed:
    """Awaits a coroutine; `longest_s` is the longest time that it kept the event loop to itself."""

    def __init__(self, steps: Coroutine[Any, Any, Any]) -> None:
        self.longest_s = 0.0
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, Any]:
        sent, thrown = None, None
        while True:
            began = time.perf_counter()
            try:
                step = self._steps.send(sent) if thrown is None else self._steps.throw(thrown)
            except StopIteration as stop:
                return stop.value
            finally:
                self.longest_s = max(self.longest_s, time.perf_counter() - began)
            try:
                sent, thrown = (yield step), None
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is meant for the coroutine
                sent, thrown = None, error


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
