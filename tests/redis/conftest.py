"""One server for the tests of a process; each finds it empty."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from bench.endpoint import serving as endpoint_serving
from bench.redis_server import program, serving
from bench.script import Script
from tests.door import coaching, ippon
from tests.redis.counted import EXAMPLES


@pytest.fixture(autouse=True, scope="session")
def installed():
    """`make test` asks for no more than Python, make and git; `.ci/run` installs the server."""
    if program() is None:
        pytest.skip("redis-server is not installed")


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """A server that stands for the session."""
    with serving(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def server(running):
    """The same, empty."""
    running.say("FLUSHALL")
    return running


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A folder with a certificate that signs itself, for 127.0.0.1."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", *words.split(), *files], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def endpoint():
    """What judges everything at once and well."""
    with endpoint_serving(Script()) as there:
        yield there


@pytest.fixture
def person(tmp_path, monkeypatch, capsys, endpoint):
    """Runs the suite as somebody with a machine of their own: cache, history, state."""

    def run(who: str, *words: str, suite: str = ""):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / who))
        path = suite or coaching(tmp_path, n=EXAMPLES)
        store = str(tmp_path / f"{who}.sqlite")
        judge = ["--judge", "vllm/scripted", "--base-url", endpoint.base_url]
        return ippon(capsys, "run", path, "-t", "full", *judge, "--store", store, *words)

    return run
