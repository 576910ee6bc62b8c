"""Templates: strict, bounded, rendered once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.errors import SuiteError
from ippon.evaluate.template import render, unknown_names

TURNS = {"turns": [{"role": "user", "text": "hi <b>"}, {"role": "bot", "text": None}], "keys": "a column"}


@given(st.text())
def test_a_value_stands_as_it_is(value):
    """Never rendered again, never escaped, nothing cut."""
    assert value == render("{{ x }}", {"x": value})


@given(st.text(alphabet="{}%#x_.|()'\" \n", max_size=30))
def test_a_value_that_looks_like_a_template(value):
    """Is a value."""
    assert f"<{value}>" == render("<{{ x }}>", {"x": value, "secret": "s"})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ turns }}", '[{"role":"user","text":"hi <b>"},{"role":"bot","text":null}]'),
        ("{{ turns[0].text }} {{ turns | length }}", "hi <b> 2"),
        ("{% for turn in turns %}{{ turn.role }}: {{ turn.text }};{% endfor %}", "user: hi <b>;bot: ;"),
        ("{% for name in turns[0] %}{{ name }} {% endfor %}", "role text "),
        ("{{ turns[0] | tojson }}", '{"role":"user","text":"hi <b>"}'),
        ("{{ turns ~ '' }}", '[{"role":"user","text":"hi <b>"},{"role":"bot","text":null}]'),
        ("{{ [turns[0], 1] }}", '[{"role":"user","text":"hi <b>"},1]'),
        ("{{ {'a': turns[1]} }}", '{"a":{"role":"bot","text":null}}'),
        ("{{ keys }}", "a column"),
        ("{{ range(3) | join('-') }}", "0-1-2"),
        ("{% if none %}a{% else %}b{% endif %}{{ none }}", "b"),
        ("{{ true }} {{ 1 }} {{ 0.1 }}", "true 1 0.1"),
        ("line\n", "line\n"),
        ("{{ keys | upper }}", "A COLUMN"),
    ],
)
def test_values_and_structure(template, expected):
    """Texts as they are, null as nothing, everything else as JSON; lists and objects can be looked into."""
    assert expected == render(template, TURNS)


@pytest.mark.parametrize(
    ("template", "message", "hint"),
    [
        ("{{ truns }}", "the template uses `truns`, which no column is called", "nearest: turns"),
        ("{{ zzz }}", "the template uses `zzz`, which no column is called", "nearest: keys, turns"),
        ("{{ debug() }}", "the template uses `debug`, which no column is called", "nearest: keys, turns"),
        ("{{ turns", "the template: syntax error: unexpected end of input, expected end of variable block (in <string>:1)", None),
        ("\n{{ turns[0].none }}", "the template: undefined value (in <string>:2)", None),
        ("{{ keys.__class__ }}", "the template: undefined value (in <string>:1)", None),
        ("{{ turns._raw }}", "the template: undefined value (in <string>:1)", None),
        ("{{ turns._Inert__raw }}", "the template: undefined value (in <string>:1)", None),
        ("{{ keys.upper() }}", "the template: unknown method: string has no method named upper (in <string>:1)", None),
        (
            "{{ turns.clear() }}",
            "the template cannot be rendered: '_InertList' object has no attribute 'clear'",
            "values have no methods to call; filters do more",
        ),
        (
            "{{ turns[0].update({}) }}",
            "the template cannot be rendered: '_InertObject' object has no attribute 'update'",
            "values have no methods to call; filters do more",
        ),
        ("{% include 'x' %}", "the template: template not found: tried to include non-existing template 'x' (in <string>:1)", None),
        ("{% import 'os' as os %}{{ os.system }}", "the template: template not found: tried to include non-existing template 'os' (in <string>:1)", None),
        ("{{ 'a' * 1000000000 }}", "the template: engine ran out of fuel (in <string>:1)", None),
        ("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", "the template: engine ran out of fuel (in <string>:1)", None),
        ("{{ 'a' * 1000001 }}", "the template renders to 1,000,001 characters; at most 1,000,000 are sent", None),
        ("a" * 100_001, "the template has 100,001 characters; at most 100,000 are read", None),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_what_is_refused(template, message, hint):
    """Each with what is wrong, and nothing has an effect."""
    with pytest.raises(SuiteError) as error:
        render(template, TURNS)

    problem = error.value.problems[0]
    assert message == problem.message
    assert hint in {problem.hint, None}


def test_the_data_is_as_it_was():
    """No template can change a row."""
    row = {"turns": [{"a": 1}]}
    for method in ("clear()", "append(1)", "pop()", "__setitem__(0, 1)", "sort()", "__init__([])"):
        with pytest.raises(SuiteError):
            render(f"{{{{ turns.{method} }}}}", row)

    assert {"turns": [{"a": 1}]} == row


def test_no_columns_at_all():
    """The hint says so."""
    with pytest.raises(SuiteError) as error:
        render("{{ x }}", {})

    assert "the examples have no columns" == error.value.problems[0].hint


@pytest.mark.parametrize(
    ("template", "unknown"),
    [
        ("{{ a }} {{ b.c }}", ["a", "b"]),
        ("{% for x in xs %}{{ x }}{% endfor %}", ["xs"]),
        ("{% set q = 1 %}{{ q }} {{ range(2) }}", []),
        ("plain", []),
        ("{{ known }}", []),
    ],
)
def test_unknown_names(template, unknown):
    """What a template asks for and neither sets nor is given."""
    assert unknown == unknown_names(template, ["known"])


def test_a_lone_surrogate_is_written_out():
    """Instead of being lost."""
    assert "\\ud800" == render("{{ x }}", {"x": "\ud800"})


ATTACKS = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ x|attr('format') }}", "{{ x.format(1) }}", "{{ cycler.__init__.__globals__ }}",
    "{{ x['__class__'] }}", "{{ x|map(attribute='__class__')|list }}", "{{ namespace.__init__ }}", "{{ range.__self__ }}",
    "{{ self }}", "{{ self._TemplateReference__context }}", "{{ lipsum.__globals__ }}", "{{ joiner.__init__ }}", "{{ dict.__base__ }}",
    "{% extends 'x' %}", "{% from 'x' import y %}", "{{ x.__getattribute__('y') }}", "{{ (x|list).append(1) }}", "{{ 0.__class__ }}",
    "{{ x.__reduce__() }}", "{{ x|format('%s') }}", "{{ '%c'|format(0) }}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
]  # fmt: skip


@pytest.mark.parametrize("template", ATTACKS)
@pytest.mark.parametrize("value", ["text", ["list"], {"name": 1}], ids=str)
def test_templates_of_strangers(template, value):
    """Output or an error, never a Python object."""
    try:
        shown = render(template, {"x": value})
    except SuiteError:
        return
    assert "object at 0x" not in shown
    assert "<class" not in shown
