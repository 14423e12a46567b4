# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A fault comes and goes: code.py says the same on CPython and in a MicroPython VM of 140 kB.

(280,000 bytes: every word of the VM is twice as wide as a board's.)
"""

from __future__ import annotations

import re

import pytest

from camera_pictures import PEN
from lanewise.emulator import FAULTS, DigitSource
from lanewise.emulator.desk import EmulatedDesk
from lanewise.emulator.vm_hardware import HEAP_BYTES
from lanewise.resources import bundled

pytestmark = pytest.mark.usefixtures("micropython_vm")
MODEL = bundled("models") / "dense14" / "model.lanes"
OWN = re.compile(r" (engine=\S+|ms=\d+)|ENODEV: ")
"""What each machine says in its own way: its engine, its time, and how it names an errno."""
FIRST, LAST = 6, 60


def said(vm, fault, board="raspberry_pi_pico", settings=None):
    """Lines and the board's seconds at each, with ``fault`` from line FIRST to LAST; the desk."""
    found = []
    desk = EmulatedDesk(
        MODEL, 80, "yuv", board, vm=vm, start=False, seed=7, settings=settings, vote=2
    )
    with desk:
        for number in range(LAST + 15):
            desk.board.source = DigitSource(PEN[number // 4 % 8])
            if number in (FIRST, LAST):
                desk.board.fault = fault if number == FIRST else None
            found.append((OWN.sub("", desk.program.next_line()), desk.board.clock.now_s()))
        return found, desk.program.resets


@pytest.mark.parametrize("fault", list(FAULTS))
def test_faults_are_said_alike_with_the_same_frames(fault):
    assert HEAP_BYTES == 2 * 140_000
    here, _ = said("cpython", fault)
    there, _ = said("micropython", fault)
    assert [line for line, _ in here[:LAST]] == [line for line, _ in there[:LAST]]
    for found in (here, there):
        told = [number for number, (line, _) in enumerate(found) if line.startswith("FAULT ")]
        assert told[0] >= FIRST and found[told[0]][1] - found[FIRST - 1][1] < 2
        after = [line for line, _ in found[LAST:]]
        assert any(line.startswith("READY ") for line in after) and after[-1].startswith("DIGIT ")


def test_the_watchdog_ends_an_endless_wait_alike():
    settings = {"LANEWISE_WATCHDOG": 2}
    arguments = ("stuck-vsync", "grandcentral_m4_express", settings)
    here, resets = said("cpython", *arguments)
    there, as_many = said("micropython", *arguments)
    assert (resets, as_many) == (1, 1)
    assert [line for line, _ in here] == [line for line, _ in there]
