# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The modules that emulated code imports, and their way into and out of ``sys.modules``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace

from lanewise.emulator import chip
from lanewise.emulator.bus import Bus
from lanewise.emulator.imagecapture import ParallelImageCapture
from lanewise.emulator.pins import DigitalInOut, Direction, DriveMode, Pin, Pull, PWMOut
from lanewise.emulator.power import powered_board
from lanewise.emulator.wiring import BOARDS
from lanewise.runtimes.ulab import ulab_modules

_pins: dict[tuple[str, int], Pin] = {}

_DRIVER = "adafruit_ov7670"  # bound to the emulated modules when imported among them
_DISPLAY = ("displayio", "busdisplay", "fourwire", "terminalio", "fontio", "bitmaptools")
_BOUND = (_DRIVER, *_DISPLAY)
_emulated: dict[str, ModuleType] = {}


class I2C(Bus):
    """``busio.I2C``: a bus on two pins, which it holds until ``deinit``.

    ValueError for pins that are no bus or in use, RuntimeError where nothing pulls the wires up.
    """

    def __init__(self, scl: Pin, sda: Pin, *, frequency: int = 100_000, timeout: int = 255) -> None:
        self._board = powered_board()
        self._pins = (scl, sda)
        targets = self._board.i2c_targets(scl, sda)
        self._board.claim(self, scl, sda)
        super().__init__(targets, frequency)

    def deinit(self) -> None:
        self._board.release(self, *self._pins)
        super().deinit()


class SPI:
    """``busio.SPI`` that a display hangs on: pins, a lock, and ``write``."""

    def __init__(self, clock: Pin, MOSI: Pin | None = None, MISO: Pin | None = None) -> None:
        _mend_grey()
        self._board = powered_board()
        self._pins = [pin for pin in (clock, MOSI, MISO) if pin is not None]
        self._board.claim(self, *self._pins)
        self._locked = False

    def try_lock(self) -> bool:
        """Take the bus; False when somebody has it."""
        free = not self._locked
        self._locked = True
        return free

    def unlock(self) -> None:
        """Release the bus."""
        self._locked = False

    def configure(self, **_: int) -> None:
        """Baud rate, polarity and phase do not matter here."""

    def write(self, data: bytes) -> None:
        """Bytes to the display, if these are its wires."""
        self._board.spi_write([pin.number for pin in self._pins], bytes(data))

    def deinit(self) -> None:
        """Give the pins back."""
        self._board.release(self, *self._pins)


def install(board_id: str) -> dict[str, ModuleType | None]:
    """Put the emulated modules into place; returns what stood there (None: nothing)."""
    if not _emulated:
        _emulated.update(_fixed_modules())
    _emulated["board"] = _board_module(board_id)
    gpio = SimpleNamespace(**{f"GPIO{pin.number}": pin for pin in board_pins(board_id).values()})
    _emulated["microcontroller"].__dict__["pin"] = gpio
    board = powered_board()
    _emulated["microcontroller"].__dict__["watchdog"] = board.watchdog
    _emulated["usb_cdc"].__dict__["console"] = board.console
    _emulated.pop("alarm", None)
    if board.sleep_memory is not None:
        _emulated["alarm"] = _module("alarm", {"sleep_memory": board.sleep_memory})
    names = list(dict.fromkeys([*_emulated, *_BOUND, *_parts_of_displayio()]))
    outside = {name: sys.modules.get(name) for name in names}
    for name in names:
        if name in _emulated:
            sys.modules[name] = _emulated[name]
        else:
            sys.modules.pop(name, None)
    return outside


def restore(outside: Mapping[str, ModuleType | None]) -> None:
    """Undo ``install``; the driver is kept aside for the next board."""
    if outside:
        bound = [_DRIVER, *_parts_of_displayio()]
        _emulated.update({name: sys.modules[name] for name in bound if name in sys.modules})
        for name in _parts_of_displayio():
            del sys.modules[name]
    for name, module in outside.items():
        if module is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = module


def _mend_grey() -> None:
    """Blinka's displayio 2.7.1 masks grey pixels where CircuitPython multiplies: all are black.

    (``shared-module/displayio/ColorConverter.c``: ``(pixel & 0xff) * 0x010101``.)
    """
    converter = sys.modules.get("displayio._colorconverter")
    space = sys.modules.get("displayio._colorspace")
    if converter is None or space is None:
        return
    kind, grey = converter.ColorConverter, space.Colorspace.L8
    convert = kind._convert_pixel
    if convert(grey, 0x80) == 0x808080:
        return
    kind._convert_pixel = staticmethod(
        lambda space, pixel: (pixel & 0xFF) * 0x010101 if space is grey else convert(space, pixel)
    )


def _parts_of_displayio() -> list[str]:
    """Blinka's displayio and what belongs to it, as far as it is imported."""
    return [name for name in sys.modules if name.partition(".")[0] in _DISPLAY]


def _fixed_modules() -> dict[str, ModuleType]:
    contents: dict[str, dict[str, object]] = {
        "busio": {"I2C": I2C, "SPI": SPI},
        "digitalio": {
            "DigitalInOut": DigitalInOut,
            "Direction": Direction,
            "DriveMode": DriveMode,
            "Pull": Pull,
        },
        "pwmio": {"PWMOut": PWMOut},
        "imagecapture": {"ParallelImageCapture": ParallelImageCapture},
        "microcontroller": {"Pin": Pin},
        "supervisor": {
            "ticks_ms": chip.ticks_ms,
            "runtime": chip.Runtime(),
            "reload": chip.reload,
        },
        "watchdog": {"WatchDogMode": chip.WatchDogMode},
        "usb_cdc": {},
        "memorymap": {"AddressRange": chip.AddressRange},
    }
    modules = {name: _module(name, attributes) for name, attributes in contents.items()}
    return modules | ulab_modules()


def _board_module(board_id: str) -> ModuleType:
    shared: dict[int, I2C] = {}

    def i2c() -> I2C:
        """The bus on the camera's SCL and SDA; on one board ``board.I2C()`` is one object."""
        powered = powered_board()
        if id(powered) not in shared:
            shared.clear()
            by_number = {pin.number: pin for pin in pins.values()}
            wiring = powered.wiring
            shared[id(powered)] = I2C(by_number[wiring.scl], by_number[wiring.sda])
        return shared[id(powered)]

    pins = board_pins(board_id)
    return _module("board", {**pins, "board_id": board_id, "I2C": i2c})


def board_pins(board_id: str) -> dict[str, Pin]:
    """The pins in ``board`` by name; two names of one pin are the same object."""
    found: dict[str, Pin] = {}
    for name, number in BOARDS[board_id].pins.items():
        found[name] = _pins.setdefault((BOARDS[board_id].chip, number), Pin(number, name))
    return found


def _module(name: str, attributes: Mapping[str, object]) -> ModuleType:
    module = ModuleType(name, f"Emulated {name}.")
    vars(module).update(attributes)
    return module
