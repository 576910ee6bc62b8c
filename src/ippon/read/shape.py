"""A raw value against the types of the suite file: every difference, in words, with the nearest known name."""

from __future__ import annotations

from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from msgspec import NODEFAULT, inspect

from ippon.read.finding import Finding, Path, key_text, meant, nearest, within
from ippon.read.raw import Table, is_list, is_table, list_of
from ippon.read.wording import either, expected, shown, sort_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

NO_EVALUATORS, ADD_ONE = "the suite has no evaluators, so there is nothing to decide", "add one, under [[evaluators]]"
# What is said of a suite without what every suite has: message, path, hint.
_AT_TOP: dict[str, tuple[str, Path, str]] = {
    "ippon": ("`ippon` is missing: it says which format this is", (), "ippon = 1"),
    "examples": ("`examples` is missing", (), 'examples = "examples.jsonl"'),
    "evaluators": (NO_EVALUATORS, (), ADD_ONE),
}
# What stands for content in another file: the name of a mark on a type, and what a value that names a file is.
_IN_FILES: dict[str, type] = {"text": dict, "rows": str}
# What a value is that a type takes; a table where the type is not listed.
_PYTHON: dict[type[inspect.Type], tuple[type, ...]] = {
    inspect.NoneType: (type(None),),
    inspect.StrType: (str,),
    inspect.LiteralType: (str, int),
    inspect.BoolType: (bool,),
    inspect.IntType: (int,),
    inspect.FloatType: (int, float),
    inspect.ListType: (list,),
    inspect.TupleType: (list,),
}
MOST = 200  # differences that are looked for: a file with more is no suite
KIND = "kind"
DEFAULT_KIND = "judge"  # an evaluator without a kind is one


def differences(value: object, of: Any, *, headers: bool, path: Path = (), skip: Iterable[Path] = ()) -> list[Finding]:
    """What keeps a raw value from being one of the type, but for what is at `skip`; `headers`: see `Document`."""
    walk = _Walk(headers, frozenset(skip))
    return list(islice(walk(value, inspect.type_info(of), path), MOST))


def marks(of: inspect.Metadata) -> dict[str, object]:
    """What the suite's types say of a field beside its type."""
    return cast("dict[str, object]", getattr(of, "extra", None) or {})  # a plain attribute is a `dict` of unknowns


class _Walk:
    """One walk down a value and its type."""

    def __init__(self, headers: bool, skip: frozenset[Path]) -> None:  # noqa: FBT001 - its one caller names it
        self._headers = headers
        self._skip = skip

    def __call__(self, value: object, of: inspect.Type, path: Path) -> Iterator[Finding]:
        if path not in self._skip:
            yield from self._at(value, of, path)

    def _at(self, value: object, of: inspect.Type, path: Path) -> Iterator[Finding]:
        match of:
            case inspect.Metadata():
                yield from self._marked(value, of, path)
            case inspect.UnionType():
                yield from self._union(value, of.types, path)
            case inspect.StructType():
                yield from self._struct(value, of, path)
            case inspect.ListType():
                yield from self._list(value, of, path)
            case inspect.TupleType():
                yield from self._tuple(value, of.item_types, path)
            case inspect.DictType():
                yield from self._dict(value, of, path)
            case inspect.LiteralType():
                yield from self._literal(value, of.values, path)
            case _:
                yield from _plain(value, of, path)

    def _marked(self, value: object, of: inspect.Metadata, path: Path) -> Iterator[Finding]:
        """A text may be `{ file = "..." }`, rows may be a path: what stands in the file is seen to later."""
        extra = marks(of)
        if extra.get("text") and is_table(value):
            yield from self._file(value, path)
        elif not (extra.get("rows") and isinstance(value, str)):
            yield from self(value, of.type, path)

    def _file(self, value: dict[str, object], path: Path) -> Iterator[Finding]:
        yield from (self._unknown(key, ["file"], path) for key in value if key != "file")
        if not isinstance(value.get("file"), str):
            yield Finding(f'`{_name(path)}` takes text, or {{ file = "..." }}', path)

    def _union(self, value: object, types: Sequence[inspect.Type], path: Path) -> Iterator[Finding]:
        structs = {each.tag: each for each in types if isinstance(each, inspect.StructType) and each.tag is not None}
        fitting = [each for each in types if _fits(value, each)]
        if fitting and structs and is_table(value):
            yield from self._tagged(value, structs, path)
        elif fitting:
            yield from self(value, fitting[0], path)
        else:
            yield _wrong(value, either(types), path)

    def _tagged(
        self, value: dict[str, object], structs: Mapping[Any, inspect.StructType], path: Path
    ) -> Iterator[Finding]:
        default = DEFAULT_KIND if DEFAULT_KIND in structs else None
        kind = value.get(KIND, default)
        what = "evaluator kind" if default else "target kind"
        if kind is None:
            place = within(path, headers=self._headers)
            yield Finding(f"`{KIND}` is missing{place}", path, f"known: {', '.join(structs)}")
        elif not isinstance(kind, str):
            yield _wrong(kind, "text", (*path, KIND))
        elif kind not in structs:
            yield Finding(f"unknown {what} `{kind}`", (*path, KIND), meant(kind, structs))
        else:
            yield from self._struct(value, structs[kind], path)

    def _struct(self, value: object, of: inspect.StructType, path: Path) -> Iterator[Finding]:
        if not is_table(value):
            yield _wrong(value, "a table", path)
            return
        raw: Table = value
        known = {each.name: each for each in of.fields}
        names = [KIND, *known] if of.tag is not None else [*known]
        unknown = [key for key in raw if key not in names]
        yield from (self._unknown(key, names, path) for key in unknown)
        misspelt = {nearest(key, names) for key in unknown}  # is there, under a name that is told already
        for name, field in known.items():
            if name in raw:
                yield from self(raw[name], field.type, (*path, name))
            elif field.default is NODEFAULT and field.default_factory is NODEFAULT and name not in misspelt:
                yield self._missing(name, path)

    def _missing(self, name: str, path: Path) -> Finding:
        if path == () and name in _AT_TOP:
            return Finding(*_AT_TOP[name])
        return Finding(f"`{name}` is missing{within(path, headers=self._headers)}", path)

    def _unknown(self, key: str, known: Sequence[str], path: Path) -> Finding:
        return Finding(f"unknown key `{key}`{within(path, headers=self._headers)}", (*path, key), meant(key, known))

    def _list(self, value: object, of: inspect.ListType, path: Path) -> Iterator[Finding]:
        if not is_list(value):
            yield _wrong(value, expected(of), path)
            return
        items = value
        if len(items) < (of.min_length or 0):
            yield (
                Finding(NO_EVALUATORS, path, ADD_ONE)
                if path == ("evaluators",)
                else Finding(f"`{_name(path)}` is empty", path)
            )
        for index, each in enumerate(items):
            yield from self(each, of.item_type, (*path, index))

    def _tuple(self, value: object, types: Sequence[inspect.Type], path: Path) -> Iterator[Finding]:
        items = list_of(value)
        if len(items) != len(types):
            yield _wrong(value, f"a list of {len(types)} numbers", path)
            return
        for index, each in enumerate(items):
            yield from self(each, types[index], (*path, index))

    def _dict(self, value: object, of: inspect.DictType, path: Path) -> Iterator[Finding]:
        if not is_table(value):
            yield _wrong(value, expected(of), path)
            return
        for key, each in value.items():
            yield from self(each, of.value_type, (*path, key))

    @staticmethod
    def _literal(value: object, values: Sequence[object], path: Path) -> Iterator[Finding]:
        if isinstance(value, bool) or type(value) is not type(values[0]):
            yield _wrong(value, "text" if isinstance(values[0], str) else "a whole number", path)
        elif value not in values and not isinstance(value, str):
            yield Finding(f"format {value} is not one that this version reads", path, f"{_name(path)} = {values[0]}")
        elif value not in values:
            yield Finding(f"unknown {_name(path)} `{value}`", path, meant(str(value), [str(each) for each in values]))


