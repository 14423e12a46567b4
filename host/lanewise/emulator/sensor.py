# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The emulated OV7670: a register file that answers on SCCB and a frame that follows it.

Nothing here knows the driver. What ``frame()`` returns depends on the 256 register bytes, the
source's scene, the camera module, the seed and the number of the frame, and on nothing else.
"""

from __future__ import annotations

from lanewise.emulator import registers as reg
from lanewise.emulator.camera_module import TYPICAL, CameraModule, camera_module
from lanewise.emulator.develop import developed
from lanewise.emulator.exposure import Metering, meter
from lanewise.emulator.patterns import colour_bars, fade_to_grey, shifting_one
from lanewise.emulator.pixels import Pixels, clocked, packed, windowed
from lanewise.emulator.settings import (
    FRAME_LINES,
    Colour,
    Settings,
    TestPattern,
    decode,
    gain_code,
)
from lanewise.emulator.sources import Source, check_scene
from lanewise.errors import EmulatorError

ADDRESS = 0x21
"""7-bit SCCB address (0x42 to write, 0x43 to read in the datasheet)."""

_MEASURED = frozenset(
    {reg.GAIN, reg.BLUE, reg.RED, reg.VREF, reg.COM1, reg.BAVE, reg.GBAVE}
    | {reg.AECHH, reg.RAVE, reg.AECH, reg.YAVE}
)


class Sensor:
    """An OV7670 that looks at ``source``.

    ``module`` names the glass and silicon around the registers (``camera_module.MODULES``) or is
    one; ``seed`` decides its noise. ``frames`` is the number of the next picture, counted from
    power-up: the same seed and number give the same noise. ``xclk_hz`` (0 when no master clock
    runs), ``powered_down`` (PWDN high) and ``held_in_reset`` (RESET low) are its pins, set by the
    board; without a board it runs at 24 MHz.
    """

    def __init__(self, source: Source, module: str | CameraModule = TYPICAL, seed: int = 0) -> None:
        self.source = source
        self.module = camera_module(module)
        self.seed = seed
        self.frames = 0
        self.xclk_hz = 24e6
        self.powered_down = False
        self._held_in_reset = False
        self._pointer = 0
        self._values = reg.reset_values()
        self._settings: Settings | None = None
        self._settled = False

    # -- pins ---------------------------------------------------------------------------------

    @property
    def held_in_reset(self) -> bool:
        """RESET is low: all registers stand at their reset values and nothing answers."""
        return self._held_in_reset

    @held_in_reset.setter
    def held_in_reset(self, held: bool) -> None:
        if held and not self._held_in_reset:
            self.reset()
        self._held_in_reset = held

    @property
    def responds(self) -> bool:
        """The chip acknowledges on SCCB: it needs its clock, no reset and no power-down."""
        return self.xclk_hz > 0 and not self.powered_down and not self._held_in_reset

    @property
    def running(self) -> bool:
        """Frames and VSYNC come out: it responds and is not in soft sleep (COM2[4])."""
        return self.responds and not self.settings.soft_sleep

    def power_up(self) -> None:
        """Switched on: registers as after a reset, the first frame comes next."""
        self.reset()
        self.frames = 0

    def reset(self) -> None:
        """All registers to their reset values, as after power-up or COM7[7]."""
        self._values = reg.reset_values()
        self._settings = None
        self._settled = False
        self._pointer = 0

    # -- SCCB ---------------------------------------------------------------------------------

    def i2c_write(self, data: bytes) -> None:
        """One write transaction: register address, then its value.

        The chip has no address increment, so bytes after the second are dropped; an address alone
        sets what the next read returns; an empty write only asks for the acknowledge.
        """
        if data:
            self._pointer = data[0]
        if len(data) > 1:
            self.write(data[0], data[1])

    def i2c_read(self, count: int) -> bytes:
        """``count`` bytes of the register that the last write pointed at (no increment)."""
        return bytes([self.read(self._pointer)]) * count

    def write(self, address: int, value: int) -> None:
        """Write a register; read-only ones ignore it, COM7[7] resets all of them."""
        if address == reg.COM7 and value & reg.COM7_RESET:
            self.reset()
            return
        if address in reg.READ_ONLY:
            return
        if address == reg.COM8:
            self._settle(white=False)  # exposure control ran until now; what it found stays
            self._settled = False
        self._values[address] = value & 0xFF
        self._settings = None

    def read(self, address: int) -> int:
        """A register's value now; measured ones are measured first."""
        if address in _MEASURED and self.running:
            self._settle()
        return self._values[address]

    # -- what the registers say -----------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The registers, decoded."""
        if self._settings is None:
            self._settings = decode(self._values)
        return self._settings

    @property
    def width(self) -> int:
        """Pixels a line."""
        return self.settings.width

    @property
    def height(self) -> int:
        """Lines a frame."""
        return self.settings.height

    @property
    def colour(self) -> Colour:
        """Colour space and byte order."""
        return self.settings.colour

    @property
    def mirror(self) -> bool:
        """Left and right exchanged (MVFP[5])."""
        return self.settings.mirror

    @property
    def vflip(self) -> bool:
        """Top and bottom exchanged (MVFP[4])."""
        return self.settings.vflip

    @property
    def test_pattern(self) -> TestPattern:
        """The test pattern sent instead of the picture, or NONE."""
        return self.settings.test_pattern

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame: 2 * width * height."""
        return self.settings.frame_bytes

    @property
    def frame_period_s(self) -> float:
        """Seconds from VSYNC to VSYNC; longer in night mode when the exposure needs it.

        Raises ``EmulatorError`` while no master clock runs.
        """
        if self.xclk_hz <= 0:
            raise EmulatorError("the sensor has no master clock, so no frame rate: start mclk")
        if self.settings.night_divider > 1:
            self._settle()
        settings = self.settings
        lines = FRAME_LINES + settings.dummy_lines
        longest = max(1, -(-settings.exposure_lines // lines))  # frames that the exposure spans
        return settings.frame_period_s(self.xclk_hz) * min(longest, settings.night_divider)

    # -- the picture ----------------------------------------------------------------------------

    def frame(self) -> bytes:
        """The bytes of one frame as they come out of the data pins, first line first.

        Raises ``EmulatorError`` where the registers select an output that is not modelled.
        """
        settings = self.settings
        pattern = settings.test_pattern
        if pattern is TestPattern.SHIFTING_ONE:
            return shifting_one(settings.frame_bytes)
        if pattern is TestPattern.COLOUR_BARS:
            return packed(colour_bars(settings.width, settings.height), settings)
        if pattern is TestPattern.FADE_TO_GREY:
            return packed(fade_to_grey(settings.width, settings.height), settings)
        return packed(self.picture(), self.settings)

    def picture(self) -> Pixels:
        """The RGB picture (height, width, 3) before it is turned into bytes."""
        scene = check_scene(self.source.scene())
        self._settle(scene)
        settings = self.settings
        scaled = windowed(
            scene,
            settings.window,
            settings.scaled_width,
            settings.height,
            settings.mirror,
            settings.vflip,
        )
        shown = clocked(scaled, settings.width)
        lines = FRAME_LINES + settings.dummy_lines
        line_s = settings.frame_period_s(self.xclk_hz or 24e6) / lines
        picture = developed(shown, settings, self.module, self.seed, self.frames, line_s)
        self.frames += 1
        return picture

    def _settle(self, scene: Pixels | None = None, white: bool = True) -> None:
        """Let the automatics finish on the present scene and leave their results in registers.

        White balance takes the chip tens of frames, so it only moves when a frame is sent or its
        gains are read (``white``), not in the moments between reset and the driver's first COM8.
        Exposure of a module that takes its time moves with each frame (``scene``), except that it
        has settled when the first one after switching the automatics on is sent.
        """
        at_once = self.module.settling >= 1 or not self._settled
        if not at_once and scene is None:
            return
        self._settled = self._settled or scene is not None
        if scene is None:
            scene = check_scene(self.source.scene())
        found = meter(scene, self.settings, self.module, at_once)
        before = bytes(self._values)
        self._store(found, white)
        if self._values != before:
            self._settings = None

    def _store(self, found: Metering, white: bool) -> None:
        values, settings = self._values, self.settings
        values[reg.RAVE], values[reg.GBAVE], values[reg.BAVE] = found.averages
        values[reg.YAVE] = found.averages[1]
        if settings.auto_exposure:
            values[reg.AECHH] = values[reg.AECHH] & ~reg.AECHH_MASK | found.exposure_lines >> 10
            values[reg.AECH] = found.exposure_lines >> 2 & 0xFF
            low = found.exposure_lines & reg.COM1_AEC_LOW
            values[reg.COM1] = values[reg.COM1] & ~reg.COM1_AEC_LOW | low
        if settings.auto_gain:
            code = gain_code(found.gain / (settings.tuning.digital_gain or 1.0))
            values[reg.GAIN] = code & 0xFF
            if settings.tuning.digital_gain is None:
                values[reg.VREF] = values[reg.VREF] & ~reg.VREF_GAIN_HIGH | code >> 8 << 6
        if white and settings.auto_white:
            values[reg.RED] = round(found.red_gain * 0x80)
            values[reg.BLUE] = round(found.blue_gain * 0x80)
