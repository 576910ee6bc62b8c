"""Python functions as plugs: sync and async, what they return, raise and print, and that none can stop the others."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import py_compile
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from ippon.adapters.client_function import FunctionClient
from ippon.adapters.client_function_bytecode import SourcesOnly, release, sources_only
from ippon.records.call import Answer, CommandRequest, Failure, FunctionRequest
from ippon.records.judgement import Score

if TYPE_CHECKING:
    from pathlib import Path

Given = dict[str, Callable[..., Any]]


@pytest.fixture(autouse=True)
def _no_modules_left() -> Iterator[None]:
    """Modules of one test's folder are none of the next one's business."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("ours"):
            del sys.modules[name]


def calling(
    function: Callable[..., Any] | str, *, folder: str = ".", targets: tuple[str, ...] = (), **arguments: object
) -> Answer | Failure:
    """What comes of one call."""

    async def run() -> Answer | Failure:
        given: Given = {} if isinstance(function, str) else {"given": function}
        client = FunctionClient(given, folder=folder, targets=targets)
        try:
            name = function if isinstance(function, str) else "given"
            return await client.send(FunctionRequest(function=name, arguments=arguments, code=""))
        finally:
            await client.close()
            await client.close()

    return asyncio.run(run())


def text(got: Answer | Failure) -> str:
    """The text of an answer."""
    assert isinstance(got, Answer), got
    return got.text


def message(got: Answer | Failure) -> str:
    """The words of a failure."""
    assert isinstance(got, Failure), got
    return got.message


class Record(msgspec.Struct):
    """A record of the user's own."""

    score: float


class Model:
    """Something like a pydantic model."""

    def model_dump(self) -> dict[str, float]:
        """Its fields."""
        return {"score": 0.5}


class Bot:
    """Something that can be called."""

    async def __call__(self, response: str) -> str:
        """Say it again."""
        return response


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (True, "true"),
        (3, "3"),
        (0.5, "0.5"),
        ("a\ud800é", '"a\ufffdé"'),
        (None, "null"),
        ({"score": 1, "reason": "why"}, '{"score": 1, "reason": "why"}'),
        (float("nan"), "NaN"),
        (np.float32(0.5), "0.5"),
        (np.bool_(True), "true"),
        (Score(0.5, "good"), '{"score": 0.5, "label": "good"}'),
        (Score(0.5, None, "why", {"a": 1}), '{"score": 0.5, "reason": "why", "details": {"a": 1}}'),
        (Record(0.5), '{"score": 0.5}'),
        (Model(), '{"score": 0.5}'),
    ],
)
def test_results_are_json(result: object, expected: str) -> None:
    """Numbers, texts, scores, records, numpy's; NaN stays what it is, for the reader to refuse."""
    assert expected == text(calling(lambda: result))


def test_a_result_that_is_no_json_is_a_failure() -> None:
    """By its type."""
    assert "TypeError: Encoding objects of type object is unsupported" == message(calling(object))


def test_functions_get_what_they_take() -> None:
    """Bound by name; a function with `**rest` gets it all."""
    assert '"a"' == text(calling(lambda response: response, response="a", input="b"))
    assert '["input", "response"]' == text(calling(lambda **rest: sorted(rest), response="a", input="b"))


def test_a_builtin_that_hides_what_it_takes_gets_all() -> None:
    """As `dict` does."""
    assert '{"a": 1}' == text(calling(dict, a=1))


def test_a_missing_argument_is_named() -> None:
    """Sync or async alike."""

    async def slow(reference: str) -> None:
        raise NotImplementedError(reference)

    assert "missing 1 required positional argument: 'reference'" in message(calling(lambda reference: reference))
    assert "missing 1 required positional argument: 'reference'" in message(calling(slow))


def test_async_functions_are_awaited() -> None:
    """Functions, objects, and whatever a sync one returns to be awaited."""

    async def later(response: str) -> str:
        await asyncio.sleep(0)
        return response

    assert '"a"' == text(calling(later, response="a"))
    assert '"a"' == text(calling(Bot(), response="a"))
    assert '"a"' == text(calling(lambda response: later(response.lower()), response="A"))


