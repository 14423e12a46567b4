# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The emulated board: a context in which CircuitPython code finds its modules and a camera.

    with EmulatedBoard(source=PictureSource("seven.png"), fast=True) as pico:
        import board, busio, adafruit_ov7670
        camera = adafruit_ov7670.OV7670(busio.I2C(board.GP9, board.GP8), ...)

Inside, ``board``, ``busio``, ``digitalio``, ``pwmio``, ``imagecapture`` and ``microcontroller``
are the emulated ones; on leaving, ``sys.modules`` is as it was. The emulated modules themselves
live as long as the process and always act on the board that is switched on, so code that imported
them earlier goes on working with the next board. One board at a time, one thread.
"""

from __future__ import annotations

import time
from types import ModuleType, TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lanewise.emulator import modules, power
from lanewise.emulator.bus import Target
from lanewise.emulator.camera_module import TYPICAL, CameraModule
from lanewise.emulator.chip import Console, Watchdog, sleep_memory
from lanewise.emulator.clock import Clock, FastTime
from lanewise.emulator.faults import Fault, make_fault
from lanewise.emulator.panel import Panel
from lanewise.emulator.pins import Pin
from lanewise.emulator.sensor import ADDRESS, Sensor
from lanewise.emulator.settings import FRAME_LINES
from lanewise.emulator.sources import ArraySource, Source
from lanewise.emulator.wiring import BOARDS, Wiring
from lanewise.errors import UsageError

_VSYNC_LINES = 3  # length of the pulse (datasheet 1.4, VGA frame timing)
_LAST_LINES = 10  # from the end of the last pixel to the next pulse (the same figure)
_XCLK_RANGE_HZ = (8e6, 48e6)  # datasheet: 10 to 48 MHz; Adafruit's Arduino header: 8 works
_NEVER = "a real board would wait in capture() for ever and could not be interrupted"


class _WiredSensor:
    """The sensor as the bus sees it: through the fault."""

    def __init__(self, board: EmulatedBoard) -> None:
        self._board = board
        self._pointer = 0

    def acknowledges(self) -> bool:
        return self._board.sensor.responds and self._board.plugged_in

    def i2c_write(self, data: bytes) -> None:
        if data:
            self._pointer = data[0]
        self._board.sensor.i2c_write(data)

    def i2c_read(self, count: int) -> bytes:
        values = self._board.sensor.i2c_read(count)
        return bytes(self._board.fault.register(self._pointer, value) for value in values)


class EmulatedBoard:
    """A Pico with an OV7670 on it, looking at ``source`` (a blank page by default).

    ``fault`` is a name from ``FAULTS``, a ``Fault`` or None, and may be set while running.
    ``fast=True`` skips every wait: the driver's ``time.sleep`` (in its own namespace only), the
    wait for VSYNC and the time that a frame takes. ``wiring`` says where the camera is soldered,
    by default as in Adafruit's examples. ``module`` is the camera module with its lens and noise
    (``ideal``, ``typical``, ``poor`` or a ``CameraModule``); ``seed`` decides noise and faults.
    Raises ``UsageError`` for an unknown board, fault or module.
    """

    def __init__(
        self,
        name: str = "raspberry_pi_pico",
        source: Source | None = None,
        fault: str | Fault | None = None,
        *,
        fast: bool = False,
        wiring: Wiring | None = None,
        seed: int = 0,
        module: str | CameraModule = TYPICAL,
    ) -> None:
        if name not in BOARDS:
            raise UsageError(f"board {name!r} is not emulated: choose one of {', '.join(BOARDS)}")
        self.name = name
        self.cpu_hz = BOARDS[name].cpu_hz
        self.chip = BOARDS[name].chip
        self.wiring = wiring or BOARDS[name].wiring
        blank = np.full((480, 640, 3), 230, np.uint8)
        self.sensor = Sensor(source if source is not None else ArraySource(blank), module, seed)
        self.seed = seed
        self.fast = fast
        self.clock = Clock(fast)
        self.console = Console()
        self.watchdog = Watchdog(self)
        self.sleep_memory = sleep_memory(self.chip)
        self.frames = 0
        self.panel: Panel | None = None
        self.last_frame = b""
        """The bytes of the last frame as they arrived."""
        self.pressed: set[int] = set()
        """GPIOs that a finger connects to ground."""
        self._edges_cleared_s: dict[int, float] = {}
        self._vsync_seen_s = 0.0
        self._fault = make_fault(fault, seed)
        self._fault.now_s = lambda: self.clock.now_s()
        self._fault_since = 0
        self._was_plugged_in = True
        self._owners: dict[int, object] = {}
        self._driven: dict[int, bool] = {}
        self._pulled_up: set[int] = set()
        self._previous = b""
        self._outside: dict[str, ModuleType | None] = {}
        self._driver: Any = None

    # -- source and fault -----------------------------------------------------------------------

    @property
    def source(self) -> Source:
        """What the camera looks at; may be set at any time."""
        return self.sensor.source

    @source.setter
    def source(self, source: Source) -> None:
        self.sensor.source = source

    @property
    def fault(self) -> Fault:
        """What is wrong with the camera; set it by name, or to None."""
        return self._fault

    @fault.setter
    def fault(self, fault: str | Fault | None) -> None:
        if not self.plugged_in:
            self.sensor.reset()  # it has been without power
        self._was_plugged_in = True
        self._fault = make_fault(fault, self.seed)
        self._fault.now_s = lambda: self.clock.now_s()
        self._fault_since = self.frames

    @property
    def plugged_in(self) -> bool:
        """Is there a camera at the end of the wires, as far as the fault goes?"""
        plugged_in = self._fault.answers(self.frames - self._fault_since)
        if plugged_in and not self._was_plugged_in:
            self.sensor.reset()  # it has been without power
        self._was_plugged_in = plugged_in
        return plugged_in

    # -- switching on and off -------------------------------------------------------------------

    def __enter__(self) -> EmulatedBoard:
        power.switch_on(self)
        self._power_up()
        try:
            self._outside = modules.install(self.name)
            import adafruit_ov7670

            self._driver = adafruit_ov7670
            if self.fast:
                self._driver.time = FastTime(self.clock, time)
        except BaseException:
            self._switch_off()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._switch_off()

    def _power_up(self) -> None:
        """Every pin free and undriven, the sensor as after reset, no frame yet."""
        self._owners.clear()
        self._driven.clear()
        self._pulled_up.clear()
        self._update_sensor()
        self.sensor.power_up()
        self.sensor.xclk_hz = 24e6 if self.wiring.xclk is None else 0.0
        self.clock = Clock(self.fast)
        self.console = Console()
        self.watchdog = Watchdog(self)
        self.sleep_memory = sleep_memory(self.chip)
        self.frames = self._fault_since = 0
        self._edges_cleared_s.clear()
        self._vsync_seen_s = 0.0
        self._previous = b""

    def _switch_off(self) -> None:
        if self._driver is not None:
            self._driver.time = time
        modules.restore(self._outside)
        power.switch_off()

    # -- pins -----------------------------------------------------------------------------------

    def claim(self, owner: object, *pins: Pin) -> None:
        """Give pins to an object; ValueError, as on a board, when one of them is taken."""
        numbers = [pin.number for pin in pins]
        for pin in pins:
            if pin.number in self._owners or numbers.count(pin.number) > 1:
                raise ValueError(f"{pin.name} in use")
        for pin in pins:
            self._owners[pin.number] = owner

    def release(self, owner: object, *pins: Pin) -> None:
        """Take pins back from their object; nothing happens to those that are not its own."""
        for pin in pins:
            if self._owners.get(pin.number) is owner:
                del self._owners[pin.number]

    def pin_mode(self, pin: Pin, *, driven: bool, pulled_up: bool) -> None:
        """Make a pin an output (its level is set next) or an input."""
        (self._pulled_up.add if pulled_up else self._pulled_up.discard)(pin.number)
        if not driven:
            self._driven.pop(pin.number, None)
            self._update_sensor()

    def drive_pin(self, pin: Pin, level: bool) -> None:
        """Set an output's level."""
        self._driven[pin.number] = level
        self._update_sensor()

    def pin_clock(self, pin: Pin, hertz: float) -> None:
        """A PWM runs on the pin (0: stopped)."""
        if pin.number == self.wiring.xclk:
            low, high = _XCLK_RANGE_HZ
            self.sensor.xclk_hz = float(hertz) if low <= hertz <= high else 0.0

    def pin_level(self, pin: Pin) -> bool:
        """What a digital input reads; wires that nothing drives read their pull, or low."""
        self.clock.polled()
        if pin.number in self.pressed:
            return False
        if pin.number in self._driven:
            return self._driven[pin.number]
        if pin.number == self.wiring.vsync and self.plugged_in:
            return self.vsync_level()
        return pin.number in self._pulled_up

    def vsync_level(self) -> bool:
        """VSYNC now: a pulse of three line times in each frame, low when COM10[1] is set."""
        negative = self.sensor.settings.vsync_negative
        if not self._frames_flow():
            return negative  # at rest
        period = self.sensor.frame_period_s
        now, looked = self.clock.now_s(), self._vsync_seen_s
        self._vsync_seen_s = now
        pulse = now % period < period * _VSYNC_LINES / FRAME_LINES
        if not self.fast and now // period > looked // period:
            pulse = True  # a busy computer looks less often than a board, which would have seen it
        return pulse != negative

    def edge_latched(self, number: int) -> bool:
        """Did the level of a GPIO change since its latch was cleared? For the camera's clocks."""
        self.clock.polled()
        if not self._frames_flow():
            return False
        now, since = self.clock.now_s(), self._edges_cleared_s.get(number, 0.0)
        if number in (self.wiring.pclk, self.wiring.href):
            return now > since
        if number != self.wiring.vsync:
            return False
        period = self.sensor.frame_period_s
        pulse = period * _VSYNC_LINES / FRAME_LINES  # its end is the second edge
        return (
            now // period > since // period or (now - pulse) // period > (since - pulse) // period
        )

    def clear_edges(self, number: int) -> None:
        """Clear the latch of a GPIO."""
        self._edges_cleared_s[number] = self.clock.now_s()

    def spi_write(self, pins: list[int], data: bytes) -> None:
        """Bytes on an SPI bus: to the display, if that is wired there and selected."""
        clock, mosi, command, select = BOARDS[self.name].display
        if pins[:2] != [clock, mosi] or self._driven.get(select, True):
            return
        if self.panel is None:
            self.panel = Panel()
        if self._driven.get(command, False):
            self.panel.data(data)
        else:
            for code in data:
                self.panel.command(code)

    def display_picture(self) -> NDArray[np.uint8] | None:
        """What the display shows, (height, width, 3) uint8; None where none was ever written to."""
        return None if self.panel is None else self.panel.picture()

    def restart(self) -> None:
        """The chip resets, or a program starts anew: pins are free, clock and camera go on."""
        self.watchdog.mode = None
        self._owners.clear()
        self._driven.clear()
        self._pulled_up.clear()
        self.sensor.xclk_hz = 24e6 if self.wiring.xclk is None else 0.0
        self._update_sensor()

    def _update_sensor(self) -> None:
        pwdn, reset = self.wiring.pwdn, self.wiring.reset
        self.sensor.powered_down = pwdn is not None and self._driven.get(pwdn, False)
        self.sensor.held_in_reset = reset is not None and not self._driven.get(reset, True)

    # -- bus and frames -------------------------------------------------------------------------

    def i2c_targets(self, scl: Pin, sda: Pin) -> dict[int, Target]:
        """What hangs on a bus of two pins; otherwise the error that a board gives."""
        two_wires = (scl.number, sda.number) == (self.wiring.scl, self.wiring.sda)
        if self.chip != "samd51":
            two_wires = sda.number % 2 == 0 and scl.number % 2 == 1
            two_wires = two_wires and not (scl.number ^ sda.number) & 2
        if not two_wires:
            raise ValueError(f"Invalid pins: {scl!r} and {sda!r} are not SCL and SDA of one bus")
        if (scl.number, sda.number) != (self.wiring.scl, self.wiring.sda):
            raise RuntimeError("No pull up found on SDA or SCL; check your wiring")
        return {ADDRESS: _WiredSensor(self)}

    def check_capture_wiring(self, used: list[Pin]) -> None:
        """``TimeoutError`` when the pins given to imagecapture are not those of the camera."""
        for (name, number), pin in zip(self.wiring.captured().items(), used, strict=True):
            if pin.number != number:
                raise TimeoutError(
                    f"the camera's {name} is wired to GP{number}, not to {pin.name}: {_NEVER}; "
                    "check the pins in the board file"
                )

    def next_frame(self) -> bytes:
        """The bytes of the next frame, after the time it takes; ``TimeoutError`` if none comes."""
        if not self._frames_flow():
            if self.watchdog.mode is not None:
                self.watchdog.bite()
            raise TimeoutError(f"{self._why_no_frames()}: {_NEVER}; check VSYNC before capturing")
        period = self.sensor.frame_period_s
        until_pulse = period - self.clock.now_s() % period
        self.clock.wait(until_pulse + period * (1 - _LAST_LINES / FRAME_LINES))
        settings = self.sensor.settings
        data = self.sensor.frame()
        frame = self._fault.frame(data, self._previous, settings.width)
        self._previous = data
        self.last_frame = frame
        self.frames += 1
        if self._fault.dips(self.frames - self._fault_since):
            self.sensor.reset()
        return frame

    def _frames_flow(self) -> bool:
        if not self.plugged_in:
            return False
        return self.sensor.running and self._fault.vsync_moves(self.frames - self._fault_since)

    def _why_no_frames(self) -> str:
        sensor = self.sensor
        if sensor.xclk_hz <= 0:
            return "the camera has no master clock (mclk is not running at 8 to 48 MHz)"
        if sensor.powered_down:
            return "the camera is powered down (its PWDN pin is high)"
        if sensor.held_in_reset:
            return "the camera is held in reset (its RESET pin is low)"
        if sensor.settings.soft_sleep:
            return "the camera sleeps (COM2 bit 4 is set)"
        return f"VSYNC does not move ({self._fault.summary})"
