# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The lines that the app says on the serial console (docs/serial.md)."""

from lanecam.errors import CameraError, ModelError, SettingError
from lanecam.vision import outcome


def reading_line(reading):
    """``DIGIT ...``, ``NUMBER ...`` or ``NONE ...`` for one reading."""
    if reading.outcome == outcome.NUMBER:
        return reading.line()  # numbers.py
    if reading.outcome == outcome.DIGIT:
        line = "DIGIT %s %.2f margin=%d" % (
            word(reading.digit),
            reading.confidence,
            reading.margin,
        )
    else:
        line = "NONE " + reading.outcome
        if reading.guess is not None:
            line += " guess=%s confidence=%.2f margin=%d" % (
                word(reading.guess),
                reading.confidence,
                reading.margin,
            )
    if reading.frames:
        line += " frames=%d" % reading.frames
    if reading.box:
        line += " box=%d,%d,%d,%d" % reading.box
    return line + " ms=%d" % ((reading.vision_us + reading.network_us) // 1000)


def fault_line(error):
    """``FAULT camera|model|settings MESSAGE``, on one line."""
    part = "camera"
    if isinstance(error, ModelError):
        part = "model"
    elif isinstance(error, SettingError):
        part = "settings"
    elif not isinstance(error, CameraError):
        part = "program"
    return "FAULT %s %s" % (part, str(error).replace("\n", " "))


def word(text):
    """A name without blanks, so that a line can be split at them."""
    return text.replace(" ", "_") or "_"
