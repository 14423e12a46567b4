# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""How a program ends when it cannot go on: one line that says why, and an exit status.

For the ``lanewise`` commands (``in_words``) and for the scripts in ``tools/`` (``run_tool``).
"""

from __future__ import annotations

import errno
import io
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from lanewise.errors import LanewiseError, MissingExtraError

_EXTRA_OF = {"torch": "train", "safetensors": "train", "matplotlib": "figures"}
_STOPPED = 130
"""Exit status of a program that Ctrl-C ended, as shells know it."""


def one_line(error: object) -> str:
    """``error`` without line ends and what steers a terminal: a file's name may hold anything."""
    words = " ".join(str(error).split())
    return "".join(letter if letter.isprintable() else "?" for letter in words)


class Failure(click.ClickException):
    """A ``LanewiseError`` as click shows it: one line on stderr, begun with the program's name."""

    def __init__(self, error: LanewiseError, program: str) -> None:
        super().__init__(one_line(error))
        self.status = error.exit_status
        self.program = program

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        return self.status

    def show(self, file: Any = None) -> None:
        click.echo(f"{self.program}: {self.message}", file=file, err=file is None)


@contextmanager
def in_words(program: str = "lanewise") -> Iterator[None]:
    """Raise ``Failure`` for what a user can cause or mend; what else is raised is a defect.

    Also lets standard output and error take any text: a file's name may hold bytes that are none in
    their encoding, and what was done would end in an error when it is told.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    except LanewiseError as error:
        raise Failure(error, program) from error
    except ModuleNotFoundError as error:
        raise Failure(_missing(error), program) from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # who read the output has gone: click ends quietly
        raise Failure(LanewiseError(_refused(error)), program) from error


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C waits until what is done here is done: a module imported by half is of no use, and
    whoever meets it ends in an error of its own."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are not for it
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
    if came:
        raise KeyboardInterrupt


def run_tool(main: Callable[[], object]) -> NoReturn:
    """End with the status that ``main`` returns (none: 0), or with its error in one line."""
    program = Path(sys.argv[0]).stem
    try:
        with in_words(program):
            status = main()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        click.echo(f"{program}: stopped by Ctrl-C", err=True)
        sys.exit(_STOPPED)
    sys.exit(status if isinstance(status, int) else 0)


def _refused(error: OSError) -> str:
    """What the system would not do, for whoever met no better words on the way."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}; mend that and repeat the command"


def _missing(error: ModuleNotFoundError) -> LanewiseError:
    extra = _EXTRA_OF.get((error.name or "").split(".")[0])
    if extra is None:
        raise error
    return MissingExtraError(
        f"this needs {error.name}; install it with: pip install 'lanewise[{extra}]'"
    )
