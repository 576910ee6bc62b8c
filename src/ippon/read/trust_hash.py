"""What trust in a suite is bound to: the suite file and every code file beside it."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from ippon.errors import SuiteError
from ippon.read.code import command_digest, function_digest, functions_in
from ippon.read.files import Files
from ippon.read.raw import is_list
from ippon.read.suite import opened
from ippon.read.suite_file import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = (
    ".py",
    ".pyc",
    ".pyd",
    ".so",
    ".dll",
    ".dylib",
    ".sh",
    ".bash",
    ".js",
    ".mjs",
    ".cjs",
    ".ts",
    ".rb",
    ".pl",
    ".lua",
    ".ps1",
    ".bat",
    ".exe",
)
PASSED_OVER = frozenset({"__pycache__", "node_modules"})
MOST = 20_000  # files; a suite in a home folder would have the whole of it hashed
_EXECUTABLE = 0o111
_CHUNK = 1 << 20


def trust_digest(path: str) -> str:
    """SHA-256 over a suite file, the code files in its folder and the files that its commands name; SuiteError."""
    body = opened(path)
    files = Files(path, body, trusted=True)
    whole = hashlib.sha256(hashlib.sha256(body).digest())
    for name in sorted(_code_files(files.folder)):
        whole.update(hashlib.sha256(os.fsencode(name)).digest() + _digest(os.path.join(files.folder, name)))  # noqa: PTH118
    for kind, value in functions_in(parsed(path, body).value):
        if kind == "command" and is_list(value):
            whole.update(command_digest(files, [str(each) for each in value]).encode())
        elif kind == "function" and isinstance(value, str):
            whole.update(function_digest(files, value).encode())
    return whole.hexdigest()


def _code_files(folder: str) -> Iterator[str]:
    """Code below a folder, as relative paths: by ending, or because it may be executed. No hidden folders."""
    count = 0
    for above, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".") and each not in PASSED_OVER]
        for name in names:
            count += 1
            if count > MOST:
                raise SuiteError(
                    f"more than {MOST} files below {folder}", hint="give the suite and its code a folder of their own"
                )
            path = os.path.join(above, name)  # noqa: PTH118
            if os.path.isfile(path) and (name.lower().endswith(CODE) or os.stat(path).st_mode & _EXECUTABLE):  # noqa: PTH113, PTH116
                yield os.path.relpath(path, folder)


def _digest(path: str) -> bytes:
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise SuiteError(
            f"{path} cannot be read: {(error.strerror or 'an error').lower()}", hint="who trusts code has to see it"
        ) from None
    return digest.digest()
