# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Run a short program on a board over its raw REPL, and read what it prints.

Raw REPL (MicroPython's documentation, "The MicroPython Interactive Interpreter Mode"): Ctrl-C stops
what runs, Ctrl-A enters; a program ends in Ctrl-D and is answered by ``OK``, its output, Ctrl-D,
its error, Ctrl-D and ``>``. Ctrl-B and Ctrl-D then start the board's own program again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lanewise.boards.lines import clean
from lanewise.errors import BoardError

LARGEST_ANSWER = 1 << 20
_CHUNK = 128  # bytes that a board takes at once without losing any


class RawRepl:
    """A context manager: the board's own program stops on entering and starts again on leaving.

    ``port``: an opened serial port whose reads wait a little. Raises ``BoardError`` when the board
    does not answer in ``timeout_s`` seconds or says too much.
    """

    def __init__(
        self, port: Any, timeout_s: float = 10.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._port = port
        self._timeout_s = timeout_s
        self._now = now
        self._rest = b""

    def __enter__(self) -> RawRepl:
        self._port.write(b"\r\x03\x03\r\x01")
        self._until(b"raw REPL; CTRL-B to exit\r\n>")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            self._port.write(b"\x02\x04")
        except OSError:
            if kind is None:
                raise  # else what went wrong before says more

    def run(self, program: str, timeout_s: float | None = None) -> str:
        """What ``program`` prints; raises ``BoardError`` with the board's last line on an error."""
        data = program.encode()
        for at in range(0, len(data), _CHUNK):
            self._port.write(data[at : at + _CHUNK])
        self._port.write(b"\x04")
        self._until(b"OK")
        output = self._until(b"\x04", timeout_s)
        error = self._until(b"\x04", timeout_s)
        self._until(b">")
        if error.strip():
            last = clean(error.strip().splitlines()[-1])
            raise BoardError(f"the board says: {last}")
        return output.decode("utf-8", "replace")

    def _until(self, mark: bytes, timeout_s: float | None = None) -> bytes:
        """Bytes before ``mark``; those after it are kept for the next call."""
        end = self._now() + (timeout_s or self._timeout_s)
        while mark not in self._rest:
            if self._now() >= end or len(self._rest) > LARGEST_ANSWER:
                raise BoardError(
                    "the board's console does not answer as a REPL: press RESET, close other "
                    "programs that use the port, and try again"
                )
            data = self._port.read(1)
            self._rest += data + self._port.read(self._port.in_waiting) if data else b""
        before, _, self._rest = self._rest.partition(mark)
        return before
