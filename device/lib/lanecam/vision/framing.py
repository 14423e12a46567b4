# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Frames a digit as MNIST does: larger side 20/28 of a square, centre of mass in its centre.

Each cell of the model's input is the mean of a square window of samples, against the level of the
paper there: a plane through the tiles around the digit. The pen's depth is full ink.
"""

from lanecam.vision.grid import TILES_HIGH, TILES_WIDE

MARGIN = 96
"""In 1/256 of a point, around a box, because that is found at half the pen's depth."""
MOST_FILLED = 104
"""Ink all across a digit's middle, or all down it, is less than so many 128ths of the pen's."""
MOST_WIDE = 22 << 8
"""In 1/256 of a point: what is wider is read at points, others may be at finer samples."""


class Framing:
    """Cuts digits into ``ink``: ``cells * cells`` values of ``bits`` bits.

    ``crop``: the model sees the middle ``crop`` 28ths of the square. ``is_apart`` after
    ``frame_digit``: there is paper on all sides of the object, of one kind, and some in it.
    """

    def __init__(self, planes, bits, crop):
        self._planes = planes
        self._cells = planes.cells
        self._shift = 8 if bits > 3 else 13 - bits  # so that the gain has some bits
        self._full = (1 << bits) - 1
        self._crop = crop
        self._slopes = [0, 0, 0, 0, 0, 0, 0, 0]
        self.is_apart = True
        self.ink = bytearray(planes.cells * planes.cells)

    def frame_digit(self, found, centre, inverted):
        """Fill ``ink`` from an object, ``[x0, y0, x1, y1, tiles, _]`` in 1/256 points.

        tiles: its area and the box ``(x0, y0, x1, y1)`` in tiles, with paper around it; centre:
        (x, y) of its ink in 1/256 points.
        """
        x0, y0, x1, y1, tiles, _ = found
        planes = self._planes

        # In 1/256 of a point. MNIST's square is 28/20 of the digit's larger side, and its centre of
        # mass is on the middle of pixel 14 of 0..27, half a pixel beyond its own.
        cells = self._cells
        crop = self._crop
        side = x1 - x0
        if side < y1 - y0:
            side = y1 - y0
        pitch = side * crop // (20 * cells)
        from_centre = pitch * cells * (crop + 1) // (2 * crop) - pitch // 2
        left = centre[0] - from_centre
        top = centre[1] - from_centre
        fine = 1
        while pitch * fine < 512 and fine < planes.finest:
            fine *= 2
        # The cells with their middle in the box.
        row = -((top - y0 + MARGIN) // pitch)
        if row < 0:
            row = 0
        column = -((left - x0 + MARGIN) // pitch)
        if column < 0:
            column = 0
        tall = -((top - y1 - MARGIN) // pitch)
        tall = (tall if tall < cells else cells) - row
        wide = -((left - x1 - MARGIN) // pitch)
        wide = (wide if wide < cells else cells) - column
        if tall < 1 or wide < 1:
            self.ink[:] = bytes(cells * cells)
            self.is_apart = False
            return
        if (wide - 1) * pitch > MOST_WIDE:
            fine = 1
        step = pitch * fine
        # Samples along a window's side.
        size = 1 if step < 384 else 2 if step < 768 else 4
        first = 128 - size * 128
        planes.windows(
            fine,
            size,
            top * fine + first + row * step,
            left * fine + first + column * step,
            step,
            row,
            column,
            tall,
            wide,
            inverted,
        )
        level = self._paper(tiles)
        east, south, high, wide, lightest, darkest, least, most = self._slopes
        # The pen's depth, 2..255: the upper quartile over every third row of their deepest cell.
        pen = 0
        count = (row + tall + 2) // 3 - (row + 2) // 3
        if count:
            lows = planes.extremes(inverted)
            lows.sort()
            count = (count - 1) // 4
            pen = lows[-1 - count] - (level >> 8) if inverted else (level >> 8) - lows[count]
        if pen < 2:
            pen = 2

        # A finger's shadow, or a corner of the desk, goes on beyond its box: one side of it is
        # about as dark as the ink (light ink: as light).
        ink = (level >> 8) + (pen if inverted else -pen)
        beyond = ink - (darkest >> 7) if inverted else (lightest >> 7) - ink
        self.is_apart = 5 * ((lightest - darkest) >> 7) <= 4 * beyond
        # A note or a blot is ink all across its middle and down it.
        if 10 * (x1 - x0) > 7 * (y1 - y0):
            filled = least - (level >> 1) if inverted else (level >> 1) - most
            if filled > MOST_FILLED * pen:
                self.is_apart = False

        # Depth above a twentieth of the pen's is ink, from 0 to ``most``, which is full ink.
        full = self._full
        shift = self._shift
        most = pen - (pen + 10) // 20
        gain = -(-(full << shift) // most)
        low = (pen - most << 8) + (128 << shift) // gain  # rounds to nearest
        # The paper in 1/256 of a grey level: in the upper left used cell, and from cell to cell.
        across = east * pitch // (wide << 8)
        down = south * pitch // (high << 8)
        level += east * (left + column * pitch - (tiles[1] + tiles[3]) * 256) // (wide << 8)
        level += south * (top + row * pitch - (tiles[2] + tiles[4]) * 256) // (high << 8)
        level += 128 + low if inverted else 128 - low
        # It has to stay within 1..254 in all cells, and to change by 127 at most.
        half = cells >> 1
        last = cells - 1
        for _ in range(16):
            least = most_light = level - across * column - down * row
            if across < 0:
                least += across * last
            else:
                most_light += across * last
            if down < 0:
                least += down * last
            else:
                most_light += down * last
            if 256 <= least and most_light <= 65279 and most_light - least <= 32512:
                break
            # Beside a strong shadow: flatter, but as light in the middle.
            level += across * (half - column) + down * (half - row)
            across = across * 7 >> 3
            down = down * 7 >> 3
            level -= across * (half - column) + down * (half - row)
        else:
            level += across * (half - column) + down * (half - row)
            across = down = 0
        if level < 256:
            level = 256
        elif level > 65279:
            level = 65279
        middle = tall >> 1
        planes.ink(
            self.ink,
            full,
            level + middle * down,
            across,
            down,
            middle,
            most,
            gain,
            shift,
            inverted,
        )

    def _paper(self, tiles):
        """The level of the paper around an object's box of tiles, 256 times.

        ``_slopes``: 128 times its change across and down, in how many tiles down and across, and
        128 times the level of the lightest and of the darkest side, and of the darker and the
        lighter of the middle row and column.
        """
        _, x0, y0, x1, y1 = tiles
        tiles = self._planes.tiles
        west = x0 - 1 if x0 else 0
        east = x1 if x1 < TILES_WIDE else TILES_WIDE - 1
        north = y0 - 1 if y0 else 0
        south = y1 if y1 < TILES_HIGH else TILES_HIGH - 1
        left = right = above = below = middle = row = 0
        at = (north + 1) * TILES_WIDE
        first = at - TILES_WIDE
        last = south * TILES_WIDE
        column = (x0 + x1) // 2
        centre = (y0 + y1) // 2 * TILES_WIDE
        while at < last:
            left += tiles[at + west]
            right += tiles[at + east]
            middle += tiles[at + column]
            at += 2 * TILES_WIDE
        for x in range(west + 1, east, 2):
            above += tiles[first + x]
            below += tiles[last + x]
            row += tiles[centre + x]
        # Every second tile of each side, and of the middle.
        tall = south - north
        wide = east - west
        count = tall >> 1 or 1
        left //= count
        right //= count
        middle //= count
        count = wide >> 1 or 1
        above //= count
        below //= count
        row //= count
        level = (left + right + above + below) >> 1
        slopes = self._slopes
        slopes[0] = right - left
        slopes[1] = below - above
        slopes[2] = tall
        slopes[3] = wide
        if left > right:
            left, right = right, left
        if above > below:
            above, below = below, above
        slopes[4] = below if below > right else right
        slopes[5] = above if above < left else left
        if middle > row:
            middle, row = row, middle
        slopes[6] = middle
        slopes[7] = row
        return level
