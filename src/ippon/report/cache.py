"""What the cache holds, why it does not know an evaluation, what became of it, and what a check-up found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.report.commands import labelled
from ippon.report.escape import cut, visible
from ippon.report.history import when
from ippon.report.number import money, score, seconds
from ippon.report.rubric import rubric_lines
from ippon.report.view import View, in_columns, painted, quoted, spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KILO = 1000
UNITS = ("B", "kB", "MB", "GB", "TB")
VALUE_WIDTH = 40  # columns of what a part of a key was, and is
RUBRIC_SHOWN = 12  # lines of a rubric's change
DAMAGED_SHOWN = 10
KEY_DIGITS = 12


def size(count: float) -> str:
    """Bytes: `41 MB`."""
    for unit in UNITS[:-1]:
        if count < KILO - 0.5:  # what rounds to a thousand is one of the next
            return f"{count:.3g} {unit}"
        count /= KILO
    return f"{count:.3g} {UNITS[-1]}"


def counted(entries: int) -> str:
    """Entries of a cache: `1 entry`."""
    return f"{entries:,} entr{'y' if entries == 1 else 'ies'}"


def stats_lines(stats: Mapping[str, Any], view: View, *, now: float) -> list[str]:
    """The lines of `ippon cache stats`."""
    if stats["path"] is None:
        return ["there is no cache yet; the first run makes it"]
    rate, runs = stats["hit_rate"], stats["runs"]
    known = (
        "no run looked anything up yet"
        if rate is None
        else f"{stats['hits']:,} hits, {stats['misses']:,} misses ({100 * rate:.0f}% hits) "
        f"in this suite's last {_runs(runs)}, whatever cache {'it' if runs == 1 else 'they'} used"
    )
    lines = spread([f"{counted(stats['entries'])}, {size(stats['bytes'])}", known], view)
    classes = [f"{name} {count:,}" for name, count in sorted(stats["by_class"].items())]
    lines += spread(["by class", *classes], view, gap="   ") if classes else []
    saved = [seconds(stats["saved_s"])] if stats["saved_s"] else []
    saved += [money(stats["saved_usd"])] if stats["saved_usd"] else []
    lines += spread([f"saved {' and '.join(saved)} in the last {_runs(runs)}"], view) if saved else []
    lines += spread(_ages(stats, now), view)
    return [*lines, f"in {_place(stats)}"]


def _place(found: Mapping[str, Any]) -> str:
    """The file that was looked at; all of it, where a part was named."""
    return visible(found["path"]) + (", all its namespaces" if found["namespace"] else "")


def _runs(count: int) -> str:
    return "run" if count == 1 else f"{count} runs"


def _ages(stats: Mapping[str, Any], now: float) -> list[str]:
    """When the oldest and the newest entry were made, and how many have made room for others."""
    oldest, newest = stats["oldest_at"], stats["newest_at"]
    ages = [] if oldest is None else [f"oldest {when(oldest, now)}", f"newest {when(newest, now)}"]
    return [*ages, *([f"{stats['evicted']:,} evicted since it was made"] if stats["evicted"] else [])]


def why_lines(why: Mapping[str, Any], view: View, *, now: float) -> list[str]:
    """The lines of `ippon cache why`."""
    return _hit_lines(why, view, now) if why["hit"] else _miss_lines(why, view, now)


def _hit_lines(why: Mapping[str, Any], view: View, now: float) -> list[str]:
    """Since when, from where, what it took."""
    since = "" if why["kept_at"] is None else f" since {_since(why, now)}"
    label = f" ({visible(why['label'])})" if why["label"] else ""
    what = f"score {score(why['score'])}{label}" if why["failure"] is None else visible(why["because"])
    lines = spread([f"hit: kept{since}", what], view)
    took = [seconds(why["seconds"])] if why["seconds"] else []
    took += [money(why["cost_usd"])] if why["cost_usd"] else []
    lines += spread(
        [
            f"  from {visible(why['model'])}" if why["model"] else "",
            f"  took {', '.join(took)}" if took else "",
        ],
        view,
    )
    lines += [] if why["failure"] is None else labelled("  ask again", "ippon run --retry-failed", view)
    return [*lines, f"  key {why['key']}"]


def _miss_lines(why: Mapping[str, Any], view: View, now: float) -> list[str]:
    """What differs from the nearest entry, how the rubric has changed, and how many miss for the same reason."""
    changed, equal = why["changed"], why["equal"]
    if not changed:
        kept = "" if why["kept_at"] is None else f"kept {_since(why, now)}"
        return spread([f"miss: {visible(why['because'])}", kept, _others(why)], view)
    fields = f"{len(changed)} of {len(changed) + equal} key fields differ{'s' if len(changed) == 1 else ''}"
    lines = spread([f"miss: {fields} from the nearest stored entry ({_made(why, now)})"], view)
    rows = [
        (f"  {visible(each['field'])}", f"{_value(each['was'])} -> {_value(each['now'])}", "changed")
        for each in changed
    ]
    lines += in_columns(rows)
    lines += rubric_lines(why["rubric"][:RUBRIC_SHOWN], view.width)
    lines += [f"  the other {equal} are equal"] if equal else []
    return lines + spread([_others(why), "would not have missed: ids, order, paths, thresholds"], view)


def _since(why: Mapping[str, Any], now: float) -> str:
    """`Nov 20 09:14 (run k7m2qd)`."""
    return when(why["kept_at"], now) + (f" (run {visible(why['run_id'])})" if why["run_id"] else "")


def _made(why: Mapping[str, Any], now: float) -> str:
    """`run k7m2qd, Nov 20 09:14`."""
    return (f"run {visible(why['run_id'])}, " if why["run_id"] else "") + when(why["kept_at"], now)


def _others(why: Mapping[str, Any]) -> str:
    count = why["others"]
    one = count == 1
    return (
        f"{count:,} other evaluation{'' if one else 's'} miss{'es' if one else ''} for the same reason" if count else ""
    )


def _value(value: str | None) -> str:
    """A part of a key as it is told: a text of its own, or the digits of a digest."""
    return "none" if value is None else cut(visible(value), VALUE_WIDTH)


def verified_lines(found: Mapping[str, Any], view: View) -> list[str]:
    """The lines of `ippon cache verify`."""
    damaged, checked = found["damaged"], _checked(found)
    if not damaged and found["trouble"] is None:
        return spread([f"{checked}, every digest is right (exit 0)"], view)
    shown = damaged[:DAMAGED_SHOWN]
    lines = [f"  {each['key'][:KEY_DIGITS]}  {_was(each)}" for each in shown]
    lines += [f"  {len(damaged) - len(shown)} more: --json shows all"] if len(shown) < len(damaged) else []
    if found["trouble"] is not None:
        lines += spread([visible(found["trouble"])], view)
        lines += labelled("keep what is whole", f"ippon cache export FILE --cache {_typed(found['path'])}", view)
        lines += spread(["then move it away, and the next run makes a new one"], view)
        return [*lines, *spread([f"{checked}, not all could be looked at or taken out (exit 1)"], view)]
    if not found["removed"]:
        lines += labelled("keep what is whole", f"ippon cache export FILE --cache {_typed(found['path'])}", view)
        lines += labelled("then", "ippon cache import FILE --cache SNAPSHOT", view)
        stay = f"{checked}, {len(damaged):,} damaged: a snapshot is never written, so nothing is taken out (exit 1)"
        return [*lines, *spread([stay], view)]
    away = "it is taken out, and asked" if len(damaged) == 1 else "they are taken out, and asked"
    return [*lines, *spread([f"{checked}, {len(damaged):,} damaged: {away} again when needed (exit 1)"], view)]


def _checked(found: Mapping[str, Any]) -> str:
    """How many entries, as stats count them, and what else: `9 entries and 1 compiled suite checked in c.sqlite`."""
    others = found["rows"] - found["entries"]
    also = f" and {others:,} compiled suite{'' if others == 1 else 's'}" if others else ""
    return f"{counted(found['entries'])}{also} checked in {_place(found)}"


def _typed(path: str) -> str:
    return quoted(visible(path))


def _was(damaged: Mapping[str, Any]) -> str:
    """What a damaged row was: `tone on ex-003`."""
    if damaged["table"] == "memo":
        return "a compiled suite"
    if damaged["evaluator"] is None:
        return "an answer, or what cannot be told"
    return f"{visible(damaged['evaluator'])} on {visible(damaged['example'])}"


def pruned_lines(found: Mapping[str, Any], view: View, *, evaluator: str | None) -> list[str]:
    """The lines of `ippon cache prune`; the answers behind the scores of an evaluator are nobody's alone, and stay."""
    would = "would be deleted, and nothing is (--dry-run)" if found["dry_run"] else "deleted"
    lines = spread([f"{counted(found['deleted'])} {would}, {found['left']:,} left in {visible(found['path'])}"], view)
    if evaluator is None or not found["deleted"]:
        return lines
    return lines + spread(
        ["their answers are kept and read again for nothing", f"ask anew: ippon run --refresh -e {quoted(evaluator)}"],
        view,
    )


