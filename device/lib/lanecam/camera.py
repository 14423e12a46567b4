# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""An OV7670 that is known to be alive before anything waits for it.

On RP2040 and RP2350 a capture waits for the camera's clocks for ever and cannot be interrupted. So
the camera is looked at first: does it answer, is it an OV7670, does VSYNC move? Before each later
capture it is asked again, and its clocks are watched where the chip can (edges.py). Each failure is
a ``CameraError`` that says what to check. Pins come from a file in ``boards/``.
"""

import time

import adafruit_ov7670
import busio
import digitalio
import pwmio

from lanecam.clock import elapsed_ms, ticks_ms
from lanecam.edges import Edges
from lanecam.errors import CameraError, SettingError
from lanecam.link import SWAPPED, damage

ADDRESS = 0x21
PRODUCT_ID_REGISTER = 0x0A
PRODUCT_ID = 0x76
MCLK_HZ = 16000000
VSYNC_TIMEOUT_MS = 500
"""A frame takes 50 ms at 16 MHz, and up to eight times that in night mode."""
SMALLEST_WIDTH = 40
TUNED = ("EXPOSURE", "GAIN", "WHITE_BALANCE", "BRIGHTNESS", "CONTRAST")
"""Only a board file that has one of these needs tune.py: it takes 2 kB."""


class Camera:
    """The camera on the pins of a board file: ``open()``, then ``capture()``, at last ``close()``.

    The one buffer for frames is made at once and kept, also while the camera is closed.

    pins: a module or object with ``SCL, SDA, DATA, PCLK, VSYNC, HREF, MCLK, SHUTDOWN, RESET`` (the
    last three may be None), ``WIDTH`` (640, 320, 160, 80 or 40), ``COLORSPACE`` ("yuv" or "rgb"),
    ``FLIP_X`` and ``FLIP_Y``, and maybe what ``tune`` takes. Where memory is short the next smaller
    size is taken: ask ``width`` and ``height``. ``link_check_ms``: after this time colour bars are
    asked for and looked at (link.py); 0: never. ``checks`` counts those looks, ``damage`` is what
    the last one found, in words, or None. Raises CameraError.
    """

    def __init__(self, pins, link_check_ms=0):
        self.pins = pins
        self.colorspace = pins.COLORSPACE
        self.is_open = False
        self.link_check_ms = link_check_ms
        self.checks = 0
        self.damage = None
        self._checked_at = 0
        self._edges = None
        self._bus = None
        self._driver = None
        self.width, self.frame = frame_buffer(pins.WIDTH)
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
        """Look whether the camera is alive, and start it; raises CameraError."""
        try:
            preflight(self.pins)
            self._start(self.pins)
            self.is_open = True
            if self.link_check_ms:
                self._check_link()
        except (OSError, RuntimeError, ValueError) as error:
            self.is_open = False
            raise CameraError("the camera does not start: %s; check the pins" % error)
        except (CameraError, SettingError):
            self.is_open = False
            raise
        finally:
            if not self.is_open:
                self.close()

    def _start(self, pins):
        self._bus = busio.I2C(pins.SCL, pins.SDA)
        self._driver = adafruit_ov7670.OV7670(
            self._bus,
            data_pins=pins.DATA,
            clock=pins.PCLK,
            vsync=pins.VSYNC,
            href=pins.HREF,
            mclk=pins.MCLK,
            shutdown=pins.SHUTDOWN,
            reset=pins.RESET,
            mclk_frequency=MCLK_HZ,
        )
        driver = self._driver
        if self.colorspace == "yuv":
            driver.colorspace = adafruit_ov7670.OV7670_COLOR_YUV
        else:
            driver.colorspace = adafruit_ov7670.OV7670_COLOR_RGB
        size = adafruit_ov7670.OV7670_SIZE_DIV1
        while 640 >> size > self.width:
            size += 1
        driver.size = size
        driver.flip_x = pins.FLIP_X
        driver.flip_y = pins.FLIP_Y
        for name in TUNED:
            if getattr(pins, name, None) is not None:
                from lanecam.tune import tune

                tune(pins, self._read, self._write)
                break
        edges = Edges((pins.VSYNC, pins.PCLK))
        if edges.works:
            edges.clear()
            # Believed only if it shows now that VSYNC moves, as preflight has just seen it do.
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
        # Asking costs a millisecond; waiting for a camera that is gone would never end.
        product = self._driver.product_id
        if product != PRODUCT_ID:
            raise CameraError("the camera now says product id 0x%02x: loose wire?" % product)
        if self._edges:
            still = self._moving(self._edges)
            if still is not None:
                raise CameraError(
                    "%s does not move any more: check its wire and that of XCLK (mclk)"
                    % ("VSYNC", "PCLK")[still]
                )
        self._driver.capture(self.frame)
        if self._edges:
            self._edges.clear()

    def _check_link(self):
        """Look at colour bars; CameraError where frames are no use at all."""
        self._driver.test_pattern = adafruit_ov7670.OV7670_TEST_PATTERN_COLOR_BAR
        self._capture()
        self.checks += 1
        self._driver.test_pattern = adafruit_ov7670.OV7670_TEST_PATTERN_NONE
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

    def _read(self, register):
        answer = bytearray((register,))
        with_bus(self._bus, answer, True)
        return answer[0]

    def _write(self, register, value):
        with_bus(self._bus, bytes((register, value)), False)

    def close(self):
        """Give all pins back; the buffer stays."""
        self.is_open = False
        if self._driver:
            try:
                self._driver.deinit()
            except AttributeError:
                pass  # driver 1.1.9, built without a reset pin, trips on it after all else is done
        if self._bus:
            self._bus.deinit()
        self._driver = None
        self._bus = None
        self._edges = None


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


def preflight(pins):
    """Wake the camera, ask who it is, see that VSYNC moves; raises CameraError. Frees all pins."""
    used = []
    try:
        if pins.MCLK:
            clock = pwmio.PWMOut(pins.MCLK, frequency=MCLK_HZ)
            used.append(clock)
            clock.duty_cycle = 32768
        if pins.SHUTDOWN:
            shutdown = digitalio.DigitalInOut(pins.SHUTDOWN)
            used.append(shutdown)
            shutdown.switch_to_output(False)
        if pins.RESET:
            reset = digitalio.DigitalInOut(pins.RESET)
            used.append(reset)
            reset.switch_to_output(False)
            time.sleep(0.001)
            reset.value = True
        time.sleep(0.005)  # datasheet: 1 ms from reset to the first access, 2 ms from power up
        _check_product(pins, used)
        _check_vsync(pins, used)
    finally:
        for thing in used:
            thing.deinit()


def _check_product(pins, used):
    try:
        bus = busio.I2C(pins.SCL, pins.SDA)
    except RuntimeError:
        raise CameraError(
            "no pull-ups on SDA and SCL: put 4.7 kOhm from each of them to 3.3 V, "
            "or the camera has no power"
        )
    used.append(bus)
    answer = bytearray((PRODUCT_ID_REGISTER,))
    try:
        with_bus(bus, answer, True)
    except OSError:
        raise CameraError(
            "no I2C device at 0x21: check SDA, SCL, 3.3 V, ground and that mclk reaches XCLK"
        )
    if answer[0] != PRODUCT_ID:
        raise CameraError(
            "product id is 0x%02x, an OV7670 has 0x76: another camera, or a bad SDA wire"
            % answer[0]
        )


def _check_vsync(pins, used):
    vsync = digitalio.DigitalInOut(pins.VSYNC)
    used.append(vsync)
    first = vsync.value
    start = ticks_ms()
    while vsync.value == first:
        if elapsed_ms(start) > VSYNC_TIMEOUT_MS:
            raise CameraError(
                "VSYNC does not move: check the wires VSYNC and XCLK (mclk), and that PWDN is low"
            )
