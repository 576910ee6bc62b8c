"""What a user sees of mistakes, as SCREENS 12 draws it."""

from __future__ import annotations

import stat

from inline_snapshot import snapshot

from ippon.cli.failure import bug_of, error_lines, problems_of, without_secrets
from ippon.errors import IpponError, Problem, UsageError

SUITE = "ippon = 1\n\n[[gates]]\nmin_scor = 0.80\napi_key = 'sk-123456'\n\tindented = 1\n"


def lines_of(*problems, width=80):
    """The lines of problems."""
    return "\n".join(error_lines(problems, width))


def test_the_caret_stands_under_the_key(tmp_path, monkeypatch):
    """With its line, its place and what to type."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ippon.toml").write_text(SUITE)
    path = str(tmp_path / "ippon.toml")
    problem = Problem(
        message="unknown key `min_scor` in [[gates]]", file=path, line=4, column=1, hint="did you mean `min_score`?"
    )

    assert lines_of(problem) == snapshot("""\
error: unknown key `min_scor` in [[gates]]
  --> ippon.toml:4:1
4 | min_scor = 0.80
  | ^^^^^^^^
hint: did you mean `min_score`?\
""")


def test_a_line_that_may_hold_a_secret_is_not_shown(tmp_path, monkeypatch):
    """No part of a secret is shown."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ippon.toml").write_text(SUITE)

    assert lines_of(Problem(message="unknown key `api_key`", file="ippon.toml", line=5, column=1)) == snapshot("""\
error: unknown key `api_key`
  --> ippon.toml:5:1\
""")


def test_a_place_without_a_column_has_no_caret(tmp_path, monkeypatch):
    """The line alone; tabs are one column."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ippon.toml").write_text(SUITE)

    assert lines_of(Problem(message="odd", file="ippon.toml", line=6)) == snapshot("""\
error: odd
  --> ippon.toml:6
6 |  indented = 1\
""")
    assert lines_of(Problem(message="odd", file="ippon.toml", line=6, column=2)) == snapshot("""\
error: odd
  --> ippon.toml:6:2
6 |  indented = 1
  |  ^^^^^^^^\
""")
    assert lines_of(Problem(message="odd", file="ippon.toml", line=4, column=99)) == snapshot("""\
error: odd
  --> ippon.toml:4:99
4 | min_scor = 0.80\
""")


def test_a_long_line_is_cut_and_a_caret_beyond_it_left_out(tmp_path, monkeypatch):
    """Nothing is wider than the screen."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.jsonl").write_text("{" + "a" * 200 + "}\n")

    assert lines_of(Problem(message="odd", file="data.jsonl", line=1, column=2), width=40) == snapshot("""\
error: odd
  --> data.jsonl:1:2
1 | {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...
  |  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\
""")
    assert lines_of(Problem(message="odd", file="data.jsonl", line=1, column=150), width=40) == snapshot("""\
error: odd
  --> data.jsonl:1:150
1 | {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\
""")


def test_a_file_that_cannot_be_read_is_only_named(tmp_path, monkeypatch):
    """Missing, blank, or too large to look for a line in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "blank.toml").write_text("\n")
    with (tmp_path / "large.jsonl").open("wb") as file:
        file.truncate(5_000_001)

    assert lines_of(Problem(message="gone", file="gone.toml", line=3)) == "error: gone\n  --> gone.toml:3"
    assert lines_of(Problem(message="blank", file="blank.toml", line=1)) == "error: blank\n  --> blank.toml:1"
    assert lines_of(Problem(message="large", file="large.jsonl", line=1)) == "error: large\n  --> large.jsonl:1"
    assert lines_of(Problem(message="short", file="blank.toml", line=9)) == "error: short\n  --> blank.toml:9"
    assert lines_of(Problem(message="whole", file="/etc/x")) == "error: whole\n  --> /etc/x"


def test_five_are_shown_and_the_rest_counted():
    """--json shows all."""
    assert lines_of(*(Problem(message=f"no {i}", hint="a\nb") for i in range(7))).splitlines()[-4:] == snapshot(
        ["error: no 4", "hint: a", "hint: b", "2 more; --json shows all"]
    )


def test_an_error_without_words_still_has_some():
    """Never an empty sentence."""
    assert [each.message for each in problems_of(IpponError())] == ["IpponError"]
    assert problems_of(UsageError("no"))[0].message == "no"


def raised():
    """An error with a trace."""
    try:
        int("sk-12345678")
    except ValueError as error:
        return error


def test_a_bug_says_so_and_keeps_its_trace_without_secrets(tmp_path):
    """In a file only the user can read."""
    environ = {"XDG_STATE_HOME": str(tmp_path), "OPENAI_API_KEY": "sk-12345678", "SHORT_KEY": "a"}
    bug = bug_of(raised(), environ, debug=False)
    [path] = (tmp_path / "ippon").iterdir()

    said = "ValueError: invalid literal for int() with base 10: '[OPENAI_API_KEY]'"
    assert bug.problem.message == f"this is a bug in ippon, not in your suite: {said}"
    assert bug.problem.hint == f"the trace is in {path}; please report it with that file"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "sk-1234" not in path.read_text()
    assert "in raised" in path.read_text()


def test_a_bug_with_debug_shows_its_trace(tmp_path):
    """And writes no file."""
    bug = bug_of(raised(), {"XDG_STATE_HOME": str(tmp_path)}, debug=True)

    assert (bug.problem.hint, list(tmp_path.iterdir())) == ("please report it with the trace", [])


def test_a_bug_on_a_machine_without_a_place_for_traces(tmp_path):
    """The state folder cannot be made: a file stands in its way."""
    (tmp_path / "ippon").write_text("")
    bug = bug_of(raised(), {"XDG_STATE_HOME": str(tmp_path)}, debug=False)

    assert bug.problem.hint == "--debug shows the trace"


def test_secrets_are_known_by_the_names_of_their_variables():
    """Keys, tokens, secrets, passwords."""
    environ = {"A_TOKEN": "tttttttt", "B_SECRET": "ssssssss", "C_PASSWORD": "pppppppp", "HOME": "hhhhhhhh"}

    assert (
        without_secrets("tttttttt ssssssss pppppppp hhhhhhhh", environ) == "[A_TOKEN] [B_SECRET] [C_PASSWORD] hhhhhhhh"
    )


def test_traces_are_kept_in_the_home_unless_said_otherwise(tmp_path, monkeypatch):
    """The same folder as everything else of ippon's that belongs to the user."""
    monkeypatch.setenv("HOME", str(tmp_path))
    bug = bug_of(raised(), {}, debug=False)

    assert f"the trace is in {tmp_path}/.local/state/ippon/trace-" in bug.problem.hint
