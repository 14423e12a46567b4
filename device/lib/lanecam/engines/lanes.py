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
    ``shape``, ``most``, ``bytes`` and their ``array`` come from lanes_making.py.
    """

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


class Clip:
    """``clip(lane >> shift, 0, most)`` of int16 lanes into bytes, a shift for each channel.

    Made once for an op (lanes_making.py); ``run(acc, high, out)`` takes the lanes (they are
    spoilt), the view of their high bytes and a cleared uint8 array of the same elements.
    """

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
