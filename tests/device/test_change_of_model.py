# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Another model over the serial line, in a MicroPython VM: what loaded the last one is gone."""

from __future__ import annotations

import shutil

import pytest

from lanewise.data.sources import load
from lanewise.emulator import DigitSource
from lanewise.emulator.desk import EmulatedDesk
from lanewise.resources import bundled
from lanewise.runtimes.micropython import run_script
from small_models import small_model

DENSE14 = bundled("models") / "dense14" / "model.lanes"
START = {
    "lanecam.reader_start", "lanecam.camera_start", "lanecam.loader", "lanecam.weights",
    "lanecam.certificate", "lanecam.op_table", "lanecam.settings", "lanecam.engines.choice",
    "adafruit_ov7670", "adafruit_bus_device",
}  # fmt: skip
"""What only a start needs."""
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from lanecam import app, preparing

class Camera:
    width, height, colorspace = 80, 60, "yuv"

for path in sys.argv[2:]:
    reader = None
    reader = preparing.make_reader(path, Camera, 1, False)
    print(reader.model.name, reader.engine.name, " ".join(sys.modules))
"""


@pytest.fixture
def desk(micropython_vm):
    with EmulatedDesk(DENSE14, colorspace="yuv", vm="micropython") as desk:
        desk.board.source = DigitSource(load("pen", "test", count=1).images[0])
        shutil.copyfile(DENSE14, desk.drive / "same.lanes")
        small_model(desk.drive / "small.lanes")
        (desk.drive / "bad.lanes").write_bytes(b"LANE")
        yield desk


def until(desk, start):
    for _ in range(40):
        line = desk.program.next_line()
        if line.startswith(start):
            return line
    raise AssertionError(f"no line begins with {start!r}; the last was {line!r}")


def change(desk, name):
    """Ask for a model; its READY line and the memory in use when it stands, garbage collected."""
    desk.board.console.send(b"model " + name.encode() + b"\n")
    until(desk, f"OK model {name}")
    ready = until(desk, "READY 1 ")
    until(desk, ("DIGIT", "NONE"))
    desk.board.console.send(b"status\n")
    until(desk, "OK status")
    return ready, desk.program.mem_alloc


def test_models_change_over_the_serial_line_and_leave_nothing_behind(desk):
    first = until(desk, "DIGIT").split()[1]
    used = []
    for _ in range(4):
        ready, _ = change(desk, "small")
        assert "model=dense14" not in ready
        ready, taken = change(desk, "same")
        assert "model=dense14 " in ready
        used.append(taken)
    assert until(desk, "DIGIT").split()[1] == first
    assert max(used) - min(used) < 2000


def test_after_a_bad_model_the_last_one_reads_on(desk):
    first = until(desk, "DIGIT").split()[1]
    desk.board.console.send(b"model bad\n")
    assert "bad.lanes" in until(desk, "FAULT model ")
    assert "model=dense14 " in until(desk, "READY 1 ")
    assert until(desk, "DIGIT").split()[1] == first


def test_what_only_a_start_needs_is_not_in_memory_afterwards(micropython_vm, tmp_path):
    script = tmp_path / "start.py"
    script.write_text(SCRIPT)
    small = small_model(tmp_path / "small.lanes")
    said: list[str] = []
    models = [DENSE14, small, DENSE14]
    # The VM's words are twice as wide as a board's.
    run_script(script, models, said.append, heap_bytes=280_000)
    assert [line.split()[0] for line in said] == ["dense14", "small", "dense14"]
    for line in said:
        present = set(line.split()[2:])
        assert {"lanecam.reader", "lanecam.model"} < present
        assert not present & START
