"""What providers' replies mean: each row of the fault matrix, and any text at all."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.execute.faults import Asked, classify, error_in, inert, well_formed

NOW = 1_795_574_964.0  # 2026-11-25T02:49:24Z
ASKED = Asked(model="gpt-9", host="api.example.com", key_env="EXAMPLE_KEY")


def body(message: str = "no", **fields: object) -> bytes:
    """An error as most providers nest it."""
    return json.dumps({"error": {"message": message, **fields}}).encode()


def reason(status: int, content: bytes = b"") -> str:
    """How a reply without headers is classed."""
    return classify(status, {}, content, now=NOW).reason


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (301, "not_a_provider"),
        (307, "not_a_provider"),
        (400, "rejected"),
        (401, "authentication"),
        (402, "spend"),
        (403, "authentication"),
        (404, "not_found"),
        (405, "not_found"),
        (408, "server"),
        (409, "server"),
        (413, "rejected"),
        (418, "rejected"),
        (422, "rejected"),
        (425, "server"),
        (429, "rate_limit"),
        (500, "server"),
        (502, "server"),
        (503, "overloaded"),
        (504, "server"),
        (529, "overloaded"),
    ],
)
def test_a_status_alone_decides_where_the_body_says_nothing(status: int, expected: str) -> None:
    """Statuses without a body."""
    assert expected == reason(status)


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        # OpenAI
        (429, body(code="insufficient_quota", type="insufficient_quota"), "spend"),
        (429, body("You exceeded your current quota, please check your plan", code=None), "spend"),
        (429, body(code="rate_limit_exceeded", type="tokens"), "rate_limit"),
        (400, body(code="context_length_exceeded"), "input_too_long"),
        (400, body(code="string_above_max_length"), "input_too_long"),
        (404, body(code="model_not_found"), "not_found"),
        (403, body(code="model_not_found"), "not_found"),
        (401, body(code="invalid_api_key"), "authentication"),
        (400, body(code="billing_hard_limit_reached"), "spend"),
        (400, body(code="content_filter"), "rejected"),
        (503, body(type="engine_overloaded"), "overloaded"),
        # Anthropic
        (400, body("Your credit balance is too low", type="invalid_request_error"), "spend"),
        (
            400,
            body("prompt is too long: 210000 tokens > 200000 maximum", type="invalid_request_error"),
            "input_too_long",
        ),
        (529, body("Overloaded", type="overloaded_error"), "overloaded"),
        (404, body("model: nope", type="not_found_error"), "not_found"),
        (403, body("no", type="permission_error"), "authentication"),
        (413, body("no", type="request_too_large"), "rejected"),
        # OpenRouter
        (402, body("Insufficient credits", code=402), "spend"),
        (403, body("Input was flagged", code=403, metadata={"reasons": ["violence"]}), "rejected"),
        (429, body("no", code=429), "rate_limit"),
        (200, body("Provider returned error", code=502), "server"),
        (200, body("Provider returned error", code="429"), "rate_limit"),
        (200, body("no", code=401), "authentication"),
        (200, body("no", code=402), "spend"),
        (200, body("no", type="invalid_request_error"), "rejected"),
        (200, body("no", type="permission_error"), "authentication"),
        (200, body("what else"), "server"),
        (200, body("maximum context length is 10", code=7), "input_too_long"),
        # vLLM, old and new
        (
            400,
            b'{"object":"error","message":"This model\'s maximum context length is 10 tokens","type":"BadRequestError"}',
            "input_too_long",
        ),
        (404, body("The model `x` does not exist.", type="NotFoundError", code=404), "not_found"),
        (422, b'{"detail":[{"loc":["body"],"msg":"field required"}]}', "rejected"),
        # llama.cpp
        (400, body("request (9001 tokens) exceeds", type="exceed_context_size_error"), "input_too_long"),
        (503, body("Loading model", type="unavailable_error", code=503), "overloaded"),
        # Google through its OpenAI door: a list, and one word for all limits
        (400, b'[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]', "authentication"),
        (
            429,
            b'[{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED"}}]',
            "rate_limit",
        ),
        # others
        (400, b'{"error":{"type":"budget_exceeded","message":"Budget has been exceeded"}}', "spend"),
        (404, b'{"error":"model \\"x\\" not found, try pulling it first"}', "not_found"),
        (400, b'{"errors":[{"message":"bad","code":5007}]}', "rejected"),
        (500, b"<html>oops</html>", "server"),
        (500, b"[" * 100_000, "server"),
        (500, b"[]", "server"),
        (500, b'"just a text"', "server"),
    ],
)
def test_a_code_in_the_body_counts_more_than_the_status(status: int, content: bytes, expected: str) -> None:
    """Providers' own words, by status and code."""
    assert expected == reason(status, content)


def test_billing_is_said_in_one_line() -> None:
    """Row 21: the user sees that it is about money, and the code."""
    failure = classify(429, {"retry-after": "1"}, body("Add\n credits", code="insufficient_quota"), now=NOW)

    assert ("billing: Add credits", "insufficient_quota", None) == (
        failure.message,
        failure.code,
        failure.retry_after_s,
    )


