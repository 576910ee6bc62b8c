"""What the endpoint says: a text that depends on the request's body alone, and how sure of it it claims to be."""

import re
from collections.abc import Callable
from math import log
from typing import Any, cast

import msgspec

Answer = Callable[[dict[str, Any]], str | dict[str, Any] | bytes]
"""The request's body to the text of the answer, the object whose JSON is that text, or the whole response body."""

_TOKEN = re.compile(r"\s*\w+|\s*[^\w\s]+|\s+")
_QUOTED = re.compile(r'"([^"]+)"')
_RANGE = re.compile(r"\[(\w)-(\w)\]")


class Named(msgspec.Struct):
    """A schema with its name, as OpenAI nests it."""

    schema: dict[str, Any] | None = None


class Format(msgspec.Struct):
    """`response_format` of OpenAI (nested) and llama.cpp, `format` of Anthropic (flat)."""

    json_schema: Named | None = None
    schema: dict[str, Any] | None = None


class OutputConfig(msgspec.Struct):
    """Where Anthropic keeps its format."""

    format: Format | None = None


class Tool(msgspec.Struct):
    """A tool of Anthropic's shape."""

    name: str = "tool"
    input_schema: dict[str, Any] | None = None


class Asked(msgspec.Struct):
    """The parts of a request that the answer depends on; the rest is not decoded."""

    model: str = "scripted"
    messages: msgspec.Raw = msgspec.Raw()
    prompt: str | list[Any] | None = None
    response_format: Format | None = None
    output_config: OutputConfig | None = None
    json_schema: dict[str, Any] | None = None
    grammar: str = ""
    tools: list[Tool] = []
    logprobs: bool | int | None = None
    top_logprobs: int | None = None
    post_sampling_probs: bool = False
    stream: bool | None = None

    def schema(self) -> dict[str, Any] | None:
        """The JSON schema of the answer, wherever the provider's shape keeps it."""
        forms = (self.response_format, self.output_config.format if self.output_config else None)
        for form in forms:
            if form is not None:
                return form.schema or (form.json_schema.schema if form.json_schema else None)
        return self.json_schema


def text_of(asked: Asked, digest: bytes) -> str:
    """What the endpoint says without a callable."""
    draw = int.from_bytes(digest, "big")
    schema = asked.schema()
    if schema is not None:
        return msgspec.json.encode(_filled(schema, draw)).decode()
    words = _words_of(asked.grammar)
    if words:
        return words[draw % len(words)]
    return f"Answer {digest.hex()[:8]} to: {_last_words(asked)}"


def tool_input(tool: Tool, digest: bytes) -> Any:
    """The arguments for a tool that the request offers."""
    return _filled(tool.input_schema or {}, int.from_bytes(digest, "big"))


def token_count(text: str) -> int:
    """Tokens of the text by the endpoint's own crude rule: a word or a run of signs, with the blanks before it."""
    return len(_TOKEN.findall(text))


def token_logprobs(asked: Asked, text: str, digest: bytes) -> list[tuple[str, list[tuple[str, float]]]]:
    """Each token with the likeliest alternatives, best first, as (text, log probability); the first is the token.

    A label out of an enum or a grammar is one token, and its alternatives are the other labels.
    """
    label, others = _label_in(asked, text)
    if not label:
        return [(token, _alternatives(token, [], digest, 0.98)) for token in _TOKEN.findall(text)]
    at = text.rfind(label)
    sure = 0.55 + 0.4 * digest[-1] / 255
    return [
        *((token, _alternatives(token, [], digest, 0.98)) for token in _TOKEN.findall(text[:at])),
        (label, _alternatives(label, others, digest, sure)),
        *((token, _alternatives(token, [], digest, 0.98)) for token in _TOKEN.findall(text[at + len(label) :])),
    ]


def _alternatives(token: str, others: list[str], digest: bytes, sure: float) -> list[tuple[str, float]]:
    """The token with probability `sure`; all but a hundredth of the rest goes to the others, halved each time."""
    rest = 1 - sure
    weights = [2.0**-place for place in range(len(others))]
    listed = [(token, log(sure))]
    turn = digest[0] % len(others) if others else 0
    for other, weight in zip(others[turn:] + others[:turn], weights, strict=True):
        listed.append((other, log(0.99 * rest * weight / sum(weights))))
    listed.extend(
        (f"{token}{mark}", log(0.01 * rest * 2.0**-place)) for place, mark in enumerate("_-~.,;:!?+*=/|&%$#@^", 1)
    )
    return listed


def _label_in(asked: Asked, text: str) -> tuple[str, list[str]]:
    labels = _words_of(asked.grammar)
    schema = asked.schema()
    if schema is not None:
        labels = [str(label) for label in schema.get("properties", {}).get("label", {}).get("enum", [])]
        text = text[text.rfind('"label":') + 8 :].strip('"}')
    chosen = next((label for label in labels if text == label or text.startswith(f'{label}"')), "")
    return chosen, [label for label in labels if label != chosen]


def _words_of(grammar: str) -> list[str]:
    """The alternatives of a one-rule grammar such as `root ::= "good" | "poor"` or `root ::= [1-5]`."""
    ranged = _RANGE.search(grammar)
    if ranged:
        return [chr(code) for code in range(ord(ranged[1]), ord(ranged[2]) + 1)]
    return _QUOTED.findall(grammar)


def _last_words(asked: Asked) -> str:
    """The end of what was asked, at most 60 characters."""
    said: Any = asked.prompt
    if bytes(asked.messages):
        messages = msgspec.json.decode(asked.messages, type=list[dict[str, Any]])
        said = messages[-1].get("content") if messages else ""
    if isinstance(said, list):  # parts, or several prompts of which the last is answered
        last: Any = cast("list[Any]", said)[-1] if said else ""
        said = last.get("text", "") if isinstance(last, dict) else last  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]  # JSON
    return " ".join(str(said).split())[-60:]  # pyright: ignore[reportUnknownArgumentType]  # JSON


def _filled(schema: dict[str, Any], draw: int) -> Any:
    """A value that the schema allows, chosen by the draw; references and patterns are not followed."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][draw % len(schema["enum"])]
    if "anyOf" in schema:
        return _filled(schema["anyOf"][0], draw)
    kind: Any = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        properties: dict[str, Any] = schema.get("properties", {})
        return {name: _filled(part, draw >> 16 * (place % 8)) for place, (name, part) in enumerate(properties.items())}
    if kind == "array":
        return [_filled(schema.get("items", {}), draw >> 8 * place) for place in range(schema.get("minItems", 1))]
    return _scalar(kind if isinstance(kind, str) else kind[0], schema, draw)


def _scalar(kind: str, schema: dict[str, Any], draw: int) -> Any:
    low, high = schema.get("minimum", 0), schema.get("maximum", 10)
    if kind == "integer":
        return low + draw % (high - low + 1)
    if kind == "number":
        return low + (high - low) * (draw % 101) / 100
    if kind == "boolean":
        return draw % 2 == 1
    return None if kind == "null" else f"because of point {draw % 100}"
