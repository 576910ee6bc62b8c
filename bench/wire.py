"""As much of HTTP/1.1 as an endpoint on loopback needs: bytes in, requests out, and the other way round."""

from typing import NamedTuple

MAX_HEAD_BYTES = 65_536
MAX_BODY_BYTES = 64 * 1024 * 1024
_REASONS = {
    200: "OK",
    307: "Temporary Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    529: "Overloaded",
}


class Request(NamedTuple):
    """One request, whole."""

    method: bytes
    path: bytes
    head: bytes
    """All of the head in lower case, for `header`."""
    body: bytes
    used: int
    """Bytes it took of what was read."""
    keep_alive: bool


class MalformedError(Exception):
    """What came is no request that this server takes; the connection ends after `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def request_in(received: bytes) -> Request | None:
    """The first request of the bytes, or None while it is not all there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        if len(received) > MAX_HEAD_BYTES:
            raise MalformedError(431)
        return None
    head = received[: end + 2].lower()
    start = end + 4
    used = start + _body_length(head)
    if len(received) < used:
        return None
    first = received[: received.find(b"\r\n")].split(b" ")
    if len(first) != 3 or not first[2].startswith(b"HTTP/1."):
        raise MalformedError(400)
    keep_alive = first[2] == b"HTTP/1.1" and b"\r\nconnection: close" not in head
    return Request(first[0], first[1], head, received[start:used], used, keep_alive)


def header(head: bytes, name: bytes) -> bytes:
    """The header's value out of a lower-case head; empty where there is none."""
    at = head.find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    at += len(name) + 3
    return head[at : head.index(b"\r\n", at)].strip()


def awaits_continue(received: bytes) -> bool:
    """Whether the head is there and its sender waits for a word before the body."""
    return b"\r\nexpect: 100-continue" in received[: received.find(b"\r\n\r\n") + 2].lower()


def response_head(status: int, length: int, content_type: str, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Status line and headers, the blank line included."""
    extra = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return (
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}\r\n"
        f"content-type: {content_type}\r\ncontent-length: {length}\r\n{extra}\r\n"
    ).encode("latin-1", "replace")


def _body_length(head: bytes) -> int:
    if b"\r\ntransfer-encoding:" in head:
        raise MalformedError(411)
    length = header(head, b"content-length")
    if not length:
        return 0
    if not length.isdigit():
        raise MalformedError(400)
    if len(length) > 12 or int(length) > MAX_BODY_BYTES:
        raise MalformedError(413)
    return int(length)
