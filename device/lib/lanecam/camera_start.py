# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Starts an OV7670: first a look whether it is alive, then Adafruit's driver sets it up.

Needed at start only: what captures frames and what holds the pins is taken from the driver, and
the driver itself, with its tables, is let go (unload.py).
"""

import time

import busio
import digitalio
import pwmio

from lanecam.camera import (
    PRODUCT_ID,
    PRODUCT_ID_REGISTER,
    VSYNC_TIMEOUT_MS,
    with_bus,
)
from lanecam.clock import elapsed_ms, ticks_ms
from lanecam.edges import Edges
from lanecam.errors import CameraError

MCLK_HZ = 16000000
TUNED = ("EXPOSURE", "GAIN", "WHITE_BALANCE", "BRIGHTNESS", "CONTRAST")
"""Only a board file that has one of these needs tune.py: it takes 2 kB."""
PARTS = ("_mclk_pwm", "_shutdown", "_reset")
"""What the driver, besides ``_imagecapture``, holds pins with (1.1.9)."""


def start(camera):
    """Start the sensor of a ``Camera`` as its board file says, and hand over what captures frames.

    Raises CameraError; OSError, RuntimeError or ValueError where bus or pins fail.
    """
    pins = camera.pins
    preflight(pins)
    import adafruit_ov7670  # only now: a camera that is gone is said also where memory is short

    bus = busio.I2C(pins.SCL, pins.SDA)
    camera.started(bus, None, ())
    driver = adafruit_ov7670.OV7670(
        bus,
        data_pins=pins.DATA,
        clock=pins.PCLK,
        vsync=pins.VSYNC,
        href=pins.HREF,
        mclk=pins.MCLK,
        shutdown=pins.SHUTDOWN,
        reset=pins.RESET,
        mclk_frequency=MCLK_HZ,
    )
    camera.started(bus, *handed_over(driver))
    if camera.colorspace == "yuv":
        driver.colorspace = adafruit_ov7670.OV7670_COLOR_YUV
    else:
        driver.colorspace = adafruit_ov7670.OV7670_COLOR_RGB
    size = adafruit_ov7670.OV7670_SIZE_DIV1
    while 640 >> size > camera.width:
        size += 1
    driver.size = size
    driver.flip_x = pins.FLIP_X
    driver.flip_y = pins.FLIP_Y
    for name in TUNED:
        if getattr(pins, name, None) is not None:
            from lanecam.tune import tune

            tune(pins, camera.read_register, camera.write_register)
            break
    edges = Edges((pins.VSYNC, pins.PCLK))
    if edges.works:
        # Believed only if it shows now that VSYNC moves, as preflight has just seen it do.
        camera.watch(edges)


def handed_over(driver):
    """What captures into a buffer, and all that holds pins, each with a ``deinit``."""
    capture = getattr(driver, "_imagecapture", None)
    if capture is None:
        # A driver that is made in another way stays as a whole.
        return driver.capture, (driver,)
    held = [capture]
    for name in PARTS:
        part = getattr(driver, name, None)
        if part is not None:
            held.append(part)
    return capture.capture, held


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
