# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Exposure, gain, white balance, brightness and contrast from the board file to the sensor.

The driver has none of these, so they are written here, register by register (OV7670 datasheet 1.4,
table 5). Names that the board file does not have, or that are None, stay as the driver leaves them:
automatic exposure and gain, fixed white balance.
"""

from lanecam.errors import SettingError
from lanecam.settings import in_range

GAIN = 0x00  # bits 7:0 of the gain
BLUE = 0x01
RED = 0x02
VREF = 0x03  # bits 7:6 are bits 9:8 of the gain
COM1 = 0x04  # bits 1:0 are bits 1:0 of the exposure
AECHH = 0x07  # bits 5:0 are bits 15:10 of the exposure
AECH = 0x10  # bits 9:2 of the exposure
COM8 = 0x13  # automatic: bit 2 gain, bit 1 white balance, bit 0 exposure
COM16 = 0x41  # bit 3: BLUE and RED have effect
BRIGHT = 0x55  # sign and amount
CONTRAS = 0x56  # 64 is 1.0

MOST_LINES = 510
"""Lines in a frame: the longest exposure without night mode."""


def tune(pins, read, write):
    """Write what the board file ``pins`` wants; ``read(register)``, ``write(register, value)``.

    EXPOSURE: line times, 1 to 510; GAIN: 1 to 128 times; WHITE_BALANCE: "auto" or (red, blue) in
    1/128; BRIGHTNESS: -127 to 127; CONTRAST: 0 to 255 in 1/64. Raises SettingError.
    """
    exposure = whole(pins, "EXPOSURE", 1, MOST_LINES)
    gain = getattr(pins, "GAIN", None)
    if gain is not None:
        try:
            good = 1 <= float(gain) <= 128
        except (TypeError, ValueError):
            good = False
        if not good:
            raise SettingError("GAIN is %s; it can be 1 to 128" % (gain,))
    white = getattr(pins, "WHITE_BALANCE", None)
    if white is not None and white != "auto":
        try:
            red, blue = [in_range("WHITE_BALANCE", int(side), 0, 255) for side in white]
        except (TypeError, ValueError):
            raise SettingError('WHITE_BALANCE is %s; it can be "auto" or (128, 128)' % (white,))
    brightness = whole(pins, "BRIGHTNESS", -127, 127)
    contrast = whole(pins, "CONTRAST", 0, 255)
    automatic = before = read(COM8)
    if exposure is not None:
        automatic &= ~1
    if gain is not None:
        automatic &= ~4
    if white == "auto":
        automatic |= 2
    elif white is not None:
        automatic &= ~2
    if automatic != before:
        write(COM8, automatic)  # first, or the automatics overwrite what follows
    if exposure is not None:
        write(AECHH, read(AECHH) & 0xC0 | exposure >> 10)
        write(AECH, exposure >> 2 & 0xFF)
        write(COM1, read(COM1) & 0xFC | exposure & 3)
    if gain is not None:
        code = gain_code(float(gain))
        write(GAIN, code & 0xFF)
        write(VREF, read(VREF) & 0x3F | code >> 8 << 6)
    if white is not None:
        write(COM16, read(COM16) | 8)
        if white != "auto":
            write(RED, red)
            write(BLUE, blue)
    if brightness is not None:
        write(BRIGHT, brightness if brightness >= 0 else 0x80 | -brightness)
    if contrast is not None:
        write(CONTRAS, contrast)


def whole(pins, name, least, most):
    """The whole number that the board file has under ``name``, None if none; SettingError."""
    value = getattr(pins, name, None)
    if value is None:
        return None
    try:
        return in_range(name, int(value), least, most)
    except (TypeError, ValueError):
        raise SettingError("%s is %s; it can be %d to %d" % (name, value, least, most))


def gain_code(times):
    """The 10-bit code of a gain of 1 to 128: each bit from 4 up doubles, the low four are 1/16."""
    doublings = 0
    while doublings < 6 and times >= 2:
        times /= 2
        doublings += 1
    return ((1 << doublings) - 1) << 4 | min(15, int((times - 1) * 16))
