"""Requests to clients: one of each kind a run, made when its first request is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ippon.records.call import CommandRequest, FunctionRequest, HttpRequest, ModelRequest
from ippon.records.providers import PROVIDERS, Endpoint
from ippon.records.suite import CommandTarget, HttpTarget, PythonTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ippon.ports import Client
    from ippon.records.call import Request
    from ippon.records.options import Options
    from ippon.records.suite import Suite

API_KEY = "IPPON_API_KEY"
T = TypeVar("T")


class Clients:
    """The clients of one run of a suite. `functions` are the Python functions known by name."""

    def __init__(
        self,
        suite: Suite,
        options: Options,
        environ: Mapping[str, str],
        *,
        trusted: bool,
        functions: Mapping[str, Callable[..., object]],
    ) -> None:
        self._suite = suite
        self._moved_to = options.base_url
        self._environ = environ
        self._trusted = trusted
        self._functions = functions
        self._made: dict[str, Client] = {}

    def client_for(self, request: Request) -> Client:
        """The client that carries a request."""
        name = self._name(request)
        client = self._made.get(name)
        if client is None:
            client = self._made[name] = self._make(name, request)
        return client

    def resent(self) -> int:
        """Requests that clients sent beyond one an attempt: without a parameter that a model refuses, on a new connection."""
        return sum(getattr(client, "resent", 0) for client in self._made.values())

    def notes(self) -> tuple[str, ...]:
        """What clients noticed that a user should know, in words."""
        return tuple(note for client in self._made.values() for note in getattr(client, "notes", ()))

    async def close(self) -> None:
        """Close all of them."""
        for client in self._made.values():
            await client.close()

    def _name(self, request: Request) -> str:
        match request:
            case ModelRequest():
                moved = "moved " if request.base_url is not None and request.base_url == self._moved_to else ""
                return moved + (PROVIDERS[request.provider].dialect if request.provider in PROVIDERS else "openai")
            case HttpRequest():
                return "http"
            case CommandRequest():
                return "command"
            case FunctionRequest():  # exhaustive
                return "function"

    def _make(self, name: str, request: Request) -> Client:
        match name.removeprefix("moved "):
            case "anthropic":
                from ippon.adapters.client_anthropic import AnthropicClient  # noqa: PLC0415 - each only where it is due

                return AnthropicClient(*self._doors(name, request))
            case "local":
                from ippon.adapters.client_local import LocalClient  # noqa: PLC0415

                return LocalClient()
            case "http":
                from ippon.adapters.client_http import HttpClient  # noqa: PLC0415

                return HttpClient(urls=[each.url for each in self._targets(HttpTarget)])
            case "command":
                from ippon.adapters.client_command import CommandClient  # noqa: PLC0415

                return CommandClient(
                    folder=self._suite.folder, targets=[tuple(each.command) for each in self._targets(CommandTarget)]
                )
            case "function":
                from ippon.adapters.client_function import FunctionClient  # noqa: PLC0415

                return FunctionClient(
                    self._functions,
                    folder=self._suite.folder,
                    targets=[each.function for each in self._targets(PythonTarget)],
                )
            case _:
                from ippon.adapters.client_openai import OpenAIClient  # noqa: PLC0415

                return OpenAIClient(*self._doors(name, request))

    def _targets(self, kind: type[T]) -> list[T]:
        """The suite's targets of one kind."""
        return [each for each in self._suite.targets.values() if isinstance(each, kind)]

    def _doors(self, name: str, request: Request) -> tuple[dict[str, Endpoint], dict[str, str]]:
        """(addresses, keys) by provider. A key goes to its own provider's address, one from IPPON_API_KEY to `--base-url`."""
        if name.startswith("moved ") and isinstance(request, ModelRequest) and self._moved_to is not None:
            key = self._environ.get(API_KEY)
            return {request.provider: Endpoint(self._moved_to, API_KEY if key else None)}, {
                request.provider: key
            } if key else {}
        own = {
            provider: Endpoint(its.base_url, its.api_key_env if self._trusted else None)
            for provider, its in self._suite.providers.items()
        }
        endpoints = {**PROVIDERS, **own}
        keys = {provider: self._environ.get(its.key_env or "") for provider, its in endpoints.items()}
        return endpoints, {provider: key for provider, key in keys.items() if key}
