"""One run of the coaching suite on the embedded model, its evaluations asked in one of two orders.

    python -m bench.local_order rubric FOLDER --example 's1*'    # rubric by rubric, as `ippon run` asks a local model
    python -m bench.local_order turns FOLDER                     # the rubrics in turns, as it asks everyone else

The rubric and its shots are the beginning of each prompt. Prints the seconds, the prompts' tokens, and how many of these the
model had computed already.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import msgspec

from bench.stage import COACH
from ippon.engine.ask import ask
from ippon.engine.run import prepare
from ippon.records.options import Options
from ippon.wiring.assemble import assemble
from ippon.wiring.opened import opened


def main() -> int:
    """The command; exit 1 if an evaluation has no score."""
    flags = argparse.ArgumentParser(prog="python -m bench.local_order")
    flags.add_argument("order", choices=["rubric", "turns"])
    flags.add_argument("folder", type=Path)
    flags.add_argument("--example", default="*")
    given = flags.parse_args()
    options = Options(
        suite=str(COACH / "ippon.toml"),
        tier="full",
        example=(given.example,),
        no_cache=True,
        store=str(given.folder / "history.sqlite"),
    )
    with opened(options, environ=os.environ) as there:
        it = assemble(there, options, listen=lambda _event: None)
        wish = msgspec.structs.replace(it.wish, grouped=given.order == "rubric")
        run = asyncio.run(ask(prepare(it.setting, wish, it.parts), it.parts))
    found = {"seconds": run.wall_s, "tokens": run.tokens.input, "known": run.tokens.cached_input}
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    return 0 if run.counts.answered == run.counts.planned else 1


if __name__ == "__main__":
    sys.exit(main())
