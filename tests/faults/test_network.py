"""Rows 1 to 8: names that lead nowhere, closed ports, certificates, silence, resets, drips."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.faults.raw import chat, http, reset, saying

KEY = "sk-of-nobody-at-all-1234567890"
PRICE = "[judge.price]\ninput = 1\noutput = 2\n"
OTHER = """
[providers.ours]
base_url = "{}"
[[evaluators]]
name = "other"
rubric = "The reply shows other."
model = "ours/other"
"""


@pytest.mark.row(1, "DNS failure")
def test_a_host_that_is_not_there(run):
    """Named once, for the lane; what was not sent is not counted."""
    went = run("http://no-such-host.invalid/v1", n=42)

    assert (3, "incomplete", 294, 0) == (went.code, went.run["verdict"], went.counts["missing"], went.run["calls_sent"])
    assert 1 == went.err.count("no-such-host.invalid cannot be found")


@pytest.mark.row(2, "connection refused")
def test_a_closed_port(run):
    """Five refusals and what was in flight with them; then the lane ends, with a word about what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    went = run(f"http://127.0.0.1:{port}/v1", n=42)

    assert (3, 294, 0) == (went.code, went.counts["missing"], went.run["calls_sent"])
    assert sum(result["tries"] for result in went.run["results"]) <= 5 + 16
    assert 1 == went.err.count(f"127.0.0.1:{port}: connection refused")
    assert "hint: is it running?" in went.err


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate that nobody has signed but itself, and its key."""
    if shutil.which("openssl") is None:  # pragma: no cover - it stands on nearly every machine
        pytest.skip("no openssl here")
    pem = tmp_path_factory.mktemp("tls") / "both.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    named = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"]
    subprocess.run([*made, *named, "-keyout", str(pem), "-out", f"{pem}.crt"], check=True, capture_output=True)
    pem.write_text(pem.read_text() + pem.with_name(f"{pem.name}.crt").read_text())
    return pem


@pytest.mark.row(3, "TLS error")
def test_a_certificate_that_nobody_signed(run, certificate, monkeypatch):
    """Ends the lane, without a retry and without a word about not looking at certificates; the key was never sent."""
    monkeypatch.setenv("IPPON_API_KEY", KEY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def say(asked, writer):
        writer.write(http(chat(asked)))

    with saying(say, tls=context) as raw:
        went = run(raw.base_url)

    assert (3, 42, 0, []) == (went.code, went.counts["missing"], went.run["calls_sent"], raw.asked)
    assert {0, 1} >= {result["tries"] for result in went.run["results"]}
    assert "no secure connection to 127.0.0.1" in went.message
    assert "self-signed certificate" in went.message.replace("self signed", "self-signed")
    assert not {"verify=", "--insecure", KEY} & {word for word in went.err.split() if word}


@pytest.mark.row(3, "TLS error")
def test_a_handshake_that_is_broken_off(run):
    """Is no verdict on the certificate: it is tried again like any connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening, _hanging_up(listening):
        went = run(f"https://127.0.0.1:{listening.getsockname()[1]}/v1")

    assert (3, {"connect"}, 0) == (went.code, went.errors, went.run["calls_sent"])


@contextlib.contextmanager
def _hanging_up(listening):
    """Accept, and hang up, until the block ends."""
    import threading

    def answer():
        with contextlib.suppress(OSError):
            while True:
                listening.accept()[0].close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.row(4, "connect hangs")
def test_a_port_that_swallows_connections(run, quick):
    """Given up after five seconds; the lane beside it is not held up."""
    quick(20)
    with contextlib.ExitStack() as stack:
        deaf = stack.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(3):  # the queue is full then, and what knocks is dropped
            knocking = stack.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(deaf.getsockname())
        endpoint = stack.enter_context(serving(Script()))
        went = run(f"http://127.0.0.1:{deaf.getsockname()[1]}/v1", more=OTHER.format(endpoint.base_url), within_s=30)
        requests = endpoint.stats().requests

    assert (3, 6, 42, 6) == (went.code, went.counts["answered"], went.counts["missing"], requests)
    assert 6 == went.run["calls_sent"]
    assert "within 5 s" in went.message
    assert went.took_s >= 5


@pytest.mark.row(5, "reset before headers")
def test_a_reset_is_retried_and_may_have_to_be_paid(run):
    """The server may have worked: what a lost call may cost is counted."""
    with serving(Script(faults={"reset": 0.2})) as endpoint:
        went = run(endpoint.base_url, more=PRICE, within_s=4)
        seen = endpoint.stats()

    assert (0, 42) == (went.code, went.counts["answered"])
    assert went.run["calls_sent"] == seen.requests > 42
    assert went.run["cost_usd"] > (seen.prompt_tokens + 2 * seen.completion_tokens) / 1e6


def _without_length(body):
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n" + body


def _chunked(body):
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + f"{len(body):x}\r\n".encode() + body


@pytest.mark.row(6, "reset mid-body")
@pytest.mark.parametrize(
    "framed", [lambda body: http(body, "200 OK", ("content-length", "99999")), _chunked, _without_length]
)
@pytest.mark.parametrize("rudely", [False, True])
def test_half_a_body_is_never_an_answer(run, framed, rudely):
    """Retried however its end is told; nothing of it is kept."""

    async def say(asked, writer):
        if asked.number % 10:
            writer.write(http(chat(asked)))
            return
        writer.write(framed(chat(asked)[:-40]))
        await writer.drain()
        if rudely:
            reset(writer)
        else:
            writer.close()

    with saying(say) as raw:
        went = run(raw.base_url, within_s=4)
        again = run(raw.base_url)

    assert (0, 42, len(raw.asked)) == (went.code, went.counts["answered"], went.run["calls_sent"])
    assert (42, 0) == (again.counts["cached"], again.run["calls_sent"])


@pytest.mark.row(7, "drip body")
def test_a_body_that_drips(run, quick):
    """A byte every five seconds is no hang: the attempt ends after 120 s, and another one is made."""
    quick(100)
    with serving(Script(faults={"drip": 1}, faults_until=1, drip_s=0.05)) as endpoint:
        went = run(endpoint.base_url, within_s=130)
        requests = endpoint.stats().requests

    assert (0, 42, 43, 43) == (went.code, went.counts["answered"], requests, went.run["calls_sent"])
    assert 120 <= went.took_s


@pytest.mark.row(8, "idle after headers")
def test_silence_after_the_headers(run, quick):
    """Thirty seconds, and the place is free again: with one place in all, the others come to their turn."""
    quick(50)
    with serving(Script(faults={"idle": 1}, faults_until=1)) as endpoint:
        went = run(endpoint.base_url, "-j", "1", within_s=60)
        requests = endpoint.stats().requests

    assert (0, 42, 43, 43) == (went.code, went.counts["answered"], requests, went.run["calls_sent"])
    assert 30 <= went.took_s