def test_a_refused_key_is_named_by_its_variable() -> None:
    """Row 22: the variable, never the key."""
    failure = classify(401, {}, body("bad key abcd1234efgh"), now=NOW, secrets=["abcd1234efgh"], asked=ASKED)

    assert "api.example.com refused the key in EXAMPLE_KEY: bad key [secret]" == failure.message


def test_a_refusal_without_a_key_says_that_there_was_none() -> None:
    """A key that was never set is the likeliest cause."""
    failure = classify(401, {}, b"", now=NOW)

    assert failure.message.startswith("the provider refused the request, which had no key (export IPPON_API_KEY=... ")


def test_an_unknown_model_is_named() -> None:
    """Row 23."""
    failure = classify(404, {}, body("The model does not exist", code="model_not_found"), now=NOW, asked=ASKED)

    assert "api.example.com knows no model 'gpt-9': The model does not exist" == failure.message


def test_a_wrong_address_is_told_from_an_unknown_model() -> None:
    """A 404 that no provider wrote is about the base URL."""
    failure = classify(404, {}, b"404 page not found", now=NOW, asked=ASKED)

    assert (
        "nothing answers at this address of api.example.com (404 page not found); is the base URL right?"
        == failure.message
    )


def test_a_redirect_is_refused_by_name() -> None:
    """Row 11: where it wanted to lead is shown, with nothing alive in it."""
    failure = classify(307, {"location": "http://evil.example/\x1b[31m"}, b"", now=NOW)

    assert "redirect refused (HTTP 307, to http://evil.example/\\x1b[31m)" == failure.message


def test_an_error_that_came_as_a_200_keeps_its_words() -> None:
    """Row 30, also where it has none."""
    told = classify(200, {}, body("Provider returned error", code=502, metadata={"raw": "upstream"}), now=NOW)
    silent = classify(200, {}, b'{"error":{}}', now=NOW)

    assert 'HTTP 200: Provider returned error {"raw": "upstream"}' == told.message
    assert "HTTP 200: no reason given" == silent.message


def test_a_long_wait_is_told() -> None:
    """Row 18: 15 minutes are said in words, and the run can stop."""
    failure = classify(429, {"retry-after": "900"}, body("slow down"), now=NOW)

    assert (900.0, "asks to wait 900 s: HTTP 429: slow down") == (failure.retry_after_s, failure.message)


def test_reset_headers_mean_nothing_where_no_limit_was_hit() -> None:
    """OpenAI sends them with every answer; only an explicit hint slows a server error."""
    headers = {"x-ratelimit-reset-tokens": "60s"}

    assert None is classify(500, headers, b"", now=NOW).retry_after_s
    assert 60.0 == classify(503, headers, b"", now=NOW).retry_after_s
    assert 2.0 == classify(500, {**headers, "retry-after": "2"}, b"", now=NOW).retry_after_s
    assert None is classify(400, {"retry-after": "2"}, b"", now=NOW).retry_after_s


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\n\tb", "a b"),
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u200bb\ud800", "a\\u200bb\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: [secret]"),
        ("key sk-proj-abcdefgh12345", "key [secret]"),
        ("Grüße 漢字 👍", "Grüße 漢字 👍"),
    ],
)
def test_text_of_strangers_is_inert(text: str, expected: str) -> None:
    """Threats 29, 31 and 33: no control, no hidden character, nothing that looks like a key."""
    assert expected == inert(text)


def test_secrets_go_before_text_is_cut() -> None:
    """Half a key would be as good as a whole one; a key within a longer key leaves no rest."""
    secret = "k" * 40

    assert secret[:4] not in inert("x " * 142 + secret, [secret[:30], secret])
    assert 300 == len(inert("ab " * 500))
    assert "abc" == inert("abc", ["abc"])  # too short to be a secret


def test_broken_pairs_become_replacement_characters() -> None:
    """Row 40: what UTF-8 refuses never reaches a store."""
    assert "a\ufffdb👍" == well_formed("a\ud800b👍")


def test_a_body_says_which_parameter_it_is_about() -> None:
    """What a client looks at before it leaves a parameter out."""
    assert "temperature" == error_in(body(param="temperature")).parameter


@settings(deadline=None)
@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset-tokens", "location"]), st.text()),
    st.binary() | st.text().map(str.encode) | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["error", "message", "code", "type", "x"]), inner),
    ).map(lambda value: json.dumps(value).encode()),
)  # fmt: skip
def test_any_reply_is_classed(status: int, headers: dict[str, str], content: bytes) -> None:
    """Total: no reply of any server raises, and its message is short, on one line, and inert."""
    failure = classify(status, headers, content, now=NOW)

    assert len(failure.message) <= 300
    assert not {unicodedata.category(each) for each in failure.message} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(failure.message) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200f\u200b")
    assert failure.retry_after_s is None or 0 < failure.retry_after_s <= 366 * 86_400
