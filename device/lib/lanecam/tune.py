# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Exposure, gain, white balance, brightness and contrast from the board file to the sensor.

The driver has none of these, so they are written here, register by register (OV7670 datasheet 1.4,
table 5). Names that the board file does not have, or that are None, stay as the driver leaves them:
automatic exposure and gain, fixed white balance.
"""

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
    automatic = before = read(COM8)
    exposure = getattr(pins, "EXPOSURE", None)
    gain = getattr(pins, "GAIN", None)
    white = getattr(pins, "WHITE_BALANCE", None)
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
        lines = in_range("EXPOSURE", int(exposure), 1, MOST_LINES)
        write(AECHH, read(AECHH) & 0xC0 | lines >> 10)
        write(AECH, lines >> 2 & 0xFF)
        write(COM1, read(COM1) & 0xFC | lines & 3)
    if gain is not None:
        code = gain_code(in_range("GAIN", gain, 1, 128))
        write(GAIN, code & 0xFF)
        write(VREF, read(VREF) & 0x3F | code >> 8 << 6)
    if white is not None:
        write(COM16, read(COM16) | 8)
        if white != "auto":
            write(RED, in_range("WHITE_BALANCE red", int(white[0]), 0, 255))
            write(BLUE, in_range("WHITE_BALANCE blue", int(white[1]), 0, 255))
    brightness = getattr(pins, "BRIGHTNESS", None)
    if brightness is not None:
        level = in_range("BRIGHTNESS", int(brightness), -127, 127)
        write(BRIGHT, level if level >= 0 else 0x80 | -level)
    contrast = getattr(pins, "CONTRAST", None)
    if contrast is not None:
        write(CONTRAS, in_range("CONTRAST", int(contrast), 0, 255))


def gain_code(times):
    """The 10-bit code of a gain of 1 to 128: each bit from 4 up doubles, the low four are 1/16."""
    doublings = 0
    while doublings < 6 and times >= 2:
        times /= 2
        doublings += 1
    return ((1 << doublings) - 1) << 4 | min(15, int((times - 1) * 16))
