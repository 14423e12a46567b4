# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs code.py on the emulated board for very long, with random faults, and checks that

* every frame that the camera delivered has exactly one line (or was a look at the colour bars);
* every fault is said within two seconds of the board's time and ends in READY when it is over;
* commands in between are obeyed: hold and go, also in a fault, a frame that is saved whole,
  and another model, for which the program starts again;
* memory stays flat: resident size, living Python objects, traced bytes.

    python tools/soak.py --frames 100000

Prints a report as JSON; where standard error is a terminal, a bar tells how far it is.
"""

from __future__ import annotations

import argparse
import base64
import gc
import json
import random
import shutil
import time
import tracemalloc
import warnings
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

from lanewise.commands.console import progress_bar
from lanewise.data.sources import load
from lanewise.emulator import FAULTS, DigitSource, EmulatorWarning
from lanewise.emulator.desk import EmulatedDesk
from lanewise.endings import run_tool
from lanewise.errors import UsageError
from lanewise.export.lanes import read
from lanewise.zoo.shelf import model_path

READINGS = ("DIGIT", "NONE")
WITHIN_S = 2.0
PERIOD = 120
"""Readings between two faults, on average."""


class Soak:
    """One long run; ``problems`` is empty if all was well."""

    def __init__(self, model: Path, seed: int) -> None:
        digits = load("pen", "test", count=24)
        self.sources = [DigitSource(image) for image in digits.images]
        self.labels = [str(label) for label in digits.labels]
        self.random = random.Random(seed)
        self.desk = EmulatedDesk(model, colorspace="yuv", vote=1, start=False, seed=seed)
        self.readings = self.right = self.clean = 0
        self.kinds: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.commands: Counter[str] = Counter()
        self.slowest_s: dict[str, float] = {}
        self.problems: list[str] = []
        self.app: Any = None
        self.told_before = self.frames_before = 0

    def line(self) -> str:
        """The next line, counted."""
        line = self.desk.program.next_line()
        kind = line.split(" ", 1)[0]
        self.kinds[kind] += 1
        if kind in READINGS:
            self.readings += 1
        if self.app is not self.desk.app:  # the program has started again
            if self.app is not None:
                self.told_before += self.app.camera.checks
                self.frames_before += self.app.frames
            self.app = self.desk.app
        return line

    def good(self, count: int) -> None:
        """So many readings without a fault."""
        end = self.readings + count
        settled = 0
        while self.readings < end:
            show = self.random.randrange(len(self.sources))
            self.desk.board.source = self.sources[show]
            line = self.line()
            settled += 1
            if line.startswith("FAULT"):
                self.problems.append(f"reading {self.readings}: {line} while nothing was wrong")
            elif settled > 3 and line.split(" ", 1)[0] in READINGS:
                self.clean += 1
                self.right += line.startswith(f"DIGIT {self.labels[show]} ")

    def bad(self, fault: str) -> None:
        """A fault, until it was said a few times and is over."""
        board = self.desk.board
        board.fault = fault
        self.faults[fault] += 1
        begun = board.clock.now_s()
        self._until("FAULT", fault)
        self._told(fault, board.clock.now_s() - begun)
        for _ in range(self.random.randint(0, 3)):
            self._until("FAULT", fault)
        board.fault = None
        self._until("READY", fault)

    def obeyed(self) -> None:
        """A command and what follows from it."""
        name = ("hold", "hold in a fault", "save", "model")[self.random.randrange(4)]
        self.commands[name] += 1
        if name == "save":
            self._send("save soak")
            self._saved()
        elif name == "model":
            self._send("model " + ("other", "digits")[self.random.randrange(2)])
            self._until("READY", name)
        else:
            self._send("hold")
            frames = self.desk.board.frames
            if name == "hold in a fault":
                self.desk.board.fault = "no-device"
            self._send("status")
            if self.desk.board.frames != frames:
                self.problems.append(f"reading {self.readings}: captured while held")
            self._send("go")
            if name == "hold in a fault":
                self._until("FAULT", name)
                self.desk.board.fault = None
                self._until("READY", name)

    def _send(self, command: str) -> None:
        self.desk.board.console.send(command.encode() + b"\n")
        self._until("OK " + command.split()[0], command)

    def _saved(self) -> None:
        """The lines of a saved frame: what they hold is what the camera sent last."""
        self._until("FRAME", "save")
        data = b""
        while (line := self.line()).startswith("DATA "):
            data += base64.b64decode(line.split()[2])
        if line != f"END {zlib.crc32(data):08x}" or data != self.desk.board.last_frame:
            self.problems.append(f"reading {self.readings}: a saved frame is not the one sent")

    def _until(self, kind: str, fault: str) -> None:
        begun = self.desk.board.clock.now_s()
        while not self.line().startswith(kind):
            if self.desk.board.clock.now_s() - begun > 10:
                self.problems.append(f"reading {self.readings}: {fault}, and no {kind} in 10 s")
                return

    def _told(self, fault: str, took_s: float) -> None:
        self.slowest_s[fault] = max(took_s, self.slowest_s.get(fault, 0.0))
        if took_s > WITHIN_S:
            self.problems.append(f"{fault} was said after {took_s:.2f} s")

    def account(self) -> None:
        """Frames that the sensor delivered against lines."""
        app = self.desk.app
        frames = self.desk.board.frames
        told = self.readings + self.told_before + app.camera.checks
        if frames != told or self.frames_before + app.frames != self.readings:
            self.problems.append(f"{frames} frames, {told} lines and looks at colour bars")


def memory() -> dict[str, float]:
    """Resident MB, living objects, traced MB."""
    gc.collect()
    resident = psutil.Process().memory_info().rss / 1e6
    found: dict[str, float] = {"rss_mb": round(resident, 1), "objects": len(gc.get_objects())}
    if tracemalloc.is_tracing():
        found["traced_mb"] = round(tracemalloc.get_traced_memory()[0] / 1e6, 2)
    return found


def main(arguments: list[str] | None = None) -> int:
    """0 if nothing was lost, late or leaking."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--model", type=Path, default=Path("models/dense14/model.lanes"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trace", action="store_true", help="trace Python's memory too (slower)")
    chosen = parser.parse_args(arguments)
    if chosen.frames < 1:
        raise UsageError(f"--frames {chosen.frames}: at least one is needed")
    chosen.model = model_path(chosen.model)
    read(chosen.model)  # a board would wait for a better one
    soak = Soak(chosen.model, chosen.seed)
    names = list(FAULTS)
    begun = time.perf_counter()
    marks: list[dict[str, float]] = []
    # A camera that has lost its settings sends more than the program made room for.
    warnings.simplefilter("ignore", EmulatorWarning)
    with soak.desk, progress_bar("readings", chosen.frames) as advance:
        shutil.copyfile(soak.desk.drive / "digits.lanes", soak.desk.drive / "other.lanes")
        for name in names:  # everything that is made once is made
            soak.good(100)
            soak.bad(name)
        if chosen.trace:
            tracemalloc.start()
        due = soak.readings
        advance(soak.readings)
        while soak.readings < chosen.frames:
            before = soak.readings
            soak.good(soak.random.randint(1, 2 * PERIOD))
            soak.bad(names[soak.random.randrange(len(names))])
            soak.good(soak.random.randint(1, PERIOD))
            soak.obeyed()
            advance(soak.readings - before)
            if soak.readings >= due:
                marks.append({"readings": soak.readings} | memory())
                due += max(1, chosen.frames // 10)
        soak.good(5)  # the line of the last frame may still be due
        marks.append({"readings": soak.readings} | memory())
        soak.account()
        restarts = soak.desk.program.reloads
    first, last = marks[1] if len(marks) > 2 else marks[0], marks[-1]
    if last["rss_mb"] - first["rss_mb"] > 8:
        soak.problems.append(f"resident memory grew from {first['rss_mb']} to {last['rss_mb']} MB")
    if last["objects"] - first["objects"] > 500:
        soak.problems.append(f"objects grew from {first['objects']} to {last['objects']}")
    report = {
        "readings": soak.readings,
        "seconds": round(time.perf_counter() - begun, 1),
        "lines": dict(soak.kinds),
        "faults": dict(soak.faults),
        "commands": dict(soak.commands),
        "restarts": restarts,
        "slowest_s": {name: round(value, 2) for name, value in soak.slowest_s.items()},
        "right_share": round(soak.right / max(1, soak.clean), 4),
        "memory": marks,
        "problems": soak.problems[:20],
    }
    print(json.dumps(report, indent=1))
    return 1 if soak.problems else 0


if __name__ == "__main__":
    run_tool(main)