def exported_lines(found: Mapping[str, Any], view: View) -> list[str]:
    """The lines of `ippon cache export`."""
    name = "standard output" if found["file"] == "-" else visible(found["file"])
    lines = spread([f"{counted(found['written'])} written to {name}"], view)
    if not found["damaged"]:
        return lines
    check = f"ippon cache verify --cache {_typed(found['path'])}"
    return lines + labelled(f"{found['damaged']:,} damaged left out", check, view)


def imported_lines(found: Mapping[str, Any], view: View) -> list[str]:
    """The lines of `ippon cache import`."""
    there = found["read"] - found["added"]
    already = f"{there:,} left out: as good or better is there" if there else ""
    return spread([f"{counted(found['added'])} added to {visible(found['path'])}", already], view)


def doctor_lines(found: Sequence[tuple[str, str, str]], view: View) -> list[str]:
    """The lines of `ippon doctor`; what is to be fixed is counted last."""
    width = max((len(name) for _, name, _ in found), default=0)
    lines: list[str] = []
    for state, name, text in found:
        lines += spread([f"{state:<4}  {name:<{width}}  {visible(text)}"], view)
    lines = (
        [line.replace(state, painted(state, view), 1) for line in lines for state in [line[:4].strip()]]
        if view.colour
        else lines
    )
    bad = sum(state == "FAIL" for state, _, _ in found)
    exit_code = 2 if bad else 0
    return [*lines, f"{bad} to fix (exit {exit_code})" if bad else "nothing to fix (exit 0)"]
