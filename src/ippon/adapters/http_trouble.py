"""What it means when an exchange over HTTP breaks: which kind of trouble, in words. Addresses are not shown, only hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ippon.execute.faults import inert
from ippon.records.call import Failure

if TYPE_CHECKING:
    import aiohttp

    from ippon.records.call import FailureClass


class Timeouts(NamedTuple):
    """In seconds: until connected, until the first byte, between two bytes, in all."""

    connect_s: float = 5.0
    first_byte_s: float = 60.0
    idle_s: float = 30.0
    attempt_s: float = 120.0


class SilentError(TimeoutError):
    """Nothing came for too long in the middle of a body."""


def failure_of(error: Exception, host: str, timeouts: Timeouts) -> Failure:
    """The failure that an exception stands for."""
    import aiohttp  # noqa: PLC0415 - whoever comes here has it

    if isinstance(error, aiohttp.ClientConnectorError):
        return _unconnected(error, host)
    for kind, reason, words in _table(timeouts):
        if isinstance(error, kind):
            return Failure(reason=reason, message=words.format(host=host))
    return Failure(reason="transport", message=f"the connection to {host} broke off ({type(error).__name__})")


def _table(timeouts: Timeouts) -> tuple[tuple[type[Exception], FailureClass, str], ...]:
    """(exception, class, words); the first that fits counts."""
    import zlib  # noqa: PLC0415

    import aiohttp  # noqa: PLC0415

    return (
        (aiohttp.ConnectionTimeoutError, "connect", f"no connection to {{host}} within {timeouts.connect_s:g} s"),
        (aiohttp.SocketTimeoutError, "timeout", f"{{host}} sent nothing for {timeouts.first_byte_s:g} s"),
        (SilentError, "timeout", f"{{host}} fell silent for {timeouts.idle_s:g} s in the middle of its answer"),
        (TimeoutError, "timeout", f"{{host}} did not end its answer within {timeouts.attempt_s:g} s"),
        (aiohttp.ClientResponseError, "not_a_provider", "{host} does not speak HTTP as it should"),
        (zlib.error, "not_a_provider", "{host} packs its answers in a way that nothing unpacks"),
        (ValueError, "not_found", "the base URL is no http or https address"),
        (aiohttp.NonHttpUrlClientError, "not_found", "the base URL is no http or https address"),
    )


def _unconnected(error: aiohttp.ClientConnectorError, host: str) -> Failure:
    """No connection: a certificate that is not accepted will not be the next time either."""
    import aiohttp  # noqa: PLC0415

    if isinstance(error, aiohttp.ClientSSLError):
        return Failure(reason="not_found", message=f"no secure connection to {host}: {inert(str(error.os_error))}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Failure(reason="connect", message=f"the host {host} cannot be found")
    if isinstance(error.os_error, ConnectionRefusedError):
        return Failure(reason="connect", message=f"no connection to {host}: connection refused")
    return Failure(reason="connect", message=f"no connection to {host}: {inert(error.strerror or '')}")
