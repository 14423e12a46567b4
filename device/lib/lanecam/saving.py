# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Sends a frame over the serial console, whole (docs/serial.md); in memory for just that."""

import binascii

from lanecam.lines import word

PIECE = 48
"""Bytes of a frame in one line: 64 letters."""


def say_frame(say, camera, label):
    """The frame in the camera's buffer: ``FRAME``, ``DATA`` lines of base64, ``END`` with a CRC."""
    frame = memoryview(camera.frame)
    say(
        "FRAME %d %d %s %d %s"
        % (camera.width, camera.height, camera.colorspace, len(frame), word(label))
    )
    for at in range(0, len(frame), PIECE):
        text = binascii.b2a_base64(frame[at : at + PIECE])
        say("DATA %d %s" % (at, text[:-1].decode()))
    say("END %08x" % (binascii.crc32(frame) & 0xFFFFFFFF))
