# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Time: mains flicker in a rolling exposure, and the period of VSYNC."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hand_set_sensor import by_hand, grey_page, linear, small_yuv
from lanewise.emulator import EmulatedBoard
from lanewise.emulator import registers as reg
from lanewise.emulator.camera_module import IDEAL

MAINS = replace(IDEAL, name="mains", flicker_hz=100.0, flicker=0.5)


@pytest.mark.parametrize("lines", [20, 76, 100, 200])
def test_rolling_exposure_turns_flicker_into_stripes_by_the_sinc_law(lines):
    sensor = linear(by_hand(grey_page(170), MAINS))
    sensor.write(reg.AECH, lines >> 2)
    sensor.write(reg.COM1, lines & 3)
    sensor.write(reg.GAIN, 0x30 if lines < 64 else 0)
    rows = sensor.picture()[:, :, 1].mean(axis=1)
    line_s = 2 * 784 / 24e6
    stripes = np.sin(2 * np.pi * 100 * np.arange(480) * line_s)
    stripes = np.stack([stripes, np.cos(2 * np.pi * 100 * np.arange(480) * line_s)], axis=1)
    swing = np.hypot(*np.linalg.lstsq(stripes, rows - rows.mean(), rcond=None)[0])
    law = 0.5 * abs(np.sinc(100 * lines * line_s))
    assert swing / rows.mean() == pytest.approx(law, abs=0.012)
    assert np.ptp(sensor.picture()[10]) == 0  # stripes lie along the rows


def test_the_banding_filter_takes_stripes_away_where_it_fits_the_mains():
    def swing(com8, com11, xclk_hz=24e6):
        sensor = small_yuv(grey_page(220), MAINS)
        sensor.xclk_hz = xclk_hz
        sensor.write(reg.COM11, com11)
        sensor.write(reg.COM8, com8)
        sensor.picture()
        return np.ptp(sensor.picture()[:, :, 1].mean(axis=1))

    off, wrong, right = swing(0xC5, 0x00), swing(0xE5, 0x00), swing(0xE5, 0x08)
    assert right <= 1 < min(off, wrong)
    # The registers count lines of a 24 MHz clock: at the driver's 16 MHz they fit no mains.
    assert swing(0xE5, 0x08, 16e6) > 1


def test_a_computer_that_looks_seldom_still_sees_each_pulse(monkeypatch):
    with EmulatedBoard() as pico:
        pico.sensor.xclk_hz = 16e6
        at, period = [0.0], pico.sensor.frame_period_s
        monkeypatch.setattr(pico.clock, "now_s", lambda: at[0])
        seen = []
        for look in range(40):
            at[0] = (0.5 + 0.3 * look) * period  # never within a pulse of 0.6 % of a frame
            seen.append(pico.vsync_level() != pico.sensor.settings.vsync_negative)
        assert sum(seen) == int(0.5 + 0.3 * 39), "as many as frames began"


@given(
    prescale=st.integers(0, 3),
    lines=st.integers(0, 600),
    dm_lines=st.integers(0, 300),
    pixels=st.integers(0, 300),
)
@settings(max_examples=8, deadline=None)
def test_the_vsync_pin_keeps_the_period_of_the_registers(prescale, lines, dm_lines, pixels):
    """Measured on the pin with the board's clock, as an oscilloscope would."""
    with EmulatedBoard(fast=True) as pico:
        import board
        import digitalio
        import pwmio

        clock = pwmio.PWMOut(board.GP20, frequency=16_000_000, duty_cycle=32768)
        for address, value in (
            (reg.CLKRC, 0x80 | prescale),
            (reg.ADVFL, lines & 0xFF),
            (reg.ADVFH, lines >> 8),
            (reg.DM_LNL, dm_lines & 0xFF),
            (reg.DM_LNH, dm_lines >> 8),
            (reg.EXHCL, pixels & 0xFF),
            (reg.EXHCH, pixels >> 8 << 4),
        ):
            pico.sensor.write(address, value)
        period = 2 * (784 + pixels) * (510 + lines + dm_lines) * (prescale + 1) / 16e6
        rises = []
        with digitalio.DigitalInOut(board.GP7) as pin:
            before = pin.value
            while len(rises) < 6:
                now = pin.value
                if now and not before:
                    rises.append(pico.clock.now_s())
                before = now
        clock.deinit()
        periods = np.diff(rises) / period
        assert periods.min() == pytest.approx(1, abs=0.02)
        # A busy machine may look away for longer than a pulse lasts: whole periods all the same.
        assert np.abs(periods - periods.round()).max() < 0.02
