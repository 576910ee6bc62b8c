"""The scripted endpoint on the wire and as a process: odd requests, order, steering over HTTP, and its end."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from bench.endpoint import Script, serving, spawned

ROOT = Path(__file__).resolve().parents[2]


def test_pipelined_requests_keep_their_order() -> None:
    """Requests sent in one go are answered one by one in order, and pieces of a request are put together."""
    bodies = [json.dumps({"prompt": f"number {n}"}).encode() for n in range(5)]
    sent = b"".join(
        b"POST /v1/completions HTTP/1.1\r\nContent-Length: %d\r\n%s\r\n%s"
        % (len(body), b"Connection: close\r\n" if body is bodies[-1] else b"", body)
        for body in bodies
    )
    with serving(Script(latency_s=0.01)) as endpoint:
        port = int(endpoint.base_url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            for start in range(0, len(sent), 37):
                client.sendall(sent[start : start + 37])
            received = b"".join(iter(lambda: client.recv(65536), b""))

    places = [received.index(b"number %d" % n) for n in range(5)]

    assert sorted(places) == places
    assert 5 == received.count(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /v1/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST /v1/completions HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /v1/completions HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /v1/nowhere HTTP/1.0\r\n\r\n", 404),
        (b"GET /v1/completions HTTP/1.0\r\n\r\n", 404),
    ],
)
def test_odd_requests_are_answered(head: bytes, status: int) -> None:
    """What the endpoint does not take is refused with its status, and the connection ends."""
    with serving() as endpoint, contextlib.closing(socket.socket()) as client:
        client.connect(("127.0.0.1", int(endpoint.base_url.split(":")[2].split("/")[0])))
        client.settimeout(10)
        client.sendall(head)
        received = b"".join(iter(lambda: client.recv(65536), b""))

    assert b"HTTP/1.1 %d " % status == received[:13]


def test_models_stats_and_reset_over_http() -> None:
    """A process of its own lists its models, tells its counts and takes a new script; it ends with the block."""
    with spawned(Script(models=("small", "large"))) as endpoint:
        with urllib.request.urlopen(endpoint.base_url + "/models", timeout=10) as response:
            models = json.loads(response.read())
        before = endpoint.stats()
        endpoint.reset(Script(faults={"500": 1}))
        request = urllib.request.Request(endpoint.base_url + "/completions", b"{}")
        with pytest.raises(urllib.error.HTTPError) as failed:
            urllib.request.urlopen(request, timeout=10)
        failed.value.close()
        after = endpoint.stats(arrivals=True)

    assert ["small", "large"] == [model["id"] for model in models["data"]]
    assert (0, {"/v1/models": 1}) == (before.requests, before.by_path)
    assert (1, {"500": 1}, 1) == (after.requests, after.by_status, len(after.arrivals_s))


@pytest.mark.parametrize("ending", ["input", "time"])
def test_command_ends_by_itself(ending: str) -> None:
    """Without anyone to stop it the command ends: when its input does, or when its time is over."""
    command = [sys.executable, "-m", "bench.endpoint", "--latency-s", "0", "--fault", "429=0.5"]
    command += ["--max-s", "60" if ending == "input" else "0.3"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline()
        if ending == "input":
            process.stdin.close()
        code = process.wait(timeout=15)

    assert "http://127.0.0.1:" == url[:17]
    assert 0 == code


def test_command_ends_with_its_parent() -> None:
    """A killed parent takes the endpoint with it, even where the endpoint's input is no pipe."""
    script = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-m', 'bench.endpoint'],"
        " stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True);"
        "print(p.stdout.readline().strip(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        port = int(parent.stdout.readline().split(":")[2].split("/")[0])
        os.kill(parent.pid, 9)
    deadline_s = time.monotonic() + 15
    with contextlib.suppress(ConnectionRefusedError):
        while time.monotonic() < deadline_s:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            time.sleep(0.05)
        pytest.fail("the endpoint outlived its parent")


def test_throughput_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """How many requests a second of the endpoint's processor serves: shown, not judged, since machines differ."""
    with spawned() as endpoint:
        command = [
            sys.executable,
            "-m",
            "bench.load",
            endpoint.base_url,
            "--requests",
            "4000",
            "--raw",
            "--in-flight",
            "32",
        ]
        found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
        stats = endpoint.stats()

    assert (4000, 32) == (stats.answered, stats.distinct)
    with capsys.disabled():
        sys.stdout.write(
            f"\nendpoint: {found['per_s']:,.0f} requests/s, {4000 / stats.cpu_s:,.0f} a second of its processor\n"
        )
