"""`doctor`: everything that a run depends on, looked at. Sends nothing that costs, shows no key."""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from ippon.adapters.file_system import network_file_system
from ippon.errors import IpponError
from ippon.records.providers import LOCAL, PROVIDERS
from ippon.report.cache import counted, size
from ippon.wiring.models import endpoint_of, missing_key, models_of, uses_in
from ippon.wiring.opened import cache_path, found, opened
from ippon.wiring.trust import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ippon.adapters.redis_link import RedisLink
    from ippon.errors import Problem
    from ippon.records.options import Options
    from ippon.records.providers import ModelUse
    from ippon.wiring.opened import Opened

Finding = tuple[str, str, str]
CONNECT_S = 2.0
# Versions whose checkpoint can damage a WAL database when it meets a writer in another process (sqlite.org/wal.html,
# "the WAL-reset bug"): all before the last of these, but for the two older lines that were mended as well.
MENDED_SQLITE = ((3, 44, 6), (3, 50, 7), (3, 51, 3))


def checkup(options: Options, environ: Mapping[str, str]) -> list[Finding]:
    """(ok | warn | FAIL, what, what was found) of the machine, the suite, its models, and the places that are written."""
    findings = [*_versions(), *_local_model(), *_keys(environ), _place("state folder", state_folder(environ))]
    findings.append(_place("cache folder", os.path.dirname(os.path.abspath(cache_path(options, environ)))))  # noqa: PTH100, PTH120
    try:
        path = options.suite or found()
    except IpponError as error:
        return [*findings, *(("warn", "suite", problem.message) for problem in error.problems)]
    try:
        with opened(msgspec.structs.replace(options, suite=path), environ=environ, looks=True) as it:
            findings += _suite(it, options)
    except IpponError as error:
        findings += [("FAIL", "suite", _placed(problem)) for problem in error.problems]
    return findings


def _placed(problem: Problem) -> str:
    """A problem with its place."""
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part is not None)
    return f"{place} {problem.message}" if place else problem.message


def _versions() -> Iterator[Finding]:
    from ippon.records.version import __version__  # noqa: PLC0415 - a face's name, read when asked

    yield "ok", "ippon", f"{__version__}, Python {sys.version.split()[0]}"
    yield sqlite_finding(sqlite3.sqlite_version_info)


def sqlite_finding(version: tuple[int, ...]) -> Finding:
    """What is to be known of a version of SQLite, in one line."""
    shown = ".".join(map(str, version))
    mended_line = any(mended <= version < (mended[0], mended[1] + 1) for mended in MENDED_SQLITE)
    if mended_line or version >= MENDED_SQLITE[-1]:
        return "ok", "sqlite", shown
    bug = "WAL-reset bug, mended in 3.51.3: because of it runs take turns to write"
    return "ok", "sqlite", f"{shown} has the {bug}"


def _local_model() -> Iterator[Finding]:
    from ippon.adapters.local_runtime import INSTALL, runtime  # noqa: PLC0415

    found = runtime()
    if found is None:
        yield "warn", "local model", f"not installed: {INSTALL}"
    else:
        shown = {**found, "weights": found["weights"][:12]}
        yield "ok", "local model", ", ".join(f"{name} {value}" for name, value in shown.items())


def _keys(environ: Mapping[str, str]) -> Iterator[Finding]:
    names = [its.key_env for its in PROVIDERS.values() if its.key_env is not None]
    there = [name for name in names if environ.get(name)]
    yield "ok", "keys", f"{', '.join(there)} set" if there else "none set; local and loopback models need none"


def _place(name: str, folder: str) -> Finding:
    above = folder
    while not os.path.exists(above):  # noqa: PTH110
        above = os.path.dirname(above)  # noqa: PTH120
    writable = os.access(above, os.W_OK)
    if not writable:
        return "FAIL", name, f"{folder} cannot be written"
    return _network(name, folder) or ("ok", name, f"{folder} can be written")


def _network(name: str, folder: str) -> Finding | None:
    """A warning of a folder that several machines may share."""
    kind = network_file_system(folder)
    if kind is None:
        return None
    return "warn", name, f"{folder} is on a network file system ({kind}): written without a log ahead, so slower"


def _suite(it: Opened, options: Options) -> Iterator[Finding]:
    suite = it.suite
    yield "ok", "suite", f"{suite.path}, {len(suite.examples)} examples, {len(suite.evaluators)} evaluators"
    yield from (("warn", "cache", warning) for warning in it.warnings)
    if it.cache is not None:
        stats = it.cache.stats()
        yield "ok", "cache", f"{counted(stats['entries'])}, {size(stats['bytes'])}"
    if it.layers is not None and it.layers.link is not None:
        yield _team_cache(it.layers.link)
    yield "ok", "history", f"{len(it.store.runs())} runs in {it.store.file.path}"
    remote = _network("history folder", os.path.dirname(os.path.abspath(it.store.file.path)))  # noqa: PTH100, PTH120
    yield from () if remote is None else (remote,)
    seen: list[ModelUse] = []
    for evaluator in suite.evaluators:
        seen += [use for use in uses_in(models_of(evaluator, suite, options)) if use not in seen]
    for use in seen:
        yield from _lane(use, it, options)


def _team_cache(link: RedisLink) -> Finding:
    try:
        link.open()
    except IpponError as error:
        return "FAIL", "team cache", _placed(error.problems[0])
    return ("warn", "team cache", link.notes[0]) if link.down else ("ok", "team cache", f"{link.address.shown} answers")


def _lane(use: ModelUse, it: Opened, options: Options) -> Iterator[Finding]:
    name = f"{use.provider}/{use.model}"
    if use.provider == LOCAL:
        if use.runtime is None:
            yield "FAIL", name, "not installed"
        return
    variable = missing_key(use, it.suite, options, it.environ)
    if variable is not None:
        yield "FAIL", name, f"{variable} is not set"
    address = use.base_url or endpoint_of(name, it.suite).base_url
    parts = urlsplit(address)
    if parts.hostname in {"127.0.0.1", "localhost", "::1"}:
        yield _reachable(name, parts.hostname, parts.port or 80)


def _reachable(name: str, host: str, port: int) -> Finding:
    try:
        with socket.create_connection((host, port), timeout=CONNECT_S):
            return "ok", name, f"{host}:{port} answers"
    except OSError as error:
        return "FAIL", name, f"{host}:{port}: {error.strerror or error}".lower()
