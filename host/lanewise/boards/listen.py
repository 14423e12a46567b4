# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Listen to a board's serial port for ever: through pulled cables, restarts and noise."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from lanewise.boards.lines import READINGS, Event, LineCutter, understand
from lanewise.errors import BoardError, LanewiseError, UsageError

RETRY_S = 0.5
_READ_BYTES = 4096
_COLUMNS = ("time", "kind", "digit", "reason", "confidence", "margin", "box", "ms", "text")


@dataclass(frozen=True)
class State:
    """The port came or went; ``words`` say how."""

    connected: bool
    words: str


def listen(
    open_port: Callable[[], Any],
    *,
    first_wait_s: float = 0.0,
    pause: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Event | State]:
    """What the board says, line by line, and when the port comes and goes; ends never by itself.

    ``open_port`` gives an opened port or raises ``BoardError``. The first time it is tried for
    ``first_wait_s`` seconds and then raised; later for ever, every ``RETRY_S`` seconds.
    """
    end = now() + first_wait_s
    connected_once = told = False
    while True:
        try:
            port = open_port()
        except BoardError as error:
            if not connected_once and now() >= end:
                raise
            if not told:
                yield State(False, str(error))
                told = True
            pause(RETRY_S)
            continue
        connected_once, told = True, False
        yield State(True, "connected")
        try:
            yield from _lines_of(port)
        except OSError as error:
            yield State(False, f"the port is gone ({error}); waiting for it to come back")
            told = True
        finally:
            _close(port)
        pause(RETRY_S)


def _lines_of(port: Any) -> Iterator[Event]:
    """Events until the port fails; OSError then (pyserial's own errors are such)."""
    cutter = LineCutter()
    while True:
        data = port.read(1)
        if data:
            data += port.read(min(port.in_waiting, _READ_BYTES))
        for line in cutter.feed(data):
            if line:
                yield understand(line)


def _close(port: Any) -> None:
    try:
        port.close()
    except OSError:
        return


@dataclass
class Tally:
    """What a board said so far: readings by digit and by reason, faults, and the last of each."""

    digits: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    readings: int = 0
    faults: int = 0
    ready: Event | None = None
    last: Event | None = None
    fault: Event | None = None

    def count(self, event: Event) -> None:
        """Add one event."""
        if event.kind in ("digit", "number"):
            self._add(self.digits, str(event.digit))
        elif event.kind == "none":
            self._add(self.reasons, str(event.reason))
        elif event.kind == "fault":
            self.faults += 1
            self.fault = event
        elif event.kind == "ready":
            self.ready, self.fault = event, None
        if event.kind in READINGS:
            self.readings += 1
            self.last, self.fault = event, None

    @staticmethod
    def _add(counter: Counter[str], name: str) -> None:
        known = name in counter or len(counter) < 40  # a noisy line must not fill the memory
        counter[name if known else "(others)"] += 1


def as_row(event: Event, when: str) -> dict[str, Any]:
    """The event as one row; ``when``: time in ISO 8601. A number has ``each`` and ``boxes`` too."""
    row: dict[str, Any] = {
        "time": when,
        "kind": event.kind,
        "digit": event.digit,
        "reason": event.reason,
        "confidence": event.confidence,
        "margin": event.margin,
        "box": None if event.box is None else list(event.box),
        "ms": event.ms,
        "text": event.text,
    }
    if event.kind == "number":
        row |= {"each": list(event.each), "boxes": [list(box) for box in event.boxes]}
    return row


class Log:
    """A file of events: CSV or JSON lines, by its name's ending. A context manager.

    A new file that nothing was written to does not stay.
    """

    def __init__(self, path: Path, append: bool = False) -> None:
        if path.suffix not in (".csv", ".jsonl"):
            raise UsageError(f"{path}: a log ends in .csv or .jsonl")
        if path.exists() and not append:
            raise UsageError(f"{path} exists; choose another name or say --append")
        self._path = path
        self._is_new = not path.exists()
        self._is_empty = self._is_new or path.stat().st_size == 0
        try:
            self._file: TextIO = path.open("a", newline="", encoding="utf-8")
        except OSError as error:
            raise LanewiseError(f"{path} cannot be written: {error.strerror or error}") from error
        self._rows = None
        if path.suffix == ".csv":
            self._rows = csv.DictWriter(self._file, _COLUMNS, extrasaction="ignore")

    def write(self, row: dict[str, Any]) -> None:
        """Append one row; it is in the file when this returns.

        Raises ``LanewiseError`` when it cannot be; the rows before are there.
        """
        try:
            self._append(row)
            self._file.flush()
        except OSError as error:
            raise LanewiseError(
                f"{self._path} cannot be written: {error.strerror or error}; what came before is "
                "in it"
            ) from error
        self._is_empty = False

    def _append(self, row: dict[str, Any]) -> None:
        if self._rows is not None and self._is_empty:
            self._rows.writeheader()
        if self._rows is None:
            self._file.write(json.dumps(row) + "\n")
        else:
            box = row["box"]
            flat = row | {"box": "" if box is None else " ".join(map(str, box))}
            self._rows.writerow({name: _safe_cell(value) for name, value in flat.items()})

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # rows are flushed one by one; a row that was refused was told
            self._file.close()
        if self._is_new and self._is_empty:
            with suppress(OSError):
                self._path.unlink()


def _safe_cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@") else value
