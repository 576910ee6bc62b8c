"""The model providers that need no configuration, what they are called, and what their usual models cost."""

from __future__ import annotations

from typing import Literal

from ippon.records.bundle import Bundle


class Endpoint(Bundle, frozen=True):
    """Where a provider lives. `key_env` is None where it asks for none. `schema`: JSON-schema output is offered."""

    base_url: str
    key_env: str | None
    dialect: Literal["openai", "anthropic", "local"] = "openai"
    schema: bool = True


LOCAL = "local"
PROVIDERS: dict[str, Endpoint] = {
    "local": Endpoint("", None, "local"),
    "openai": Endpoint("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": Endpoint("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY", "anthropic", schema=False),
    "openrouter": Endpoint("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "gemini": Endpoint("https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
    "mistral": Endpoint("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "groq": Endpoint("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "together": Endpoint("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "fireworks": Endpoint("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    "deepseek": Endpoint("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", schema=False),
    "xai": Endpoint("https://api.x.ai/v1", "XAI_API_KEY"),
    "cerebras": Endpoint("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    "ollama": Endpoint("http://127.0.0.1:11434/v1", None),
    "vllm": Endpoint("http://127.0.0.1:8000/v1", None),
    "lmstudio": Endpoint("http://127.0.0.1:1234/v1", None),
    "llamacpp": Endpoint("http://127.0.0.1:8080/v1", None),
}

LOCAL_MODELS: tuple[str, ...] = ("smollm2-135m",)

# US dollars per million tokens (input, output), as their makers list them; a suite's own `price` always wins.
PRICES: dict[str, tuple[float, float]] = {
    "openai/gpt-5": (1.25, 10.0),
    "openai/gpt-5-mini": (0.25, 2.0),
    "openai/gpt-5-nano": (0.05, 0.40),
    "openai/gpt-4.1": (2.0, 8.0),
    "openai/gpt-4.1-mini": (0.40, 1.60),
    "openai/gpt-4.1-nano": (0.10, 0.40),
    "openai/gpt-4o": (2.50, 10.0),
    "openai/gpt-4o-mini": (0.15, 0.60),
    "anthropic/claude-opus-4-1": (15.0, 75.0),
    "anthropic/claude-sonnet-4-5": (3.0, 15.0),
    "anthropic/claude-haiku-4-5": (1.0, 5.0),
}
FREE_PROVIDERS: frozenset[str] = frozenset({"local", "ollama", "vllm", "lmstudio", "llamacpp"})


class ModelUse(Bundle, frozen=True):
    """A model as judges and targets use it: what goes into their requests, and what its endpoint can do."""

    provider: str
    model: str
    params: dict[str, object]
    base_url: str | None = None
    account: str = ""
    runtime: dict[str, str] | None = None
    schema: bool = True


def split_model(name: str) -> tuple[str, str]:
    """(provider, model) of `PROVIDER/MODEL`: the provider ends at the first slash. ValueError without one."""
    provider, slash, model = name.partition("/")
    if not (provider and slash and model):
        raise ValueError(name)
    return provider, model
