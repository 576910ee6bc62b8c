"""Tables for people: a title, a head, and rows whose numbers stand under each other."""

from collections.abc import Iterable, Sequence


def show(title: str, head: Sequence[object], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; a float is written with three decimals, everything else as it is."""
    lines = [
        [str(cell) for cell in head],
        *([f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows),
    ]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    print(f"\n{title}")
    for line in lines:
        first, *others = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join([line[0].ljust(widths[0]), *others] if first else others), flush=True)