def test_an_exception_is_a_failure_with_its_line() -> None:
    """Type, message, and where in the user's own file."""

    def divides() -> float:
        return 1 / 0

    got = message(calling(divides))

    assert got.startswith("ZeroDivisionError: division by zero (test_client_function.py:")


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), RecursionError(), MemoryError()]
)
def test_nothing_that_a_sync_function_raises_gets_past(error: BaseException) -> None:
    """Row 71: `sys.exit` in an evaluator ends nothing but itself."""

    def raises() -> None:
        raise error

    assert message(calling(raises)).startswith(type(error).__name__)


@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError(), ValueError("no")])
def test_nothing_that_an_async_function_raises_gets_past(error: BaseException) -> None:
    """A cancellation of its own is its own."""

    async def raises() -> None:
        raise error

    assert message(calling(raises)).startswith(type(error).__name__)


def test_an_exception_that_cannot_be_shown_is_named() -> None:
    """Its `__str__` may fail too."""

    class OddError(Exception):
        def __str__(self) -> str:
            raise ValueError

    def raises() -> None:
        raise OddError

    assert message(calling(raises)).startswith("OddError (")


def test_a_target_that_fails_is_the_targets_failure() -> None:
    """Whose trouble it is decides what is said of it."""
    failure = calling(lambda: 1 / 0, targets=("given",))

    assert isinstance(failure, Failure)
    assert "target" == failure.reason


def test_a_blocking_function_blocks_nobody() -> None:
    """Row 71: the loop turns while a function sleeps, and others run beside it."""

    async def run() -> tuple[float, int]:
        client = FunctionClient({"slow": lambda: time.sleep(0.5)})
        turns = 0
        started = time.monotonic()
        asking = asyncio.gather(
            *(client.send(FunctionRequest(function="slow", arguments={}, code="")) for _ in range(8))
        )
        while not asking.done():
            await asyncio.sleep(0.01)
            turns += 1
        await client.close()
        return time.monotonic() - started, turns

    took_s, turns = asyncio.run(run())

    assert took_s < 3
    assert turns > 5


def test_a_function_that_hangs_is_left_behind() -> None:
    """Cancelled at once, sync or async; its thread is a daemon, and what it returns later is nobody's."""
    release = threading.Event()

    async def forever() -> None:
        await asyncio.Event().wait()

    async def run() -> None:
        client = FunctionClient({"hang": release.wait, "forever": forever})
        for name in ("hang", "forever"):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await client.send(FunctionRequest(function=name, arguments={}, code=""))
        await client.close()
        release.set()
        await asyncio.sleep(0.05)

    asyncio.run(run())

    assert [] == [each for each in threading.enumerate() if not each.daemon and each is not threading.main_thread()]


def test_a_function_may_outlive_the_loop() -> None:
    """Then there is nobody left to tell."""
    release, ended = threading.Event(), threading.Event()

    def slow() -> None:
        release.wait(10)
        ended.set()

    async def run() -> None:
        client = FunctionClient({"slow": slow})
        asyncio.create_task(client.send(FunctionRequest(function="slow", arguments={}, code="")))  # noqa: RUF006
        await asyncio.sleep(0.1)
        await client.close()

    asyncio.run(run())
    release.set()

    assert ended.wait(10)
    time.sleep(0.05)


