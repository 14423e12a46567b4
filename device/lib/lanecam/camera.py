# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""An OV7670 that is known to be alive before anything waits for it.

On RP2040 and RP2350 a capture waits for the camera's clocks for ever and cannot be interrupted. So
the camera is looked at first: does it answer, is it an OV7670, does VSYNC move? Before each later
capture it is asked again, and its clocks are watched where the chip can (edges.py). Each failure is
a ``CameraError`` that says what to check. Pins come from a file in ``boards/``.
"""

import time

from lanecam.clock import elapsed_ms, ticks_ms
from lanecam.errors import CameraError, SettingError
from lanecam.unload import STARTING, unload_where_scarce

ADDRESS = 0x21
PRODUCT_ID_REGISTER = 0x0A
PRODUCT_ID = 0x76
SETTINGS_REGISTER = 0x3A  # TSLB: 0x0d after a reset, 0x04 once the driver has set it up
BARS_REGISTER = 0x71  # SCALING_YSC: bit 7, with that of 0x70 clear, lays colour bars over frames
VSYNC_TIMEOUT_MS = 500
"""A frame takes 50 ms at 16 MHz, and up to eight times that in night mode."""
SMALLEST_WIDTH = 40


class Camera:
    """The camera on the pins of a board file: ``open()``, then ``capture()``, at last ``close()``.

    The one buffer for frames is made at once and kept, also while the camera is closed.

    pins: a module or object with ``SCL, SDA, DATA, PCLK, VSYNC, HREF, MCLK, SHUTDOWN, RESET`` (the
    last three may be None), ``WIDTH`` (640, 320, 160, 80 or 40), ``COLORSPACE`` ("yuv" or "rgb"),
    ``FLIP_X`` and ``FLIP_Y``, and maybe what ``tune`` takes. Where memory is short the next smaller
    size is taken: ask ``width`` and ``height``. ``link_check_ms``: after this time colour bars are
    asked for and looked at (link.py); 0: never. ``width``: another than that of the pins.
    ``checks`` counts the frames that were taken for that alone, ``damage`` is what the last look
    found, in words, or None. Raises CameraError, SettingError.
    """

    def __init__(self, pins, link_check_ms=0, width=0):
        self.pins = pins
        self.colorspace = pins.COLORSPACE
        if self.colorspace not in ("yuv", "rgb"):
            raise SettingError('COLORSPACE is %s; it can be "yuv" or "rgb"' % self.colorspace)
        self.is_open = False
        self.link_check_ms = link_check_ms
        self.checks = 0
        self.damage = None
        self._checked_at = 0
        self._edges = None
        self._bus = None
        self._held = ()
        self._take = None
        self._turn = False
        self._settings = 0
        self.width, self.frame = frame_buffer(width or pins.WIDTH)
        self.height = self.width * 3 // 4

    def take_smaller_frame(self):
        """Halve the size for whoever lacks memory; False if there is no smaller one."""
        if self.width == SMALLEST_WIDTH:
            return False
        self.frame = None
        self.width, self.frame = frame_buffer(self.width // 2)
        self.height = self.width * 3 // 4
        return True

    def open(self):
        """Look whether the camera is alive, and start it; raises CameraError.

        The driver is needed for that alone, and goes again: it takes a tenth of a Pico's memory.
        """
        try:
            start_camera(self)
            self._settings = self.read_register(SETTINGS_REGISTER)
            self.is_open = True
            if self.link_check_ms:
                self._capture()  # torn bars show the frame before: let there be one
                self.checks += 1
                self._check_link()
        except (OSError, RuntimeError, ValueError) as error:
            self.is_open = False
            raise CameraError("the camera does not start: %s; check the pins" % error)
        except (CameraError, SettingError, MemoryError):
            self.is_open = False
            raise
        finally:
            if not self.is_open:
                self.close()
            unload_where_scarce(STARTING)

    def started(self, bus, take, held):
        """Its bus; what captures into a buffer; what holds the pins. From camera_start.py."""
        self._bus = bus
        self._take = take
        self._held = held

    def watch(self, edges):
        """Have the pins of ``edges`` watched, if they show that they move."""
        edges.clear()
        self._edges = edges if self._moving(edges) is None else None

    def capture(self):
        """The next frame, in the buffer of the frame before; raises CameraError."""
        try:
            if self.link_check_ms and elapsed_ms(self._checked_at) >= self.link_check_ms:
                self._check_link()
            self._capture()
        except (OSError, RuntimeError, ValueError) as error:
            raise CameraError("the camera stopped answering (%s); check its wires" % error)
        return self.frame

    def _capture(self):
        # Asking costs a millisecond; waiting for a camera that is gone would never end. One that
        # was without power for less than a frame is there, but as after a reset.
        self._turn = not self._turn
        register = PRODUCT_ID_REGISTER if self._turn else SETTINGS_REGISTER
        value = PRODUCT_ID if self._turn else self._settings
        found = self.read_register(register)
        if found != value:
            raise CameraError(
                "the camera was without power or is another (register 0x%02x was 0x%02x, is "
                "0x%02x): check its wires" % (register, value, found)
            )
        if self._edges:
            still = self._moving(self._edges)
            if still is not None:
                raise CameraError(
                    "%s does not move any more: check its wire and that of XCLK (mclk)"
                    % ("VSYNC", "PCLK")[still]
                )
        self._take(self.frame)
        if self._edges:
            self._edges.clear()

    def _check_link(self):
        """Look at colour bars; CameraError where frames are no use at all."""
        from lanecam.link import SWAPPED, damage

        plain = self.read_register(BARS_REGISTER) & 0x7F
        self.write_register(BARS_REGISTER, plain | 0x80)
        self._capture()
        self.checks += 1
        self.write_register(BARS_REGISTER, plain)
        self._checked_at = ticks_ms()
        self.damage = damage(self.frame, self.width, self.height, self.colorspace)
        if self.damage == SWAPPED:
            raise CameraError(SWAPPED)

    def _moving(self, edges):
        """None once all pins of ``edges`` have moved, else the place of one that stands still."""
        still = edges.still()
        start = ticks_ms()
        while still is not None and elapsed_ms(start) <= VSYNC_TIMEOUT_MS:
            time.sleep(0.0002)
            still = edges.still()
        return still

    def read_register(self, register):
        """A register of the sensor."""
        answer = bytearray((register,))
        with_bus(self._bus, answer, True)
        return answer[0]

    def write_register(self, register, value):
        """Set a register of the sensor."""
        with_bus(self._bus, bytes((register, value)), False)

    def close(self):
        """Give all pins back; the buffer stays."""
        self.is_open = False
        for thing in self._held:
            try:
                thing.deinit()
            except AttributeError:
                pass  # driver 1.1.9, built without a reset pin, trips on it after all else is done
        if self._bus:
            self._bus.deinit()
        self._held = ()
        self._take = None
        self._bus = None
        self._edges = None


def start_camera(camera):
    """``camera_start.start``; a function, so that no name here keeps alive what is unloaded."""
    from lanecam.camera_start import start

    start(camera)


def with_bus(bus, data, read):
    """Write ``data`` to the camera; ``read``: then read into it. OSError if it does not answer."""
    if not bus.try_lock():
        raise CameraError("the I2C bus is in use")
    try:
        bus.writeto(ADDRESS, data)
        if read:
            bus.readfrom_into(ADDRESS, data)
    finally:
        bus.unlock()


def frame_buffer(width):
    """(width, bytearray) of the largest frame, up to ``width``, that memory holds."""
    if width not in (640, 320, 160, 80, 40):
        raise CameraError("WIDTH is %s; it can be 640, 320, 160, 80 or 40" % width)
    while True:
        try:
            return width, bytearray(2 * width * (width * 3 // 4))
        except MemoryError:
            if width == SMALLEST_WIDTH:
                raise CameraError("no memory for a frame of 40x30: use a smaller model")
            width //= 2