def _plain(value: object, of: inspect.Type, path: Path) -> Iterator[Finding]:
    """Texts, numbers, true and false."""
    if not _fits(value, of):
        yield _wrong(value, expected(of), path)
    elif isinstance(of, inspect.StrType) and isinstance(value, str):
        yield from _bounded_text(value, of, path)
    elif (
        isinstance(of, inspect.IntType | inspect.FloatType)
        and isinstance(value, int | float)
        and not _inside(value, of)
    ):
        yield Finding(f"`{_name(path)}` is {shown(value)}; it takes {expected(of)}", path)


def _bounded_text(value: str, of: inspect.StrType, path: Path) -> Iterator[Finding]:
    if len(value) < (of.min_length or 0):
        yield Finding(f"`{_name(path)}` is empty", path)
    elif of.max_length is not None and len(value) > of.max_length:
        yield Finding(f"`{_name(path)}` is longer than {of.max_length} characters", path)
    elif of.pattern is not None:
        import re  # noqa: PLC0415 - only a pattern needs it

        if not re.search(of.pattern, value):
            yield Finding(f"`{_name(path)}` is `{value}`; it takes 30m, 12h, 7d, 2w or never", path)


def _inside(value: float, of: inspect.IntType | inspect.FloatType) -> bool:
    return (
        (of.ge is None or value >= of.ge)
        and (of.gt is None or value > of.gt)
        and (of.le is None or value <= of.le)
        and (of.lt is None or value < of.lt)
    )


def _fits(value: object, of: inspect.Type) -> bool:
    """Whether a value is of the right sort, whatever its bounds and its insides."""
    match of:
        case inspect.AnyType():
            return True
        case inspect.Metadata():
            return type(value) is _IN_FILES.get(next(iter(marks(of)), "")) or _fits(value, of.type)
        case _:
            return type(value) in _PYTHON.get(type(of), (dict,))


def _wrong(value: object, expected: str, path: Path) -> Finding:
    hint = (
        "write it without the quotes" if isinstance(value, str) and "number" in expected and _numeric(value) else None
    )
    return Finding(f"`{_name(path)}` takes {expected}, not {sort_of(value)}", path, hint)


def _numeric(value: str) -> bool:
    try:
        return isfinite(float(value))
    except ValueError:
        return False


def _name(path: Path) -> str:
    """The last key of a path, with the positions after it."""
    start = max((index for index, part in enumerate(path) if isinstance(part, str)), default=0)
    return key_text(path[start:])
