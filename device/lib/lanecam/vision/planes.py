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

from lanecam.vision.grid import (
    HIGH,
    REACH,
    TILES_HIGH,
    TILES_WIDE,
    WIDE,
    Grid,
    is_direct,
)
from lanecam.vision.luma import GREY, RGB_SWAPPED, YUV
from lanecam.vision.samples import rows_read, tile_samples


class Planes(Grid):
    """Planes of frames, every buffer of which is made once: arguments as of ``Grid``."""

    def _make(self):
        count = TILES_WIDE * TILES_HIGH
        self._ridge = array("h", bytes(2 * count))
        self._mask = bytearray(count)
        self._line = array("h", bytes(2 * WIDE * self.finest))
        self._means = bytearray(self.cells * self.cells)
        self._ends = []
        self._corner = self._tall = self._wide = 0

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
        """Fill ``tiles`` from a frame."""
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

    def shade(self, limit, is_card):
        """1 where a tile is darker than ``limit`` (is_card: lighter), 20 x 15 bytes.

        ``along`` is emptied.
        """
        mask = self._mask
        for place in range(TILES_WIDE * TILES_HIGH):
            tile = self.tiles[place]
            mask[place] = tile > limit if is_card else tile < limit
            self.along[place] = 0
        return mask

    def lift(self, level):
        """Make tiles as light as ``level`` where the sum of ``along`` from the left on is 0."""
        total = 0
        for place in range(TILES_WIDE * TILES_HIGH):
            total = total + self.along[place] if place % TILES_WIDE else self.along[place]
            if not total:
                self.tiles[place] = level

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
                self.along[place] = sides - 4 * here
                self._ridge[place] = left * right + up * down - here * sides + 2 * here * here
                place += 1

    def ridges(self, least):
        """The strongest ridge of each row of tiles, those from ``least`` on.

        A sorted list: light ones less than 0, the strongest first, three zeros, dark ones.
        """
        heights = [0, 0, 0]
        for row in range(0, TILES_WIDE * TILES_HIGH, TILES_WIDE):
            best = row
            for place in range(row + 1, row + TILES_WIDE):
                if self._ridge[place] > self._ridge[best]:
                    best = place
            height = self._ridge[best]
            if height >= least:
                heights.append(-height if self.along[best] < 0 else height)
        heights.sort()
        return heights

    def mask(self, k, limit):
        """Ink: 1 where ``p + k n`` is above ``limit`` and p above a quarter of it, 20 x 15 bytes.

        ``along`` and ``down`` get sums of n of the ink. No ``p + k n - limit`` may be above 32767.
        """
        mask = self._mask
        along = self.along
        down = self.down
        total = 0
        for place in range(TILES_WIDE * TILES_HIGH):
            ridge = self._ridge[place]
            weight = along[place]
            is_ink = ridge + k * weight > limit and ridge > limit >> 2
            mask[place] = is_ink
            if not is_ink:
                weight = 0
            total = total + weight if place % TILES_WIDE else weight
            along[place] = total
            down[place] = weight + (down[place - TILES_WIDE] if place >= TILES_WIDE else 0)
        self.total = abs(sum(down[-TILES_WIDE:]))
        return mask

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

    def windows(self, fine, size, top, left, step, row, column, tall, wide, inverted):
        """Mean light, 0..255, of a window for each cell that is used.

        fine: samples along a point's side; top, left, step: where the first window of ``size`` x
        ``size`` samples begins and from one to the next, in 1/256 of a sample; tall, wide: how many
        cells are used, from row ``row`` and column ``column`` on; inverted: whether they will be
        asked for their largest and for light ink. Two rows of a window are read; in RGB one, or one
        for green and one for red.
        """
        space = self.width // (WIDE * fine)
        lefts = places(left, step, wide, WIDE * fine - size)
        first = lefts[0]
        count = lefts[-1] + size - first
        line = self._line
        light = self.light
        direct = is_direct(self.luma.colorspace)
        second, scale, late = rows_read(size, direct)
        means = self._means
        self._corner = row * self.cells + column
        self._tall = tall
        self._wide = wide
        place = self._corner
        for top in places(top + late, step, tall, HIGH * fine - size):
            at = (top * self.width + first) * space
            below = at + second * self.width * space
            for x in range(count):
                if direct:
                    line[x] = light(at) + (light(below) if second else 0)
                else:
                    line[x] = light(at) - self.point(at) + self.point(below)
                at += space
                below += space
            for left in lefts:
                total = 0
                for x in range(left - first, left - first + size):
                    total += line[x]
                means[place] = total * scale >> 8
                place += 1
            place += self.cells - wide

    def extremes(self, inverted):
        """The least (inverted: the largest) mean in every third row of cells.

        Those of rows that are not used, 255 (inverted: 0), may be among them.
        """
        ends = self._ends
        del ends[:]
        cells = self.cells
        row, column = divmod(self._corner, cells)
        for row in range(row + -row % 3, row + self._tall, 3):
            place = row * cells + column
            end = self._means[place]
            for at in range(place, place + self._wide):
                value = self._means[at]
                if (value > end) if inverted else (value < end):
                    end = value
            ends.append(end)
        return ends

    def ink(self, out, full, level, across, down, middle, most, gain, shift, inverted):
        """Fill ``out`` with the ink of each cell; none where no windows were.

        The paper's level in row ``middle`` and the first column of the cells used is
        ``level / 256``, and it changes by ``across / 256`` and ``down / 256`` from cell to cell.
        Of a depth 0..most, ink is ``full - ((most - depth) * gain >> shift)``.
        """
        means = self._means
        for at in range(self.cells * self.cells):
            out[at] = 0
        place = self._corner
        for row in range(self._tall):
            paper = down * (row - middle) >> 8
            value = level
            for at in range(place, place + self._wide):
                depth = (value >> 8) + paper - means[at]
                if inverted:
                    depth = -depth
                if depth > 0:
                    out[at] = full - (max(most - depth, 0) * gain >> shift)
                value += across
            place += self.cells


def places(first, step, count, last):
    """Whole samples of places in 1/256 of samples, none before 0 or behind ``last``."""
    return [min(max(first + at * step >> 8, 0), last) for at in range(count)]
