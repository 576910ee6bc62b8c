"""The scanner and click read the same words alike."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.cli.commands import given_of, root, verb_command
from ippon.cli.scan import scan
from ippon.cli.session import Session
from ippon.cli.table import TABLE
from ippon.records.flags import BY_WORD, FLAGS, flags_of
from ippon.records.options import Options

SESSION = Session(environ={}, started=0.0)
VALUES = st.sampled_from(["8", "0.5", "full", "a b", "", "=", "x=y", "-", "-1", "--", "--json", "tone*", "\u00e9"])
WORDS = st.one_of(
    st.sampled_from(
        [
            *BY_WORD,
            "--teir",
            "--help",
            "-h",
            "-x",
            "--",
            "-",
            "",
            "suite.toml",
            "-j8",
            "-qv",
            "-vt",
            "-tfull",
            "-vtfull",
            "-j=8",
        ]
    ),
    st.builds("{}={}".format, st.sampled_from([flag.long for flag in FLAGS]), VALUES),
    VALUES,
)


def by_click(words):
    """What click makes of the words after `ippon run`, None where it refuses them."""
    try:
        context = verb_command("run", SESSION).make_context("run", list(words))
    except (click.ClickException, click.exceptions.Exit):
        return None
    return given_of(context.params)


@given(st.lists(WORDS, max_size=6))
def test_where_the_scanner_answers_click_says_the_same(words):
    """An answer is never another than click's; where click refuses, the scanner does not answer."""
    assert scan(words) in (None, by_click(words))


USUAL = st.one_of(
    st.sampled_from([[flag.long] for flag in FLAGS if flag.kind == "switch"]),
    st.builds(
        lambda flag, value: [flag.long, value],
        st.sampled_from([flag for flag in FLAGS if flag.kind != "switch"]),
        st.sampled_from(["8", "0.5", "full", "a b", "x=y", "tone*"]),
    ),
)


@given(st.lists(USUAL, max_size=6))
def test_words_that_are_in_order_are_answered(flags):
    """Each flag with its value: the scanner has an answer, and it is click's."""
    words = [word for flag in flags for word in flag]

    assert scan(words) == by_click(words) is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], {}),
        (["suite.toml", "-t", "full", "--json"], {"suite": "suite.toml", "tier": "full", "json": True}),
        (["-vqj8", "--", "-odd.toml"], {"verbose": True, "quiet": True, "max_in_flight": "8", "suite": "-odd.toml"}),
        (["-e", "a", "-eb", "--evaluator=c"], {"evaluator": ["a", "b", "c"]}),
        (["--max-usd=0.5", "--max-usd", "1"], {"max_usd": "1"}),
    ],
)
def test_the_usual_words_are_scanned(words, said):
    """Long and short flags, values beside and behind them, repeated ones, the suite."""
    assert scan(words) == said == by_click(words)


@pytest.mark.parametrize(
    "words", [["--help"], ["--teir", "x"], ["-t"], ["-t", "--json"], ["--json=1"], ["a", "b"], ["-"], ["-x"]]
)
def test_anything_odd_is_left_to_click(words):
    """Unknown words, calls for help, values that are missing."""
    assert scan(words) is None


def test_every_flag_is_an_option_of_the_same_name():
    """The table and the record cannot drift apart."""
    assert [flag.name for flag in FLAGS if flag.name not in Options.__struct_fields__] == []
    assert {*Options.__struct_fields__} - {flag.name for flag in FLAGS} == {"suite"}


def test_flags_and_their_twins():
    """`--max-usd` is `IPPON_MAX_USD`."""
    flag = BY_WORD["--max-usd"]

    assert (flag.long, flag.twin) == ("--max-usd", "IPPON_MAX_USD")
    assert [each.name for each in flags_of("trust")] == ["json", "debug", "no_color"]


def test_every_verb_of_the_table_can_be_built():
    """Names, arguments, flags."""
    names = list(root(SESSION).list_commands(None))

    assert root(SESSION).get_command(None, "rnu") is None
    assert {each.split()[0] for each in TABLE} == {*names}
    assert [
        verb_command(name, SESSION).get_short_help_str() for name in TABLE if not verb_command(name, SESSION).help
    ] == []
