# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Checks of host, board, camera and model, each with what to do when it fails."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import util
from typing import Any

from lanewise.boards.bundle import CODE, SETTINGS, supported_boards
from lanewise.boards.drive import Drive
from lanewise.boards.drives import BOOTLOADER, BOOTLOADER_HELP, BoardDrive, open_drive
from lanewise.boards.libraries import installed_libraries
from lanewise.boards.lines import Event
from lanewise.boards.listen import State, Tally, listen
from lanewise.boards.plan import asks_for_heap
from lanewise.boards.ports import BoardPort
from lanewise.boards.slots import SLOTS, digest, load_record, running_slot
from lanewise.errors import BoardError

OK, WARN, FAIL, SKIP = "ok", "warn", "fail", "skip"
OLDEST_PYTHON = (3, 11)
OLDEST_TRIED = (10, 0)
_NEEDED = ("numpy", "PIL", "serial", "psutil", "adafruit_board_toolkit")
_OPTIONAL = {"torch": "train", "micropython_unix": "runtimes", "matplotlib": "figures"}


@dataclass(frozen=True)
class Check:
    """One line of the list. status: ok, warn, fail or skip; remedy: what to do, or nothing."""

    part: str
    name: str
    status: str
    detail: str
    remedy: str = ""


def host_checks() -> list[Check]:
    """Python, packages and Adafruit's libraries on this machine."""
    version = ".".join(map(str, sys.version_info[:3]))
    fit = sys.version_info >= OLDEST_PYTHON
    found = [
        Check(
            "host", "Python", OK if fit else FAIL, version, "" if fit else "install 3.11 or newer"
        )
    ]
    missing = [name for name in _NEEDED if util.find_spec(name) is None]
    found.append(
        Check("host", "packages", FAIL, f"missing: {', '.join(missing)}", "pip install lanewise")
        if missing
        else Check("host", "packages", OK, "all there")
    )
    absent = sorted(extra for name, extra in _OPTIONAL.items() if util.find_spec(name) is None)
    if absent:
        remedy = f"if you need them: pip install 'lanewise[{','.join(absent)}]'"
        found.append(Check("host", "extras", SKIP, f"not here: {', '.join(absent)}", remedy))
    try:
        told = ", ".join(f"{one.name} {one.version}" for one in installed_libraries())
        found.append(Check("host", "libraries for the board", OK, told))
    except BoardError as error:
        found.append(Check("host", "libraries for the board", FAIL, str(error)))
    return found


SERIAL_GROUPS = ("dialout", "uucp")
"""Who may open serial ports: the first on Debian, Ubuntu and Fedora, the second on Arch."""


def group_check(groups: dict[str, bool] | None) -> list[Check]:
    """May this user open serial ports, by udev's usual rules? groups: name to membership.

    None where there are no such groups, as on macOS and Windows, or where the user is root.
    """
    if not groups:
        return []
    if any(groups.values()):
        mine = ", ".join(name for name, member in groups.items() if member)
        return [Check("host", "serial ports", OK, f"this user is in the group {mine}")]
    name = next(iter(groups))
    return [
        Check(
            "host",
            "serial ports",
            WARN,
            f"this user is not in the group {name}, to which udev gives serial ports",
            f"if monitor may not open the port: sudo usermod -aG {name} $USER, then log in again",
        )
    ]


def serial_groups() -> dict[str, bool] | None:
    """The groups of ``SERIAL_GROUPS`` that this system has, and whether this user is in them."""
    if not sys.platform.startswith("linux") or os.geteuid() == 0:
        return None
    import grp

    found = {}
    for name in SERIAL_GROUPS:
        try:
            found[name] = grp.getgrnam(name).gr_gid in os.getgroups()
        except KeyError:
            continue
    return found


def port_checks(ports: Sequence[BoardPort]) -> list[Check]:
    """May this user open the boards' serial ports?"""
    found = group_check(serial_groups())
    for port in ports:
        allowed = os.name == "nt" or os.access(port.device, os.R_OK | os.W_OK)
        found.append(
            Check("host", f"port {port.device}", OK, port.description)
            if allowed
            else Check(
                "host",
                f"port {port.device}",
                FAIL,
                "this user may not open it",
                "sudo usermod -aG dialout $USER, then log in again (Arch: group uucp)",
            )
        )
    return found


def drive_checks(board: BoardDrive) -> list[Check]:
    """Firmware, board, space, and what lanewise put onto the drive."""
    if board.kind == BOOTLOADER:
        remedy = "lanewise flash FILE.uf2; or press RESET to leave the bootloader"
        return [Check("board", "firmware", FAIL, f"{board.path} is a bootloader", remedy)]
    found = [_firmware(board), _known(board)]
    if board.read_only:
        remedy = "eject it, plug in again; else see docs/boards.md, read-only drives"
        found.append(Check("board", "drive", FAIL, f"{board.path} is read-only", remedy))
    else:
        free = f"{board.free_bytes // 1024} kB free of {board.total_bytes // 1024} kB"
        found.append(Check("board", "drive", OK, f"{board.path}, {free}"))
    try:
        found += _deployed(open_drive(board.path))
    except OSError as error:
        remedy = "plug the board in again"
        found.append(Check("board", "files", FAIL, str(error.strerror or error), remedy))
    return found


