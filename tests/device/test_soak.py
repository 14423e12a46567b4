# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A short soak; tools/soak.py runs a long one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from lanewise.data.sources import load
from lanewise.emulator import FAULTS, DigitSource
from lanewise.emulator.desk import EmulatedDesk
from lanewise.resources import bundled

TOOL = Path(__file__).resolve().parents[2] / "tools" / "soak.py"
MODEL = bundled("models") / "dense14" / "model.lanes"


def test_2000_frames_with_random_faults_lose_no_line_and_no_memory():
    command = [sys.executable, str(TOOL), "--frames", "2000", "--model", str(MODEL)]
    ran = subprocess.run(command, capture_output=True, text=True)  # whose memory is its own
    report = json.loads(ran.stdout)
    assert (ran.returncode, report["problems"], ran.stderr) == (0, [], "")
    assert report["readings"] >= 2000 and set(report["faults"]) == set(FAULTS)
    assert len(report["commands"]) > 1


def test_memory_in_a_micropython_vm_stays_flat(micropython_vm):
    used = []
    with EmulatedDesk(MODEL, colorspace="yuv", vm="micropython") as desk:
        desk.board.source = DigitSource(load("pen", "test", count=1).images[0])
        for _ in range(5):
            for _ in range(40):
                assert desk.program.next_line().startswith("DIGIT")
            desk.board.console.send(b"status\n")
            while not desk.program.next_line().startswith("OK status"):
                pass
            used.append(desk.program.mem_alloc)  # just collected
    assert max(used[1:]) - min(used[1:]) < 2000
