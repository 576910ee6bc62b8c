"""Which names are one model, and what is said where others answered."""

from __future__ import annotations

import pytest

from ippon.execute.drift import is_version, strange_models


@pytest.mark.parametrize(
    ("asked", "answering"),
    [
        ("gpt-5-mini", "gpt-5-mini"),
        ("gpt-5-mini", "gpt-5-mini-2025-08-07"),
        ("openai/gpt-5-mini", "gpt-5-mini"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku-20241022"),
        ("gemini-flash-latest", "gemini-2.5-flash"),
        ("gemini-2.5-flash", "models/gemini-2.5-flash"),
        ("llama3.2", "llama3.2:latest"),
        ("llama3.2:latest", "llama3.2"),
        ("qwen3", "/models/Qwen3-8B-Q4_K_M.gguf"),
    ],
)
def test_a_version_of_a_model_is_that_model(asked, answering):
    """Dates, sizes, folders and organisations make no difference."""
    assert is_version(asked, answering)


@pytest.mark.parametrize(
    ("asked", "answering"),
    [("gpt-4o", "gpt-4o-mini"), ("scripted", "scripted-next"), ("a", "b"), ("gpt-5-mini-2025-08-07", "gpt-5-mini")],
)
def test_another_name_is_another_model(asked, answering):
    """A smaller sister is no version."""
    assert not is_version(asked, answering)


def test_a_model_that_answers_for_itself_is_not_worth_a_word():
    """No warning."""
    assert () == strange_models({("gpt-5", "gpt-5-2025-08-07"): 7})


def test_versions_that_are_mixed_are_told():
    """The most frequent first."""
    counts = {("gpt-5", "gpt-5-2025-08-07"): 3, ("gpt-5", "gpt-5-2026-01-01"): 7, ("x", "y"): 1}

    assert (
        "asked for the model gpt-5, answered by gpt-5-2026-01-01 (7), gpt-5-2025-08-07 (3); their scores are mixed in this run",
        "asked for the model x, answered by y (1)",
    ) == strange_models(counts)
