"""Runs one command and prints its wall time, CPU time, peak memory and exit code as JSON.

python -I -S bench/spawn.py OUTPUT COMMAND...

A process of its own, and as small as can be: Linux hands a spawned child the peak memory of the process that spawned
it (ru_maxrss survives exec), so that a command started from a big program never seems smaller than that program.
"""

import os
import sys
import time


def main(output: str, command: list[str]) -> None:
    """Spawn, wait, tell; the command's output goes to the file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    started_s = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, used = os.wait4(child, 0)
    wall_s = time.perf_counter() - started_s
    cpu_s = used.ru_utime + used.ru_stime
    peak_bytes = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    exit_code = os.waitstatus_to_exitcode(status)
    sys.stdout.write(
        f'{{"wall_s": {wall_s!r}, "cpu_s": {cpu_s!r}, "peak_bytes": {peak_bytes}, "exit_code": {exit_code}}}\n'
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
