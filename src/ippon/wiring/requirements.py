"""What a run needs before it may ask: keys, parts that are installed, prices for its budgets, templates that are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.adapters.http_session import host_of, keeps_secrets
from ippon.errors import MissingExtraError, Problem, TrustError, UsageError
from ippon.evaluate.kinds import check
from ippon.evaluate.target import check as check_target
from ippon.records.call import ModelRequest
from ippon.records.providers import LOCAL
from ippon.wiring.clients import API_KEY
from ippon.wiring.models import missing_key, price_for, uses_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ippon.engine.parts import Prepared
    from ippon.engine.setting import Setting
    from ippon.records.providers import ModelUse
    from ippon.wiring.assemble import Assembled


def require(assembled: Assembled, prepared: Prepared) -> None:
    """Refuse to start what could only fail: a key that is not set, a part that is not installed, a template that is none."""
    if assembled.opened.layers is not None:  # what a run with --refresh never reads is to be known to be writable
        assembled.opened.layers.require()
    setting = assembled.setting
    due = {todo.evaluation.evaluator for todo in prepared.todo}
    check(each for position, each in enumerate(setting.suite.evaluators) if position in due)
    if setting.target is not None and any(todo.text is None for todo in prepared.todo):
        check_target(setting.target, setting.suite)
    problems = [problem for use, names in _needed(setting, prepared) for problem in _missing(use, names, assembled)]
    if problems:
        raise UsageError(*problems)


def _needed(setting: Setting, prepared: Prepared) -> Iterable[tuple[ModelUse, list[str]]]:
    """The models that the evaluations left to ask need, with who needs them."""
    found: dict[tuple[str, str, str | None], tuple[ModelUse, list[str]]] = {}
    for todo in prepared.todo:
        wanting = [
            (use, setting.evaluator(todo.evaluation).name) for use in uses_in(setting.models[todo.evaluation.evaluator])
        ]
        if todo.text is None and setting.target_use is not None:
            wanting.append((setting.target_use, f"target {setting.target_name}"))
        for use, name in wanting:
            _, names = found.setdefault((use.provider, use.model, use.base_url), (use, []))
            if name not in names:
                names.append(name)
    return found.values()


def _missing(use: ModelUse, names: list[str], assembled: Assembled) -> Iterator[Problem]:
    opened = assembled.opened
    more = f", {len(names) - 2} more" if len(names) > 2 else ""  # noqa: PLR2004 - two names, then a count
    who = ", ".join(names[:2]) + more
    own = opened.suite.providers.get(use.provider)
    variable = missing_key(use, opened.suite, assembled.options, opened.environ)
    if use.provider == LOCAL and use.runtime is None:
        from ippon.adapters.local_runtime import INSTALL  # noqa: PLC0415 - only where it is missing

        raise MissingExtraError(Problem(message=f"the embedded model {use.model} is not installed", hint=INSTALL))
    if own is not None and own.api_key_env is not None and not opened.trusted and use.base_url == own.base_url:
        raise TrustError(
            Problem(
                message=f"{own.api_key_env} goes to {own.base_url} only from a trusted suite ({who} ask it)",
                hint=f"read the suite, then   ippon trust {opened.suite.path}   or --trust, this time",
            )
        )
    request = ModelRequest(provider=use.provider, model=use.model, messages=())
    if assembled.wish.max_usd is not None and price_for(request, opened.suite) is None:
        yield Problem(
            message=f"nobody knows the price of {use.provider}/{use.model}, so --max-usd cannot be kept",
            hint="[judge] price = { input = ..., output = ... }, US dollars per million tokens; or --max-calls",
        )
    exposed = _exposed(use, assembled)
    if exposed is not None and use.base_url is not None:
        yield Problem(
            message=f"the key in {exposed} is sent over https or to this machine only, not to {host_of(use.base_url)}",
            hint=f"an https address; or, if it wants no key, unset {exposed}",
        )
    if variable is not None:
        yield Problem(
            message=f"{variable} is not set; lane {use.provider}/{use.model} needs it ({who})",
            hint=f"export {variable}=...   or another judge: --judge local/smollm2-135m",
        )


def _exposed(use: ModelUse, assembled: Assembled) -> str | None:
    """The variable whose key would travel in the open."""
    if use.base_url is None or keeps_secrets(use.base_url):
        return None
    own = assembled.opened.suite.providers.get(use.provider)
    moved = use.base_url == assembled.options.base_url
    name = API_KEY if moved else own.api_key_env if own is not None else None
    return name if name is not None and assembled.opened.environ.get(name) else None
