"""Model names to models: where they live, what they cost, how many calls they take at once, which key they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.engine.setting import Models
from ippon.errors import UsageError
from ippon.evaluate.inner import inner_evaluators
from ippon.records.evaluators import Cascade, Judge, Pairwise
from ippon.records.providers import LOCAL, LOCAL_MODELS, PROVIDERS, Endpoint, ModelUse, split_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ippon.records.call import ModelRequest
    from ippon.records.evaluators import AnyEvaluator
    from ippon.records.options import Options
    from ippon.records.suite import Price, Suite


def models_of(evaluator: AnyEvaluator, suite: Suite, options: Options) -> Models:
    """The models that an evaluator asks; `--judge` wins over the evaluator's own, that over the suite's."""
    if isinstance(evaluator, Cascade):
        cheap, sure = inner_evaluators(evaluator)
        return Models(inner=(models_of(cheap, suite, options).use, models_of(sure, suite, options).use))
    if not isinstance(evaluator, Judge | Pairwise):
        return Models()
    name = options.judge or evaluator.model or suite.judge.model
    if name is None:
        hint = 'add [judge] model = "PROVIDER/MODEL" to the suite, or --judge PROVIDER/MODEL'
        raise UsageError(f"evaluator `{evaluator.name}` has no model", hint=hint)
    endpoint_of(name, suite, key="judge" if options.judge else None)  # before anything is made of a name that is none
    moved = options.base_url if split_model(name)[0] == _judges_provider(suite, options) else None
    return Models(use=model_use(name, suite.judge.params, suite, base_url=moved))


def _judges_provider(suite: Suite, options: Options) -> str | None:
    """The provider that `--base-url` moves: that of `--judge`, else of the suite's judge, else of the first that has a model."""
    named = [each.model for each in suite.evaluators if isinstance(each, Judge | Pairwise)]
    name = next((each for each in (options.judge, suite.judge.model, *named) if each is not None), "")
    return name.partition("/")[0] or None


def model_use(name: str, params: Mapping[str, object], suite: Suite, *, base_url: str | None = None) -> ModelUse:
    """A model by its name; UsageError for a provider that nobody knows. `base_url` moves its provider elsewhere."""
    endpoint = endpoint_of(name, suite)
    provider, model = split_model(name)
    own = endpoint.base_url if provider in suite.providers else None
    moved = None if provider == LOCAL else base_url
    runtime = _local_runtime() if provider == LOCAL else None
    for address in (moved, own):
        if address is not None and ("@" in address or "?" in address):
            raise UsageError(
                "an address with a password or a query in it would be shown and kept",
                hint="IPPON_API_KEY beside --base-url, or api_key_env in [providers]",
            )
    return ModelUse(
        provider=provider,
        model=model,
        params=dict(params),
        base_url=moved or own,
        runtime=runtime,
        schema=endpoint.schema,
    )


def endpoint_of(name: str, suite: Suite, *, key: str | None = None) -> Endpoint:
    """Where a model lives; UsageError with the nearest provider. `key` is the option that names the model, if one does."""
    try:
        provider, model = split_model(name)
    except ValueError:
        hint = "PROVIDER/MODEL, such as openai/gpt-5-mini"
        raise UsageError(f"`{name}` is no model name", hint=hint, key=key) from None
    own = suite.providers.get(provider)
    if own is not None:
        return Endpoint(own.base_url, own.api_key_env)
    if provider == LOCAL and model not in LOCAL_MODELS:
        raise UsageError(f"there is no embedded model `{model}`", hint=f"local/{LOCAL_MODELS[0]}", key=key)
    if provider not in PROVIDERS:
        from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

        known = [*suite.providers, *PROVIDERS]
        near = get_close_matches(provider, known, n=2) or known
        raise UsageError(
            f"unknown provider `{provider}`",
            hint=f"nearest: {', '.join(near)}; or add [providers.{provider}]",
            key=key,
        )
    return PROVIDERS[provider]


def missing_key(use: ModelUse, suite: Suite, options: Options, environ: Mapping[str, str]) -> str | None:
    """The environment variable that a model needs and that is not set."""
    if options.base_url is not None and use.base_url == options.base_url:
        return None
    own = suite.providers.get(use.provider)
    name = own.api_key_env if own is not None else PROVIDERS[use.provider].key_env
    return name if name is not None and not environ.get(name) else None


def price_for(request: ModelRequest, suite: Suite) -> Price | None:
    """The price of a call: the suite's own for its judge model, else the built-in table's."""
    from ippon.execute.price import price_of  # noqa: PLC0415 - a warm run pays nothing

    own = suite.judge.price if suite.judge.model == f"{request.provider}/{request.model}" else None
    return price_of(request.provider, request.model, own)


def uses_in(models: Models) -> Iterator[ModelUse]:
    """Every model that an evaluator asks."""
    yield from (use for use in (models.use, *(models.inner or ())) if use is not None)


def _local_runtime() -> dict[str, str] | None:
    from ippon.adapters.local_runtime import runtime  # noqa: PLC0415 - only a suite that uses the embedded model needs it

    return runtime()
