# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What the int16 lanes of ``ulab16`` share: values as bytes, and shift-and-clip of whole arrays.

ulab has no cheap shift. But a lane times ``2**(8 - shift)`` has ``lane >> shift`` in its high byte,
and a strided view of the high bytes costs nothing. So negative lanes are multiplied by the mask
``lane > 0``, all are multiplied by the power, and the high bytes are added to a cleared bytearray:
about 140 cycles a lane where a Python loop takes 1,000. Lanes wrap without a word, which is why an
engine of lanes runs certified programs only.
"""

from ulab import numpy as np


class Value:
    """An activation map (channels, height, width): bytes, channel after channel, row after row.

    Only the part of a map that somebody reads is held, so the shape may be smaller than the op's.
    ``levels``: None where a byte is the activation; else ``levels[byte]`` is, so that the bytes
    need not be clipped before a consumer that looks them up anyway. ``signed``: None, or an int8
    array to read instead of the bytes, where what is not above zero counts as zero.
    """

    def __init__(self, shape, most):
        self.shape = shape
        self.most = most
        self.bytes = bytearray(shape[0] * shape[1] * shape[2])
        self.array = np.frombuffer(self.bytes, dtype=np.uint8)
        self.levels = None
        self.signed = None

    def planes(self):
        """View (channels, height * width)."""
        return self.array.reshape((self.shape[0], self.shape[1] * self.shape[2]))


zeros = [bytes(64)]
"""The longest block of zero bytes there is."""


def cleared(count):
    """``count`` zero bytes to copy from; all callers share the longest."""
    if count > len(zeros[0]):
        zeros[0] = bytes(count)
    return memoryview(zeros[0])[:count]


def shallow(long, short=None):
    """``(long, short)``, to be the only reference to lists of more than a hundred array objects.

    A collection that meets a long list of objects it has not seen fills its stack (64 entries on
    an RP2040), and then goes through the whole heap once more: a million cycles. It takes the last
    element first, so whoever puts each object into a short tuple in ``short`` as well, spares that.
    """
    return long, [] if short is None else short


def lanes(buffer, height, width, offset=0):
    """int16 view (height, width) of a bytearray; 1-D where height is 1: that is faster."""
    flat = np.frombuffer(buffer, dtype=np.int16, count=height * width, offset=offset)
    return flat if height == 1 else flat.reshape((height, width))


def high_bytes(buffer, height, width, offset=0, dtype=np.uint8):
    """View of the high bytes of ``lanes(buffer, height, width, offset)``."""
    count = 2 * height * width
    flat = np.frombuffer(buffer, dtype=dtype, count=count, offset=offset)
    return flat[1::2] if height == 1 else flat.reshape((height, 2 * width))[:, 1::2]


class Clip:
    """``clip(lane >> shift, 0, most)`` of int16 lanes into bytes, a shift for each channel.

    Made once for an op; ``run(acc, high, out)`` takes the lanes (they are spoilt), the view of
    their high bytes and a cleared uint8 array of the same elements.
    """

    def __init__(self, most, shifts, lows, highs):
        """``shifts``, ``lows``, ``highs``: of each channel in a row of lanes (certified ends)."""
        # A channel that is always 0 is multiplied by 0: how deep its shift is does not matter.
        deepest = max([s if high >> s > 0 else 0 for s, high in zip(shifts, highs)])
        self.late = max(0, deepest - 8)
        gains = []
        tops = []
        self.fits = True
        self.capped = False
        # As signed bytes no high byte is negative, and a negative lane does not wrap to above zero.
        self.signed = True
        highest = 0
        for shift, low, high in zip(shifts, lows, highs):
            if high >> shift <= 0:
                gains.append(0)
                tops.append(32767)
                continue
            gain = 8 + self.late - shift
            # Above this a lane is clipped anyway, and its gain could carry it out of 16 bits.
            top = max(0, min(high, ((most + 1) << shift) - 1, 32767))
            if top << gain > 65535:
                self.fits = False
            if high << gain > 65535:
                self.capped = True
                highest = max(highest, top << gain)
            else:
                highest = max(highest, high << gain)
            if high << gain > 32767 or low << gain < -32768:
                self.signed = False
            gains.append((1 << gain) & 0xFFFF)
            tops.append(top)
        self.highest = min(highest >> 8, 255)
        same = gains == gains[:1] * len(gains)
        self.zero = np.array([0], dtype=np.int16)
        self.gain = wrapped(gains[:1] if same else gains)
        self.top = wrapped(tops) if self.capped else None
        self.most = most
        self.exact = not self.late and self.highest <= most

    def levels(self):
        """The activation that each high byte stands for."""
        return bytes([min(byte >> self.late, self.most) for byte in range(self.highest + 1)])

    def run(self, acc, high, out):
        """High bytes of the shifted lanes into ``out``."""
        if self.capped:
            over = acc > self.top
            if np.any(over):
                # acc -= over * (acc - top), wrapping where it does not matter
                excess = acc - self.top
                excess *= over
                acc -= excess
        acc *= acc > self.zero
        acc *= self.gain
        out += high

    def settle(self, data, array):
        """Turn the high bytes in ``data``, of which ``array`` is a view, into activations."""
        if self.exact or not self.fits:
            return
        if not self.late:
            most = np.array([self.most], dtype=np.uint8)
            data[:] = np.minimum(array, most).tobytes()
            return
        levels = self.levels()
        for at in range(len(data)):
            data[at] = levels[data[at]]


def wrapped(numbers):
    """Numbers modulo 2**16 as an int16 array."""
    return np.array([((n + 32768) & 65535) - 32768 for n in numbers], dtype=np.int16)


def shift_slowly(acc, shifts, most, data, start=0, area=1):
    """Shift and clip in a Python loop, where 8-bit activations and mixed shifts leave no room.

    acc: (places, channels) or (channels,); channel ``c`` of place ``p`` goes to
    ``data[start + c * area + p]``.
    """
    channels = len(shifts)
    at = 0
    for lane in acc.flatten().tolist():
        channel = at % channels
        lane >>= shifts[channel]
        lane = 0 if lane < 0 else most if lane > most else lane
        data[start + channel * area + at // channels] = lane
        at += 1
