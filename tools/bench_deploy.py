# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Times a first, an unchanged and a model-only deploy: python tools/bench_deploy.py [FOLDER].

FOLDER stands for the drive; without it a folder in memory is taken where the system has one
(/dev/shm), else a temporary folder. A real board's drive is slower: about 100 kB/s on a Pico, so
the bytes written are printed, too. Then the same as a user waits for it: the whole program, Python
and imports included, in seconds on the clock and of processor time, which other programs on the
machine do not lengthen; for a drive on which a board compiles (as text) and for a real Pico's,
whose modules are compiled here, the first time with nothing in the user's cache.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lanewise.boards.bundle import Bundle, board_files
from lanewise.boards.deploy import deploy
from lanewise.boards.drive import FolderDrive
from lanewise.boards.undo import undo
from lanewise.endings import run_tool
from lanewise.resources import bundled

REPEATS = 5
PICO = (
    "Adafruit CircuitPython 10.2.1 on 2026-01-01; Raspberry Pi Pico with rp2040\n"
    "Board ID:raspberry_pi_pico\n"
)
Seconds = tuple[float, float]
"""On the clock and of processor time."""


def main() -> None:
    """Print the median of five of each kind."""
    memory = Path("/dev/shm")
    base = Path(sys.argv[1]) if len(sys.argv) > 1 else (memory if memory.is_dir() else None)
    models = [bundled("models") / name / "model.lanes" for name in ("dense14", "dense14-pen")]
    times: dict[str, list[float]] = {}
    written: dict[str, int] = {}
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory(prefix="lanewise-bench-", dir=base) as folder:
            for name, model in (
                ("first", models[0]),
                ("unchanged", models[0]),
                ("other model, empty slot", models[1]),
                ("other model, used slot", models[0]),
            ):
                begun = time.perf_counter()
                done = deploy(FolderDrive(Path(folder)), _bundle(model))
                times.setdefault(name, []).append(time.perf_counter() - begun)
                written[name] = done.written_bytes
            begun = time.perf_counter()
            undo(FolderDrive(Path(folder)))
            times.setdefault("undo", []).append(time.perf_counter() - begun)
    print(f"drive: {base or tempfile.gettempdir()}, median of {REPEATS}, bundle built each time")
    for name, taken in times.items():
        print(f"{name:<24} {sorted(taken)[REPEATS // 2]:.3f} s  {written.get(name, 0):>7} bytes")
    for kind, boot_out in (("as text", ""), ("compiled", PICO)):
        for name, both in _processes(models[0], base, boot_out).items():
            clock, processor = (sorted(taken)[REPEATS // 2] for taken in zip(*both, strict=True))
            slowest = max(taken for taken, _ in both)
            print(
                f"lanewise deploy, {kind}, {name:<9} {clock:.3f} s (slowest {slowest:.3f} s), "
                f"{processor:.3f} s of processor time"
            )


def _processes(model: Path, base: Path | None, boot_out: str) -> dict[str, list[Seconds]]:
    """Seconds of ``lanewise deploy`` as a program: first, with an empty cache, and unchanged."""
    times: dict[str, list[Seconds]] = {"first": [], "unchanged": []}
    run = [sys.executable, "-c", "from lanewise.cli import main; main()", "deploy", str(model)]
    for _ in range(REPEATS):
        with (
            tempfile.TemporaryDirectory(prefix="lanewise-bench-", dir=base) as folder,
            tempfile.TemporaryDirectory() as home,
        ):
            if boot_out:
                (Path(folder) / "boot_out.txt").write_text(boot_out)
            command = [*run, "--drive", folder, "--board", "raspberry_pi_pico"]
            environment = {**os.environ, "HOME": home, "LOCALAPPDATA": home}
            environment["XDG_CACHE_HOME"] = home
            for taken in times.values():
                begun, used = time.perf_counter(), _processor_s()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
                taken.append((time.perf_counter() - begun, _processor_s() - used))
    return times


def _processor_s() -> float:
    """Processor time of all programs that this one has started and waited for, in seconds."""
    times = os.times()
    return times.children_user + times.children_system


def _bundle(model: Path) -> Bundle:
    return board_files(model)


if __name__ == "__main__":
    run_tool(main)
