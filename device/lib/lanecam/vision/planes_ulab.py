# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The pixel work of a look with ulab: the integers of planes.py at a fiftieth of the cycles.

Adding one int16 array to another in place costs about 21 cycles an element on an RP2040 and 2,000
for the call, whatever strides the two have, and leaves 48 bytes behind. So everything is said in
few such sums of whole planes, on views that are made once. Assigning to a slice (280 cycles an
element), comparing and new arrays are avoided:

* bytes are copied and cleared through memoryviews, which leave nothing behind;
* the high byte of a product is a shift, and as a signed byte -1 for what is negative: ``a *= high``
  keeps of a what is below zero;
* ``a[:-1] += a[1:]`` reads every element before it is written, as ulab goes from first to last.

The views of a step lie in a tuple: a collection marks an object's attributes all at once, and where
more than 128 wait it searches the heap again, which takes as long as the collection itself.
"""

from ulab import numpy as np

from lanecam.unload import unload_where_scarce
from lanecam.vision.grid import (
    ALL,
    HIGH,
    TILES_WIDE,
    WIDE,
    Grid,
    is_direct,
)
from lanecam.vision.luma import RGB_SWAPPED

VIEWS = ("vision.planes_views", "vision.samples")
"""What only making planes takes."""
THREE_ZEROS = (0, 0, 0)


class UlabPlanes(Grid):
    """``Planes`` with ulab."""

    def _make(self):
        make_views(self)
        unload_where_scarce(VIEWS)

    def _look_at(self, frame):
        """Views of the frame, made anew only when it is another buffer."""
        self.frame = self._seen = frame
        size = self.luma.bytes_per_pixel
        direct = is_direct(self.luma.colorspace)
        times = self.samples
        step = size * self.width // (WIDE * times)
        picture = np.frombuffer(frame, dtype=np.uint8)
        picture = picture.reshape((self.height, size * self.width))
        picture = picture[:: self.height // (HIGH * times)]
        high = 1 if self.luma.colorspace == RGB_SWAPPED else 0
        samples = picture[:, high::step]
        points = samples[::times, ::times]
        sources = [points]
        halves = None
        if not direct:
            halves = (points, picture[:, 1 - high :: step][::times, ::times])
            points = self._word_views[1]
            sources.append(points)
        elif times > 1:
            sources.append(samples[1::2, 1::2])
        view = memoryview(frame)
        row = self.width * size
        step = self.height // (HIGH * self.finest) * row
        frame_rows = {}
        fine = self.finest
        rows = [view[at : at + row] for at in range(0, self.height * row, step)]
        while fine:
            frame_rows[fine] = [tuple(rows[at : at + 8]) for at in range(0, len(rows), 8)]
            rows = [rows[at] for at in range(0, len(rows), 2)]
            fine >>= 1
        # Of the last box: where it was, a view of it; by columns and by rows.
        boxes = ([0, None], [0, None])
        self._frame_views = (points, sources, halves, frame_rows, boxes)

    def load(self, frame):
        """Fill ``tiles`` from a frame."""
        if frame is not self._seen:
            self._look_at(frame)
        light, rows, columns, zeros, cleared, times = self._light_views
        for view in cleared:
            view[ALL] = zeros
        if self._word_views is not None:
            words, highs, lows = self._word_views
            high, low = self._frame_views[2]
            highs += high
            lows += low
            self._value[0] = 32
            words *= self._number
        for source in self._frame_views[1]:
            light += source
        light, source = rows
        light += source
        light, source = columns
        light += source
        times, views = times
        for view in views:
            view[ALL] = times
        tiles = self._tiles
        tiles *= light

    def shade(self, limit, is_card):
        """1 where a tile is darker than ``limit`` (is_card: lighter), 20 x 15 bytes.

        ``along`` is emptied.
        """
        copies, words, highs, mask, is_dark = self._note_views
        for target, source in copies:
            target[ALL] = source
        value = self._value
        number = self._number
        ridge = self._ridge
        if is_card:
            # Less than 0, of an array that holds none.
            value[0] = 65535
            ridge *= number
            limit = 65536 - limit
        value[0] = limit
        ridge -= number
        words += highs
        mask -= is_dark
        return self._mask

    def lift(self, level):
        """Make tiles as light as ``level`` where the sum of ``along`` from the left on is 0."""
        part, source = self._sum_views[2]
        part += source
        number = self._number
        self._value[0] = level
        tiles = self._tiles
        tiles -= number
        tiles *= self._contrast
        tiles += number

    def fill_ridges(self):
        """Compare ``tiles`` with those around them."""
        below, fills, middles, means, copies, folds = self._fill_views
        for target, source in below:
            target[ALL] = source
        strips, zeros, cleared = self._strips
        for view in cleared:
            view[ALL] = zeros
        before, after, both = self._sides
        part, source = fills[0]
        part += source
        part, source = fills[1]
        part += source
        before -= middles
        target, source = copies[0]
        target[ALL] = source
        for at in (2, 3, 4, 5):
            part, source = fills[at]
            part += source
        self._value[0] = 64
        strips *= self._number
        before += means[0]
        after += means[1]
        target, source = copies[1]
        target[ALL] = source
        both += after
        before *= after
        for target, source, part in folds:
            target[ALL] = source
        ridge = self._ridge
        ridge += folds[0][2]
        contrast = self._contrast
        contrast += folds[1][2]

    def ridges(self, least):
        """The strongest ridge of each row of tiles, those from ``least`` on.

        A sorted list: light ones less than 0, the strongest first, three zeros, dark ones.
        """
        ranked = self._ranked
        ranked[ALL] = THREE_ZEROS
        heights = self._heights
        contrast = self.along
        row = 0
        for place in np.argmax(self._ridge, axis=1):
            place += row
            height = heights[place]
            if height >= least:
                ranked.append(-height if contrast[place] < 0 else height)
            row += TILES_WIDE
        ranked.sort()
        return ranked

    def mask(self, k, limit):
        """Ink: 1 where ``p + k n`` is above ``limit`` and p above a quarter of it, 20 x 15 bytes.

        ``along`` and ``down`` get sums of n of the ink.
        """
        pair, bar, factors, both_factors, copies = self._bar_views
        target, source = copies
        target[ALL] = source
        factors[0] = 65535
        factors[1] = -k & 65535
        pair *= both_factors
        bar += self._ridge
        factors[0] = limit >> 2
        factors[1] = limit
        pair += both_factors
        # Signs of the two: -1 for what is above its limit. The high byte of that is negative, and
        # the next -1.
        mask, above, is_ridge, words, highs, copies = self._mask_views
        for target, source in copies:
            target[ALL] = source
        words += highs
        mask += above
        mask *= is_ridge
        contrast = self._contrast
        contrast *= mask
        copies, down, along, totals = self._sum_views
        target, source = copies
        target[ALL] = source
        part, source = down
        part += source
        part, source = along
        part += source
        total = sum(totals)
        self.total = total if total > 0 else -total
        return self._mask

    def darkest(self, x0, y0, x1, y1, rows, inverted):
        """The darkest point of each row of a box, or of each column, as bytes.

        inverted: the lightest, as 255 less its brightness.
        """
        # The view is made anew only where the box has moved.
        last = self._frame_views[4][rows]
        box = ((x0 << 6 | y0) << 6 | x1) << 6 | y1
        if last[0] != box:
            last[0] = box
            last[1] = self._frame_views[0][y0:y1, x0:x1]
        points = last[1]
        if not inverted:
            return np.min(points, axis=1 if rows else 0).tobytes()
        return (~np.max(points, axis=1 if rows else 0)).tobytes()

    def windows(self, fine, size, top, left, step, row, column, tall, wide, inverted):
        """Mean light, 0..255, of a window for each cell that is used."""
        value = self._value
        number = self._number
        high = HIGH * fine - size
        beyond = WIDE * fine - size
        reads, bands, targets, blanks, columns, sums_view, sources = self._window_views
        at = size >> 1
        second = reads[at]
        scale = reads[at + 3]
        late = reads[at + 6]
        top += late
        bands = bands[fine]
        band = bands[0]
        if fine > 1:
            at = (left >> 8) // (WIDE // 5 * fine)
            at = 0 if at < 0 else 2 if at > 2 else at
            band = bands[at]
            if (left + (wide - 1) * step >> 8) + size > band[0] + band[1]:
                band = bands[4 if at else 3]
        first, _, samples, zeros, cleared, sums, shift, shift_two = band
        whole = ALL
        for view in cleared:
            view[whole] = zeros
        rows = self._frame_views[3][fine]
        cells = self.cells
        blank, blank_column = blanks[inverted]
        direct = self._word_views is None
        gather(targets, row, tall, rows, top, step, high, 0)
        at = row + tall
        while at < cells:
            targets[at][whole] = blank
            at += 1
        for at in range(row):
            targets[at][whole] = blank
        sums += samples[0]
        if second:
            gather(targets, row, tall, rows, top, step, high, second)
        if not direct:
            words = samples[1]
            if self.luma.colorspace != RGB_SWAPPED:
                words.byteswap(inplace=True)
            value[0] = 32
            words *= number
            sums += samples[2]
        elif second:
            sums += samples[0]
        if size > 1:
            part, source = shift
            part += source
        if size > 2:
            part, source = shift_two
            part += source
        end = column + wide
        part = self._cell_sets[-1]
        for part in self._cell_sets:
            if column >= part.first and end <= part.end:
                break
        self._part = part
        at = 16 * cells * len(sources)
        while at < 2 * cells * band[1]:
            sources.append(eight(sums_view, at, 2 * cells))
            at += 16 * cells
        gather(columns, column, wide, sources, left, step, beyond, -first)
        for at in range(end, part.end):
            columns[at][whole] = blank_column
        for at in range(part.first, column):
            columns[at][whole] = blank_column
        sums = part.sums
        value[0] = scale
        sums *= number
        self._row = row
        self._column = column

    def extremes(self, inverted):
        """The least (inverted: the largest) mean in every third row of cells.

        255 (inverted: 0) of those that are not used.
        """
        ends = self._lows
        del ends[ALL]
        choose = np.max if inverted else np.min
        ends.extend(choose(self._part.every_third, axis=0).tobytes())
        return ends

    def ink(self, out, full, level, across, down, middle, most, gain, shift, inverted):
        """Fill ``out`` with the ink of each cell; none where no windows were."""
        if out is not self._out:
            self._out = out
            out_view = memoryview(out)
            self._out_rows = []
            size = (self.cells + 3) // 4 * self.cells
            for at in range(0, len(out) - size, size):
                self._out_rows.append(out_view[at : at + size])
            self._out_rows.append(out_view[len(out) - size :])
            for part in self._cell_sets:
                part.look_at(out, full, self.cells)
        part = self._part
        value = self._value
        number = self._number
        row = self._row
        column = self._column - part.first
        # The paper's levels, across and down by turns: steps of both, copied on and added up.
        values, steps, shift_two, paper_down, zeros, sums_clear, depth_clear = self._ink_views
        values[0] = (level - across * column) & 65535
        values[1] = (-down * (row + middle)) & 65535
        values[2] = across & 65535
        values[3] = down & 65535
        for target, source in steps:
            target[ALL] = source
        paper, source = shift_two
        paper += source
        for view in depth_clear:
            view[ALL] = zeros
        # Above the ink, so that what is negative is ink.
        depth = part.depth
        if inverted:
            depth -= part.means
            depth += part.across
            depth += paper_down
        else:
            depth += part.means
            depth -= part.across
            depth -= paper_down
        signs = part.signs
        depth *= signs  # 0.., the depth
        value[0] = most
        depth -= number
        depth *= signs  # 0..most, what it is short of the most
        value[0] = gain
        depth *= number
        filled = part.full
        for view in self._out_rows:
            view[ALL] = filled
        out = part.out
        if shift == 8:
            out -= signs
            return
        for view in sums_clear:
            view[ALL] = zeros
        sums = part.sums
        sums += signs
        value[0] = 1 << 16 - shift
        sums *= number
        out -= part.means


class Cells:
    """Views of some columns of cells: a sum or mean in each, a depth, and the ink.

    ``memory`` from ``start`` on has words of all cells, column after column, then again.
    """

    def __init__(self, memory, start, cells, first, end, across):
        self.first = first
        self.end = end
        self.across = across[: end - first]
        count = (end - first) * cells
        shape = (end - first, cells)
        start += 2 * first * cells
        self.sums = np.frombuffer(memory, dtype=np.int16, offset=start, count=count)
        self.sums = self.sums.reshape(shape)
        wide = (end - first, 2 * cells)
        means = np.frombuffer(memory, dtype=np.uint8, offset=start, count=2 * count).reshape(wide)
        self.means = means[:, 1::2]
        self.every_third = means[:, 1::6]
        start += 2 * cells * cells
        self.depth = np.frombuffer(memory, dtype=np.int16, offset=start, count=count)
        self.depth = self.depth.reshape(shape)
        signs = np.frombuffer(memory, dtype=np.int8, offset=start, count=2 * count).reshape(wide)
        self.signs = signs[:, 1::2]
        self.out = None

    def look_at(self, out, full, cells):
        """Views of other ink; rows of full ink, from which what a depth is short of is taken."""
        blank = bytes(self.first)
        row = blank + bytes([full]) * (self.end - self.first) + blank
        self.full = row * ((cells + 3) // 4)
        out = np.frombuffer(out, dtype=np.uint8).reshape((cells, cells))
        self.out = out.transpose()[self.first : self.end]


def make_views(planes):
    """``planes_views.make_views``; a function: no name here keeps alive what is unloaded."""
    from lanecam.vision import planes_views

    planes_views.make_views(planes, Cells)


def within(place, last):
    """``place``, or the nearest of 0..last."""
    return 0 if place < 0 else last if place > last else place


def gather(targets, at, count, sources, place, step, last, beyond):
    """Copy to targets from ``at`` on what lies ``beyond`` some places of 0..last in ``sources``.

    place, step: the first place and from one to the next, in 256ths. ``sources``: eight by eight.
    """
    whole = ALL
    if place >= 0 and place + (count - 1) * step >> 8 <= last:
        place += beyond << 8
        for at in range(at, at + count):
            targets[at][whole] = sources[place >> 11][place >> 8 & 7]
            place += step
        return
    for at in range(at, at + count):
        source = within(place >> 8, last) + beyond
        targets[at][whole] = sources[source >> 3][source & 7]
        place += step


def eight(view, start, size):
    """Views of eight parts of ``view``: lists of many would overflow a collection's stack."""
    return tuple([view[at : at + size] for at in range(start, start + 8 * size, size)])
