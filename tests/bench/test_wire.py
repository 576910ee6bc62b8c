"""Requests come off the wire the same, however the bytes are cut."""

from hypothesis import given
from hypothesis import strategies as st

from bench.wire import awaits_continue, header, request_in, response_head

BODIES = st.lists(st.binary(max_size=40), min_size=1, max_size=4)


def taken(received: bytes) -> tuple[list[bytes], bytes]:
    """The bodies of all whole requests and what is left over."""
    bodies: list[bytes] = []
    while request := request_in(received):
        bodies.append(request.body)
        received = received[request.used :]
    return bodies, received


@given(BODIES, st.integers(min_value=0, max_value=400))
def test_cuts_do_not_matter(bodies: list[bytes], cut: int) -> None:
    """A request is there when its last byte is, and none of the bytes after it is touched."""
    sent = b"".join(
        b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies
    )
    early, left = taken(sent[:cut])
    late, rest = taken(left + sent[cut:])

    assert (bodies, b"") == (early + late, rest)


def test_headers_are_found_by_name() -> None:
    """Names are matched whole and without regard to case; what is not there is empty."""
    request = request_in(b"GET /v1/models HTTP/1.1\r\nX-Api-Key:  Abc \r\nConnection: close\r\n\r\n")

    assert (b"abc", b"", False) == (
        header(request.head, b"x-api-key"),
        header(request.head, b"key"),
        request.keep_alive,
    )


def test_wish_for_a_word_before_the_body() -> None:
    """It counts in the head only."""
    assert awaits_continue(b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\n\r\n")
    assert not awaits_continue(b"POST /x HTTP/1.1\r\n\r\n\r\nExpect: 100-continue\r\n")


def test_response_head() -> None:
    """Unknown statuses have a reason as well, and extra headers come last."""
    head = response_head(599, 3, "text/plain", (("retry-after", "Zun, 32 Foo"),))

    assert (
        b"HTTP/1.1 599 Unknown\r\ncontent-type: text/plain\r\ncontent-length: 3\r\nretry-after: Zun, 32 Foo\r\n\r\n"
        == head
    )
