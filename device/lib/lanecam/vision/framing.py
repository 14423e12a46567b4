# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Frames a digit as MNIST does: larger side 20/28 of a square, centre of mass in its centre.

Each cell of the model's input is the mean of a square window of samples, against the level of the
paper there: a plane through the tiles around the digit. The pen's depth is full ink.
"""

from lanecam.vision.planes import HIGH, TILES_HIGH, TILES_WIDE, WIDE

MARGIN = 96
"""In 1/256 of a point, around a box, because that is found at half the pen's depth."""


class Framing:
    """Cuts digits into ``ink``: ``cells * cells`` values of ``bits`` bits.

    ``crop``: the model sees the middle ``crop`` 28ths of the square.
    """

    def __init__(self, planes, bits, crop):
        self._planes = planes
        self._cells = planes.cells
        self._most = (1 << bits) - 1
        self._crop = crop
        self.ink = bytearray(planes.cells * planes.cells)
        self._blank = bytes(len(self.ink))
        self._tops = []
        self._lefts = []

    def frame_digit(self, box, centre, tiles, inverted):
        """Fill ``ink`` from ``box``, ``(x0, y0, x1, y1)`` in 1/256 points.

        centre: (x, y) of the ink in 1/256 points; tiles: a box in tiles with paper around it.
        """
        x0, y0, x1, y1 = box
        slope_x, slope_y, level = self._paper_plane(*tiles)

        # In 1/256 of a point. MNIST's square is 28/20 of the digit's larger side, and its centre of
        # mass is on the middle of pixel 14 of 0..27, half a pixel beyond its own.
        cells = self._cells
        crop = self._crop
        pitch = max(x1 - x0, y1 - y0) * crop // (20 * cells)
        from_centre = pitch * cells * (crop + 1) // (2 * crop) - pitch // 2
        left = centre[0] - from_centre
        top = centre[1] - from_centre
        fine = 1
        while pitch * fine < 512 and fine < self._planes.finest:
            fine *= 2
        # Samples along a window's side: sums of 16 fit in int16. Of the rows, every second is read.
        size = 1 if pitch * fine < 384 else 2 if pitch * fine < 768 else 4
        self.ink[:] = self._blank
        # A window begins at the nearest column, and the row in its middle is read.
        tops = self._tops
        lefts = self._lefts
        half = 0 if size > 1 else 128
        row = self._place(top, pitch, fine, size, y0 - MARGIN, y1 + MARGIN, HIGH, half, tops)
        column = self._place(left, pitch, fine, size, x0 - MARGIN, x1 + MARGIN, WIDE, 128, lefts)
        if tops and lefts:
            tx0, ty0, tx1, ty1 = tiles
            windows, places = self._planes.windows(fine, size, tops, lefts)
            count = size * max(size // 2, 1)
            pen = self._pen(level * count, inverted)
            # The paper in the middle of the first cell, in 1/256 of the sum over a window, and how
            # it changes from cell to cell.
            across = slope_x * count * pitch >> 8
            down = slope_y * count * pitch >> 8
            paper = level * count << 8
            paper += slope_x * count * (left + column * pitch - (tx0 + tx1) * 256) >> 8
            paper += slope_y * count * (top + row * pitch - (ty0 + ty1) * 256) >> 8
            place = row * cells + column
            self._fill(windows, len(tops), places, place, (paper, across, down), pen, inverted)

    def _pen(self, level, inverted):
        """How far the pen is from the paper: upper quartile over the rows of windows."""
        lows = self._planes.extremes(inverted)
        lows.sort()
        count = len(lows)
        quarter = (count - 2) // 4 if count > 2 else 0
        pen = lows[count - 1 - quarter] - level if inverted else level - lows[quarter]
        return max(pen, 1)

    def _fill(self, windows, count, lefts, place, paper, pen, inverted):
        """Ink from sums over windows. paper: in the first cell, steps across and down."""
        cells = self._cells
        ink = self.ink
        most = self._most
        low = pen // 20
        gain = (most << 16) // (pen - low)
        low -= 32768 // gain  # rounds to nearest
        first, across, down = paper
        # The level does not follow the slope within a row but in whole steps from its middle.
        step = (across + 128) >> 8
        first += across * (len(lefts) // 2)
        back = step * (len(lefts) // 2)
        for row in range(count):
            sums = windows[row]
            at = place
            bar = (first >> 8) - back
            if inverted:
                bar += low
                for left in lefts:
                    value = sums[left] - bar
                    if value > 0:
                        value = value * gain >> 16
                        ink[at] = value if value < most else most
                    at += 1
                    bar += step
            else:
                bar -= low
                for left in lefts:
                    value = bar - sums[left]
                    if value > 0:
                        value = value * gain >> 16
                        ink[at] = value if value < most else most
                    at += 1
                    bar += step
            first += down
            place += cells

    def _place(self, first, pitch, fine, size, low, high, end, half, places):
        """First cell with its middle in low..high; ``places``: where the windows of those start."""
        begin = min(max(-((first - low) // pitch), 0), self._cells)
        stop = min(max(-((first - high) // pitch), 0), self._cells)
        step = pitch * fine
        start = first * fine - size * 128 + half + step * begin
        del places[:]
        last = end * fine - size
        for _ in range(stop - begin):
            place = start >> 8
            places.append(0 if place < 0 else place if place < last else last)
            start += step
        return begin

    def _paper_plane(self, x0, y0, x1, y1):
        """The paper around a box of tiles: slopes across and down in 1/256 of a point, level.

        The slopes are 65536 times light for each 1/256 of a point.
        """
        tiles = self._planes.tiles
        west = max(x0 - 1, 0)
        east = min(x1, TILES_WIDE - 1)
        north = max(y0 - 1, 0)
        south = min(y1, TILES_HIGH - 1)
        left = right = above = below = 0
        for at in range((north + 1) * TILES_WIDE, south * TILES_WIDE, TILES_WIDE):
            left += tiles[at + west]
            right += tiles[at + east]
        for at in range(west + 1, east):
            above += tiles[north * TILES_WIDE + at]
            below += tiles[south * TILES_WIDE + at]
        tall = south - north - 1
        wide = east - west - 1
        left //= tall
        right //= tall
        above //= wide
        below //= wide
        # A tile is two points wide.
        shift = self._planes.light_shift
        times = 128 >> shift
        return (
            times * (right - left) // (east - west),
            times * (below - above) // (south - north),
            (left + right + above + below + (2 << shift)) >> (shift + 2),
        )
