# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The pixel work of a look, in plain Python: the definition that planes_ulab.py must equal.

Whatever the frame's size, digits are looked for in 20 x 15 *tiles* of 4 x 4 samples. A stroke is
darker than the paper on both sides of it; the edge of a shadow, of the paper or of the desk has
dark on one side only. So with L, R, U and D the mean of the four tiles to the left and right, above
and below a tile b (the picture's edge repeated)

    p = (L - b)(R - b) + (U - b)(D - b) = (LR + UD) - b(L + R + U + D) + 2 b b

is the square of the pen's depth on a stroke and about nothing on an edge. The sum of the four
differences, n = L + R + U + D - 4 b, tells dark strokes (n > 0) from light ones.
"""

from array import array

from lanecam.vision.luma import GREY, RGB_SWAPPED, YUV, Luma

WIDE = 40
HIGH = 30
"""Points across and down a picture: every second sample, boxes are measured in them."""
TILES_WIDE = 20
TILES_HIGH = 15
REACH = 4
"""Tiles on each side that a tile is compared with."""
FINEST = 4
"""Most samples along a point's side."""


class Planes:
    """Planes of frames ``width`` x ``height``; every buffer is made here, once.

    width, height: 40 x 30 times 1, 2, 4, 8 or 16. ``cells``: side of the model's input.
    """

    def __init__(self, width, height, colorspace, cells):
        self.width = width
        self.height = height
        self.cells = cells
        self.luma = Luma(colorspace)
        self.finest = min(width // WIDE, FINEST)
        """Samples along a point's side at most; 2 is the grid that tiles are made of."""
        self.samples = min(self.finest, 2)
        self.light_shift = 7 if is_direct(colorspace) else 6
        """``tiles`` hold so many bits more than ``light``."""
        self.ahead = samples_ahead(width, is_direct(colorspace))
        self.frame = None
        self.tiles = array("h", bytes(2 * TILES_WIDE * TILES_HIGH))
        """128 times the mean of each tile's samples, row by row: 0..32640."""
        self.contrast = array("h", bytes(2 * TILES_WIDE * TILES_HIGH))
        """n of each tile; after ``mask`` what its ridge must be above."""
        self._make()

    def _make(self):
        count = TILES_WIDE * TILES_HIGH
        self._ridge = array("h", bytes(2 * count))
        self._mask = bytearray(count)
        self._columns = [0] * TILES_WIDE
        self._line = array("h", bytes(2 * WIDE * self.finest))
        self._sums = [array("h", bytes(2 * self.cells)) for _ in range(self.cells)]
        self._least = []
        self._largest = []

    def light(self, at):
        """Brightness of pixel number ``at``: luma, 0..255, or red and green, 0..510."""
        frame = self.frame
        space = self.luma.colorspace
        if space == GREY:
            return frame[at]
        at *= 2
        if space == YUV:
            return frame[at]
        high = frame[at + 1] if space == RGB_SWAPPED else frame[at]
        return high + self.point(at >> 1)

    def point(self, at):
        """Brightness 0..255 of pixel number ``at`` where boxes are measured: luma, or green."""
        if is_direct(self.luma.colorspace):
            return self.light(at)
        high, low = self.frame[2 * at], self.frame[2 * at + 1]
        if self.luma.colorspace == RGB_SWAPPED:
            high, low = low, high
        return ((high & 7) << 5) + (low >> 3)

    def load(self, frame):
        """Fill ``tiles`` and what ridges are made of from a frame."""
        self.frame = frame
        places = tile_samples(self.samples, is_direct(self.luma.colorspace))
        times = (128 if is_direct(self.luma.colorspace) else 64) // len(places)
        step = self.width // TILES_WIDE
        space = step // (2 * self.samples)
        place = 0
        for y in range(0, self.height, step):
            for x in range(0, self.width, step):
                total = 0
                for down, across in places:
                    total += self.light((y + down * space) * self.width + x + across * space)
                self.tiles[place] = total * times
                place += 1
        self.fill_ridges()

    def fill_ridges(self):
        """Compare ``tiles`` with those around them."""
        tiles = self.tiles
        place = 0
        for y in range(TILES_HIGH):
            for x in range(TILES_WIDE):
                row = y * TILES_WIDE
                left = right = up = down = 0
                for far in range(1, REACH + 1):
                    left += tiles[row + max(x - far, 0)] >> 8
                    right += tiles[row + min(x + far, TILES_WIDE - 1)] >> 8
                    up += tiles[max(y - far, 0) * TILES_WIDE + x] >> 8
                    down += tiles[min(y + far, TILES_HIGH - 1) * TILES_WIDE + x] >> 8
                left >>= 2
                right >>= 2
                up >>= 2
                down >>= 2
                here = tiles[place] >> 8
                sides = left + right + up + down
                self.contrast[place] = sides - 4 * here
                self._ridge[place] = left * right + up * down - here * sides + 2 * here * here
                place += 1

    def ridges(self):
        """The strongest ridge of each row of tiles: sorted lists of dark ones and of light ones."""
        dark = []
        light = []
        for row in range(0, TILES_WIDE * TILES_HIGH, TILES_WIDE):
            best = row
            for place in range(row + 1, row + TILES_WIDE):
                if self._ridge[place] > self._ridge[best]:
                    best = place
            if self.contrast[best] < 0:
                light.append(self._ridge[best])
            else:
                dark.append(self._ridge[best])
        dark.sort()
        light.sort()
        return dark, light

    def light_range(self):
        """Mean brightness, 0..255, of the darkest and of the lightest tile."""
        tiles = self.tiles
        return min(tiles) >> 7, max(tiles) >> 7

    def mask(self, k, limit):
        """1 where ``p + k n`` is above ``limit`` and p above a quarter of it: 20 x 15 bytes.

        With them comes how many there are in each column.
        """
        bar = self.contrast
        columns = self._columns
        for x in range(TILES_WIDE):
            columns[x] = 0
        for place in range(TILES_WIDE * TILES_HIGH):
            bar[place] = limit - k * bar[place]
            ridge = self._ridge[place]
            is_ink = ridge > bar[place] and ridge > limit >> 2
            self._mask[place] = is_ink
            columns[place % TILES_WIDE] += is_ink
        return self._mask, columns

    def darkest(self, x0, y0, x1, y1, rows, inverted):
        """The darkest point of each row of a box, or of each column: a list.

        inverted: the lightest, as 255 less its brightness.
        """
        step = self.width // WIDE
        first = y0 if rows else x0
        ends = [0] * ((y1 if rows else x1) - first)
        for line in range(first, first + len(ends)):
            least = 255
            at = (line * self.width + x0 if rows else y0 * self.width + line) * step
            for _ in range(x0 if rows else y0, x1 if rows else y1):
                value = self.point(at)
                if inverted:
                    value = 255 - value
                if value < least:
                    least = value
                at += step if rows else step * self.width
            ends[line - first] = least
        return ends

    def windows(self, fine, size, tops, lefts):
        """Sums of ``light`` over windows, one row of windows for each top: (rows, places).

        fine: samples along a point's side; tops, lefts: rows and columns of samples where windows
        begin. A window is ``size`` samples wide and tall; of its rows, every second is read. The
        sum over a window is row[places[number of its left]].
        """
        space = self.width // (WIDE * fine)
        first = lefts[0]
        count = lefts[-1] + 1 - first
        line = self._line
        del self._least[:]
        del self._largest[:]
        for row in range(len(tops)):
            for x in range(count + size - 1):
                line[x] = 0
            for y in rows_of(tops[row], size):
                at = (y * self.width + first) * space
                for x in range(count + size - 1):
                    line[x] += self.light(at)
                    at += space
            for x in range(count):
                total = line[x]
                for other in range(x + 1, x + size):
                    total += line[other]
                line[x] = total
            self._keep(self._sums[row], lefts, count)
        return self._sums, range(len(lefts))

    def _keep(self, sums, lefts, count):
        line = self._line
        for cell in range(len(lefts)):
            sums[cell] = line[lefts[cell] - lefts[0]]
        least = largest = line[0]
        for x in range(1, count):
            if line[x] > largest:
                largest = line[x]
            elif line[x] < least:
                least = line[x]
        self._least.append(least)
        self._largest.append(largest)

    def extremes(self, inverted):
        """The least (inverted: the largest) of each row of the last windows, between its ends."""
        return self._largest if inverted else self._least


def is_direct(colorspace):
    """Whether luma lies in the frame as it is, in every byte or every second one."""
    return colorspace == YUV or colorspace == GREY


def tile_samples(samples, direct):
    """(row, column) of the samples, of 4 x 4 or of 2 x 2, that a tile is the mean of."""
    if samples == 1:
        return ((0, 0), (0, 1), (1, 0), (1, 1))
    if direct:
        return ((0, 0), (0, 2), (1, 1), (1, 3), (2, 0), (2, 2), (3, 1), (3, 3))
    return ((0, 0), (0, 2), (2, 0), (2, 2))


def samples_ahead(width, direct):
    """How far before the middle of a tile the pixels lie that it is a mean of, 1/256 of a point.

    A sample is the upper left pixel of its square, and green is read at every second sample.
    """
    if width == WIDE:
        return 0
    return 64 - 64 * 2 * WIDE // width + (0 if direct else 64)


def rows_of(top, size):
    """The rows of samples that are read of a window."""
    return range(top + (size > 1), top + size, 2)