def test_what_functions_print_stays_off_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` promises one object there, and nothing else."""

    async def later() -> None:
        sys.stdout.write("from async\n")

    async def run() -> None:
        client = FunctionClient({"now": lambda: sys.stdout.write("from sync\n"), "later": later})
        for name in ("now", "later", "now"):
            await client.send(FunctionRequest(function=name, arguments={}, code=""))
        sys.stdout.write("ours\n")
        await client.close()
        sys.stdout.write("after\n")

    asyncio.run(run())

    assert ("ours\nafter\n", "from sync\nfrom async\nfrom sync\n") == tuple(capsys.readouterr())


def test_standard_output_that_someone_else_took_is_left_to_them() -> None:
    """Notebooks and test runners do so."""

    async def run() -> bool:
        client = FunctionClient({"now": lambda: 1})
        await client.send(FunctionRequest(function="now", arguments={}, code=""))
        theirs = sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: ASYNC230, PTH123, SIM115
        await client.close()
        kept = sys.stdout is theirs
        theirs.close()
        return kept

    before = sys.stdout
    try:
        assert asyncio.run(run())
    finally:
        sys.stdout = before


def test_functions_are_found_in_the_folder_of_the_suite(tmp_path: Path) -> None:
    """With what stands beside them, in packages too; the path is left as it was."""
    (tmp_path / "ours_side.py").write_text("WORD = 'beside'\n")
    sys.modules.pop("colorsys", None)
    (tmp_path / "ours_main.py").write_text("import colorsys, ours_side\ndef say():\n    return ours_side.WORD\n")
    (tmp_path / "ours_pack").mkdir()
    (tmp_path / "ours_pack" / "__init__.py").write_text("")
    (tmp_path / "ours_pack" / "deep.py").write_text(
        "class Bot:\n    @staticmethod\n    def say():\n        return 1 / 0\n"
    )
    folder = str(tmp_path)

    assert '"beside"' == text(calling("ours_main:say", folder=folder))
    assert "ZeroDivisionError: division by zero (deep.py:4)" == message(
        calling("ours_pack.deep:Bot.say", folder=folder)
    )
    assert folder not in sys.path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ours_none:f", "ModuleNotFoundError: No module named 'ours_none'"),
        ("ours_some:g", "AttributeError: module 'ours_some' has no attribute 'g'"),
        ("ours_some:WORD", "TypeError: ours_some:WORD is no function"),
        ("ours_broken:f", "ZeroDivisionError: division by zero (ours_broken.py:1)"),
    ],
)
def test_a_function_that_cannot_be_found_is_a_failure(tmp_path: Path, name: str, expected: str) -> None:
    """Of every evaluation that needs it, and of no other."""
    (tmp_path / "ours_some.py").write_text("WORD = 1\n")
    (tmp_path / "ours_broken.py").write_text("1 / 0\n")

    assert expected == message(calling(name, folder=str(tmp_path)))


def test_changed_code_is_imported_again(tmp_path: Path) -> None:
    """The key says new code, so new code must run: a notebook that edits its evaluators, helpers included."""
    (tmp_path / "ours_help.py").write_text("WORD = 'old'\n")
    (tmp_path / "ours_main.py").write_text("import ours_help\ndef say():\n    return ours_help.WORD\n")
    folder = str(tmp_path)
    first = text(calling("ours_main:say", folder=folder))
    again = text(calling("ours_main:say", folder=folder))
    (tmp_path / "ours_help.py").write_text("WORD = 'newer'\n")
    changed = text(calling("ours_main:say", folder=folder))
    (tmp_path / "ours_help.py").unlink()

    assert ('"old"', '"old"', '"newer"') == (first, again, changed)
    assert "No module named 'ours_help'" in message(calling("ours_main:say", folder=folder))


def test_two_suites_may_name_their_modules_alike(tmp_path: Path) -> None:
    """Each gets its own; what is installed keeps its name unless the folder has one like it."""
    for word in ("one", "two"):
        (tmp_path / word).mkdir()
        (tmp_path / word / "ours_same.py").write_text(f"def say():\n    return '{word}'\n")
    said = [text(calling("ours_same:say", folder=str(tmp_path / word))) for word in ("one", "two", "one")]

    assert ['"one"', '"two"', '"one"'] == said
    assert '"a"' == text(calling("json:dumps", folder=str(tmp_path), obj="a")).replace("\\", "").replace('""', '"')


def planted(folder: Path, name: str, said: str) -> None:
    """Bytecode that Python runs in place of a module without comparing the two."""
    other = folder / "other.txt"
    other.write_text(f"def say():\n    return {said!r}\n")
    bytecode = importlib.util.cache_from_source(str(folder / f"{name}.py"))
    py_compile.compile(str(other), cfile=bytecode, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


def test_bytecode_beside_the_code_is_not_run(tmp_path: Path) -> None:
    """Trust and keys hash the source: it alone runs, be it imported when first called, by another one, or by its path."""
    (tmp_path / "ours_main.py").write_text(
        "import importlib.util\n"
        "def say():\n    return 'main'\n"
        "def late():\n    import ours_late\n    return ours_late.say()\n"
        "def by_path():\n"
        "    spec = importlib.util.spec_from_file_location('ours_path', __file__.replace('main', 'path'))\n"
        "    module = importlib.util.module_from_spec(spec)\n"
        "    spec.loader.exec_module(module)\n"
        "    return module.say()\n"
    )
    for name in ("main", "late", "path"):
        if name != "main":
            (tmp_path / f"ours_{name}.py").write_text(f"def say():\n    return {name!r}\n")
        planted(tmp_path, f"ours_{name}", "planted")
    before = sys.pycache_prefix, list(sys.meta_path)

    names = ("ours_main:say", "ours_main:late", "ours_main:by_path")
    said = [text(calling(name, folder=str(tmp_path))) for name in names]

    assert ['"main"', '"late"', '"path"'] == said
    assert before == (sys.pycache_prefix, list(sys.meta_path))
    sys.modules.pop("ours_late")
    sys.path.insert(0, str(tmp_path))
    try:
        assert "planted" == importlib.import_module("ours_late").say()  # so it would have been run
    finally:
        sys.path.remove(str(tmp_path))


def test_libraries_keep_their_bytecode(tmp_path: Path) -> None:
    """Compiling numpy anew takes a second; what stands beside the bytecode is read as ever."""
    (tmp_path / "ours_library").mkdir()
    (tmp_path / "ours_library" / "__init__.py").write_text("")
    (tmp_path / "ours_library" / "table.txt").write_text("1 2 3")
    planted(tmp_path / "ours_library", "__init__", "fast")
    found = sources_only([str(tmp_path)])
    sys.path.insert(0, str(tmp_path))
    try:
        module = importlib.import_module("ours_library")
    finally:
        sys.path.remove(str(tmp_path))
        release(found)

    assert "fast" == module.say()
    assert b"1 2 3" == module.__loader__.get_data(str(tmp_path / "ours_library" / "table.txt"))
    assert not [each for each in sys.meta_path if isinstance(each, SourcesOnly)]


def test_two_clients_at_once_leave_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first to end takes neither the import path nor standard output away from the other one; the last one both."""
    (tmp_path / "ours_first.py").write_text(
        "def say():\n    import ours_later\n    print('said')\n    return ours_later.WORD\n"
    )
    (tmp_path / "ours_later.py").write_text("WORD = 'later'\n")
    (tmp_path / "ours_other.py").write_text("def say():\n    return 1\n")
    folder = str(tmp_path)
    before = sys.stdout, list(sys.path), sys.pycache_prefix, list(sys.meta_path)

    async def run() -> list[str]:
        first, second = FunctionClient(folder=folder), FunctionClient(folder=folder)
        names = ((first, "ours_other:say"), (second, "ours_other:say"), (second, "ours_first:say"))
        said: list[str] = []
        for client, name in names:
            if name == "ours_first:say":
                await first.close()
            said.append(text(await client.send(FunctionRequest(function=name, arguments={}, code=""))))
        await second.close()
        return said

    assert ["1", "1", '"later"'] == asyncio.run(run())
    assert ("", "said\n") == tuple(capsys.readouterr())
    assert before == (sys.stdout, list(sys.path), sys.pycache_prefix, list(sys.meta_path))


def test_code_that_changes_the_import_path_itself_is_no_trouble(tmp_path: Path) -> None:
    """It may have taken the folder away."""
    (tmp_path / "ours_odd.py").write_text("import sys\ndef say():\n    sys.path.clear()\n    return 1\n")
    before = list(sys.path)
    try:
        assert "1" == text(calling("ours_odd:say", folder=str(tmp_path)))
        assert [] == sys.path
    finally:
        sys.path[:] = before


def test_one_client_finds_several_functions(tmp_path: Path) -> None:
    """Each is looked for once, however often it is called."""
    (tmp_path / "ours_some.py").write_text("def one():\n    return 1\ndef two():\n    return 2\n")

    async def run() -> list[str]:
        client = FunctionClient(folder=str(tmp_path))
        names = ("ours_some:one", "ours_some:two", "ours_some:one")
        got = [await client.send(FunctionRequest(function=name, arguments={}, code="")) for name in names]
        await client.close()
        return [text(each) for each in got]

    assert ["1", "2", "1"] == asyncio.run(run())


def test_another_kind_of_request_is_a_mistake_of_ours() -> None:
    """Wiring decides who gets what."""
    with pytest.raises(AssertionError):
        asyncio.run(FunctionClient().send(CommandRequest(command=("a",), stdin="", code="")))
