"""The system under test: what is asked of it for an example, and the response in what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ippon.errors import SuiteError
from ippon.evaluate.material import columns, command_key
from ippon.evaluate.python import arguments
from ippon.evaluate.strict_json import Refused, decode
from ippon.evaluate.template import render, unknown_names
from ippon.evaluate.texts import as_text, encodable, fragment
from ippon.records.call import CommandRequest, Failure, FunctionRequest, HttpRequest, Message, ModelRequest
from ippon.records.suite import Code, CommandTarget, HttpTarget, ModelTarget, PythonTarget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ippon.records.call import Answer, Request
    from ippon.records.providers import ModelUse
    from ippon.records.suite import Example, Suite, Target

_encoder = msgspec.json.Encoder(order="sorted")


def request(target: Target, example: Example, suite: Suite, use: ModelUse | None) -> Request:
    """What to ask the system under test for an example.

    A column that only other examples have is null here, which a template renders as nothing. SuiteError for a name
    that no example has, a template that is none, and a recorded target, which has nothing to ask.
    """
    match target:
        case ModelTarget():
            return _model_request(target, example, suite, use)
        case HttpTarget():
            body = cast("dict[str, Any]", _filled(target.json, example, suite))
            return HttpRequest(url=target.url, json=body, version=str(target.version))
        case CommandTarget():
            return CommandRequest(
                command=tuple(target.command),
                stdin=_encoder.encode(example.row).decode(),
                code=_code(suite, command_key(target.command)).digest,
                version=str(target.version),
            )
        case PythonTarget():
            code = _code(suite, target.function)
            given = arguments(code, columns(suite, example), example.row)
            version = str(target.version)
            return FunctionRequest(function=target.function, arguments=given, code=code.digest, version=version)
        case _:
            raise SuiteError("a recorded target has nothing to ask: its responses stand in the examples")


def check(target: Target, suite: Suite) -> None:
    """Refuse, before anything is asked, a template that is none or that uses a name which no example has."""
    for template in _templates(target):
        for example in suite.examples[:1]:
            _rendered(template, example, suite)


def response_text(target: Target, answer: Answer) -> str | Failure:
    """The response in an answer. One that a model was cut off in is taken as it is: `answer.finish` says so."""
    match target:
        case HttpTarget() if target.answer is not None:
            return _part(answer.text, target.answer)
        case CommandTarget():
            return _printed(answer)
        case PythonTarget():
            return _returned(answer)
        case _:
            return answer.text


def _model_request(target: ModelTarget, example: Example, suite: Suite, use: ModelUse | None) -> ModelRequest:
    if use is None:
        raise SuiteError(f"the target's model {target.model} is not set up")
    templates = [("system", target.system), ("user", target.prompt)]
    turns = [
        Message(role="system" if role == "system" else "user", content=_rendered(template, example, suite))
        for role, template in templates
        if template is not None
    ]
    return ModelRequest(
        provider=use.provider,
        model=use.model,
        messages=tuple(turns),
        params={**use.params, **target.params},
        base_url=use.base_url,
        account=use.account,
        runtime=use.runtime,
    )


def _filled(value: Any, example: Example, suite: Suite) -> Any:
    """A JSON value with every text in it rendered; keys stay as they are."""
    match value:
        case str():
            return _rendered(value, example, suite)
        case dict():
            return {name: _filled(each, example, suite) for name, each in cast("dict[str, Any]", value).items()}
        case list():
            return [_filled(each, example, suite) for each in cast("list[Any]", value)]
        case _:
            return value


def _rendered(template: str, example: Example, suite: Suite) -> str:
    return render(template, _values(template, example, suite))


def _values(template: str, example: Example, suite: Suite) -> dict[str, Any]:
    """An example's columns, and null for those names of the template that only other examples have."""
    found = columns(suite, example)
    for name in unknown_names(template, found):
        if any(name in columns(suite, other) for other in suite.examples):
            found[name] = None
    return found


def _templates(target: Target) -> Iterator[str]:
    match target:
        case ModelTarget():
            yield from (text for text in (target.system, target.prompt) if text is not None)
        case HttpTarget():
            yield from _texts(target.json)
        case _:
            return


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict() | list():
            inner = cast("dict[str, Any]", value).values() if isinstance(value, dict) else cast("list[Any]", value)
            for each in inner:
                yield from _texts(each)
        case _:
            return


def _code(suite: Suite, name: str) -> Code:
    return suite.code.get(name) or Code(digest="")


def _part(body: str, path: str) -> str | Failure:
    """What stands in a JSON body where a path leads: keys, and positions in lists, joined by dots."""
    found = decode(body)
    if isinstance(found, Refused):
        return _failure(f"the endpoint's answer is {found.message}")
    value: Any = found.value
    for step in path.split("."):
        try:
            value = cast("list[Any]", value)[int(step)] if isinstance(value, list) else value[step]
        except (LookupError, TypeError, ValueError):
            return _failure(f"the endpoint's answer has no {fragment(path)} (stopped at {fragment(step)})")
    return _text(value)


def _printed(answer: Answer) -> str | Failure:
    if answer.exit_code:
        return _failure(f"the command ended with exit code {answer.exit_code}: {fragment(answer.text.strip())}")
    return answer.text.rstrip("\r\n")


def _returned(answer: Answer) -> str | Failure:
    found = decode(answer.text)
    if isinstance(found, Refused):
        return _failure(f"the function's result is {found.message}")
    return _text(found.value)


def _text(value: Any) -> str | Failure:
    return _failure("there is no response: null") if value is None else encodable(as_text(value))


def _failure(message: str) -> Failure:
    return Failure(reason="target", message=message)
