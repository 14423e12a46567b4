# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Do frames arrive whole? The sensor draws its colour bars, of which every line is the same.

The bars are digital, without light or noise, so any difference between two lines happened on the
way: a wrong bit, or lines of the frame before. Their brightness falls from left to right; if it
only does so with the two bytes of each pixel exchanged, the capture began a byte late.
"""

from lanecam.vision.luma import RGB, RGB_SWAPPED, YUV, Luma

# A display has room for the first 52 letters beside the picture (screen.py).
SWAPPED = "the two bytes of each pixel arrive exchanged: keep PCLK short and away from other wires"
TORN = "torn frames: check VSYNC and HREF (their lower lines are of the frame before)"
ERRORS = "wrong bits in %d of %d lines: shorten the wires, first D0 to D7 and PCLK"
NO_BARS = "the camera's colour bars do not arrive: check D0 to D7, their order, and HREF"


def damage(frame, width, height, colorspace):
    """None if ``frame`` holds the colour bars, else in words what is wrong with it."""
    lines = memoryview(frame)
    stride = 2 * width
    right = first = None
    for y in range(height - 1):
        line = lines[y * stride : (y + 1) * stride]
        if line == lines[(y + 1) * stride : (y + 2) * stride]:
            right, first = line, y
            break
    if right is None:
        return NO_BARS
    wrong = 0
    last_right = first
    for y in range(height):
        if lines[y * stride : (y + 1) * stride] == right:
            last_right = y
        else:
            wrong += 1
    if wrong:
        # Torn: from one line on, all lines are different, and by more than a bit here and there.
        if wrong == height - 1 - last_right and differs(lines, last_right + 1, right, stride):
            return TORN
        return ERRORS % (wrong, height)
    if falls(right, width, colorspace):
        return None
    return SWAPPED if falls(exchanged(right), width, colorspace) else NO_BARS


def differs(lines, y, right, stride):
    """Does line ``y`` differ in more than one byte of sixteen?"""
    count = 0
    for at in range(stride):
        if lines[y * stride + at] != right[at]:
            count += 1
    return count * 16 > stride


def falls(line, width, colorspace):
    """Does the brightness of the eight bars fall along the line (or rise, if it is mirrored)?"""
    middles = bytearray(8)
    luma = Luma(YUV if colorspace == YUV else RGB_SWAPPED if colorspace == RGB_SWAPPED else RGB)
    for bar in range(8):
        luma.row(line, (2 * bar + 1) * width // 16, 1, 1, middles, bar)
    rises = 0
    for bar in range(7):
        if middles[bar] < middles[bar + 1]:
            rises += 1
    return (rises == 0 or rises == 7) and abs(middles[0] - middles[7]) > 128


def exchanged(line):
    """A copy of a line with the two bytes of each pixel exchanged."""
    out = bytearray(len(line))
    for at in range(0, len(line) - 1, 2):
        out[at] = line[at + 1]
        out[at + 1] = line[at]
    return out
