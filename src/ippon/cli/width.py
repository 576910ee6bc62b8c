"""How wide the screen is. Imports nothing of ippon's, so that the help page may ask."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH_WITHOUT_TERMINAL = 100
LEAST_WIDTH, MOST_WIDTH = 20, 100


def width_of(environ: Mapping[str, str], *, terminal: bool) -> int:
    """How many columns there are: `COLUMNS`, the terminal's own, or 100."""
    said = environ.get("COLUMNS", "")
    if said.isascii() and said.isdigit() and int(said) > 0:
        found = int(said)
    elif terminal:
        found = _terminal_width()
    else:
        found = WIDTH_WITHOUT_TERMINAL
    return min(MOST_WIDTH, max(LEAST_WIDTH, found))


def _terminal_width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or WIDTH_WITHOUT_TERMINAL
    except (OSError, ValueError):
        return WIDTH_WITHOUT_TERMINAL