def _firmware(board: BoardDrive) -> Check:
    if board.version is None:
        remedy = f"is it a CircuitPython drive? To install it: {BOOTLOADER_HELP}"
        return Check("board", "firmware", WARN, f"{board.path} does not say its version", remedy)
    numbers = tuple(int(part) for part in board.version.split("-")[0].split(".")[:2])
    old = numbers < OLDEST_TRIED
    remedy = f"tried with {OLDEST_TRIED[0]}.{OLDEST_TRIED[1]} and newer: lanewise flash --help"
    detail = f"CircuitPython {board.version}"
    return Check("board", "firmware", WARN if old else OK, detail, remedy if old else "")


def _known(board: BoardDrive) -> Check:
    if board.board_id in supported_boards():
        return Check("board", "board", OK, f"{board.board_id}: pins are known")
    remedy = (
        "boards with imagecapture (RP2040, RP2350, Grand Central M4) work with a file of pins: "
        "lanewise deploy --board NAME --pins FILE"
    )
    return Check("board", "board", WARN, f"no pins for {board.board_id or 'this board'}", remedy)


def _deployed(drive: Drive) -> list[Check]:
    records = {slot: load_record(drive, slot) for slot in SLOTS}
    code = drive.read(CODE)
    running = running_slot(code, records)
    record = records[running] if running is not None else None
    if record is None:
        there = "is not of lanewise" if code is not None else "is not there"
        return [Check("board", "reader", FAIL, f"{CODE} {there}", "lanewise deploy MODEL")]
    wrong = [path for path, sha in record.files.items() if digest(drive.read(path)) != sha]
    name = f"model {record.model}, {len(record.files)} files"
    found = [
        Check("board", "reader", OK, f"{name}, as they were written")
        if not wrong
        else Check(
            "board",
            "reader",
            WARN,
            f"{name}, changed: {', '.join(wrong[:3])}",
            "if that was not you, write them again: lanewise deploy MODEL",
        )
    ]
    settings = drive.read(SETTINGS)
    fit = settings is not None and asks_for_heap(settings)
    remedy = "" if fit else "add CIRCUITPY_HEAP_START_SIZE=120000; without it all is slow"
    found.append(
        Check("board", "heap", OK if fit else WARN, f"{SETTINGS} asks for it" if fit else
              f"{SETTINGS} does not ask for a large heap", remedy)
    )  # fmt: skip
    return found


def listening_checks(
    open_port: Callable[[], Any],
    listen_s: float,
    now: Callable[[], float] = time.monotonic,
    restart: bool = False,
) -> list[Check]:
    """What the running app says about camera and model within ``listen_s`` seconds.

    ``restart``: Ctrl-C and Ctrl-D first, so that the app says its first line again.
    """
    port: list[Any] = []

    def open_once() -> Any:
        opened = open_port()
        if restart and not port:
            opened.write(b"\x03\x04")
        port.append(opened)
        return _Deadline(opened, now, now() + listen_s)

    tally, others = Tally(), 0
    try:
        for said in listen(open_once):
            if isinstance(said, State):
                continue
            tally.count(said)
            others += said.kind == "other"
            if tally.readings >= 2 or tally.faults >= 2:
                break
    except _Silent:
        pass
    except BoardError as error:
        return [Check("board", "serial port", FAIL, str(error))]
    finally:
        for opened in port[-1:]:
            opened.close()
    return list(_verdict(tally, others, listen_s))


class _Silent(Exception):
    """The time for listening is over."""


class _Deadline:
    """A port that ends the listening when its time is over."""

    def __init__(self, port: Any, now: Callable[[], float], end: float) -> None:
        self._port, self._now, self._end = port, now, end

    def __getattr__(self, name: str) -> Any:
        if name == "read" and self._now() >= self._end:
            raise _Silent
        return getattr(self._port, name)


def _verdict(tally: Tally, others: int, listen_s: float) -> Iterable[Check]:
    if not (tally.readings or tally.faults or tally.ready):
        heard = f"{others} lines, none of the reader's" if others else "nothing"
        remedy = "press RESET, or: lanewise doctor --restart; is a reader deployed?"
        yield Check("board", "app", FAIL, f"heard {heard} in {listen_s:.0f} s", remedy)
        return
    yield Check("board", "app", OK, "it speaks")
    if tally.fault is not None:
        part = str(tally.fault.reason)
        remedy = {
            "camera": "check the wires against the table in the board's file of pins",
            "model": "lanewise deploy MODEL",
            "link": "shorten the data wires, keep PCLK away from the others",
            "settings": "correct that value in settings.toml or in the file of pins",
            "memory": "a smaller WIDTH in the file of pins, or a smaller model",
        }.get(part, "see docs/serial.md")
        yield Check(part, "fault", FAIL, tally.fault.fields["message"], remedy)
        return
    ready: Event | None = tally.ready
    frame = f", frames of {ready.fields.get('frame', '?')}" if ready else ""
    yield Check("camera", "wiring, product id, VSYNC", OK, f"the app's own checks passed{frame}")
    model = f"{ready.fields.get('model', '?')}, " if ready else ""
    yield Check("model", "file, certificate", OK, f"{model}accepted by the board's loader")
    if tally.last is not None:
        last = tally.last
        seen = last.reason if last.kind == "none" else f"{last.kind} {last.digit}"
        yield Check("camera", "frames", OK, f"they come; the last: {seen}, {tally.last.ms} ms")
