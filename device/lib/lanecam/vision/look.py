# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""One look at a frame: tiles -> ridges of ink -> objects -> a framed digit, or a named outcome."""

from lanecam.vision import outcome
from lanecam.vision.framing import Framing
from lanecam.vision.grid import ALL, HIGH, TILES_HIGH, TILES_WIDE, WIDE
from lanecam.vision.note import lift_table
from lanecam.vision.objects import Objects

LEAST_RIDGE = 110
"""The square of the least depth of ink, of 127 grey levels, for the page to hold anything."""
DARK = 40
"""A page nowhere brighter than this is too dark, if nothing is found on it."""
SATURATED = 250
"""A page nowhere darker than this is too bright, if nothing is found on it."""
ROWS_OF_INK = (3, 2)
"""The pen's depth is what so many rows of tiles reach, so that a speck does not set it; what has
ink in fewer may be too small."""
INK_SHARE = 7
"""Ink is where the square of the depth is more than so many 32nds of the pen's."""
MOST_CONTRAST = 508
"""Of a tile. It counts three eighths of the pen's depth, or what int16 holds."""
WEAK_RIDGE = 250
"""Below it, what is not quite sharp is a shadow or noise."""
LEAST_STEP = 4
"""Across and down, a sharp digit's brightness changes by so many 16ths of its depth in a point."""
FIRM_RIDGE = 500
FIRM_STEP = 5
"""The same where the ink is far above noise."""
LEAST_END = 11
"""Depth counts from the darker end of the object, but as so many 16ths of the largest at least."""
FLAT = 12
"""That end is paper in a shadow if it changes by less than one so-many-th of the depth."""
WEAK_STEP = 7
LEAST_SIDE = 8
"""An object fewer samples wide and tall, of the finest grid, is too small to be read."""


try:  # the fastest that this firmware can run, compiled now, while memory is in one piece
    import ulab  # noqa: F401

    from lanecam.vision.planes_ulab import UlabPlanes as BestPlanes
except ImportError:
    from lanecam.vision.planes import Planes as BestPlanes


class Vision:
    """Finds and frames digits in frames of one size; every buffer is made here, once.

    width, height: 40x30, 80x60, 160x120, 320x240 or 640x480. After ``look``: ``boxes`` holds
    ``(x, y, width, height)`` in frame pixels of all objects from left to right and ``box`` the
    first of them or None; ``ink`` holds ``cells * cells`` values of ``bits`` bits (0 = paper) of
    the middle ``crop`` 28ths of MNIST's square, valid where the outcome is ``DIGIT``; ``flip`` is
    True for light ink on dark paper; ``is_cut`` if the border cuts another object of like size.
    """

    def __init__(self, width, height, colorspace, cells, bits, crop=28, planes=None, made=None):
        """``planes``: the class to calculate with; ``made``: one of it for these frames."""
        times = width // WIDE
        if times not in (1, 2, 4, 8, 16) or (width, height) != (times * WIDE, times * HIGH):
            raise ValueError(
                "frames of %dx%d are not one of 40x30, 80x60, 160x120, 320x240, 640x480"
                % (width, height)
            )
        self.width = width
        self.height = height
        self.planes = made or (planes or BestPlanes)(width, height, colorspace, cells)
        self.objects = Objects()
        self.framing = Framing(self.planes, bits, crop)
        self.ink = self.framing.ink
        self.flip = False
        self.is_cut = False
        # x0, y0, x1, y1 in 1/256 points, what ``Objects`` found, largest step in 1/16 of its depth.
        self._found = []
        self._kept = [0] * 6
        self._box = [0] * 4
        self._middle = [0] * 2
        self._lows = []
        self._steps = 0
        self._depth = 0
        self._is_lifted = False

    def look(self, frame):
        """Find the digit in ``frame`` and frame it into ``ink``; returns the outcome."""
        found = self.find(frame)
        if found == outcome.DIGIT:
            self.frame_object(0)
            if not self.framing.is_apart:
                return outcome.CLUTTERED
        return found

    def frame_object(self, number):
        """Frame one of ``boxes`` of the last frame into ``ink``: 0 is the leftmost."""
        found = self._found[number]
        self.framing.frame_digit(found, self._centre(found[4]), self.flip)

    def find(self, frame):
        """Find what is on the page without framing it; returns the outcome."""
        self._found.clear()
        planes = self.planes
        planes.load(frame)
        self._is_lifted = lift_table(planes)
        planes.fill_ridges()
        heights = planes.ridges(LEAST_RIDGE)
        # The square of the pen's depth.
        for rows in ROWS_OF_INK:
            pen = heights[-rows]
            height = -heights[rows - 1]
            self.flip = height > 4 * pen
            if self.flip:
                pen = height
            if pen:
                break
        self._depth = pen
        if not pen:
            if self._is_lifted:
                return outcome.NOTHING
            low, high = planes.light_range()
            if high < DARK:
                return outcome.TOO_DARK
            return outcome.TOO_BRIGHT if low >= SATURATED else outcome.NOTHING
        k = 0
        square = 9 * pen
        for bit in (32, 16, 8, 4, 2, 1):
            bit += k
            if bit * bit << 6 <= square:
                k = bit
        limit = pen * INK_SHARE >> 5
        strongest = heights[-1]
        if strongest < -heights[0]:
            strongest = -heights[0]
        room = 32767 + limit - strongest
        if k * MOST_CONTRAST > room:
            k = room // MOST_CONTRAST
        mask = planes.mask(-k if self.flip else k, limit)
        if not self.objects.find(mask, planes.along, planes.down, planes.total):
            return outcome.CLUTTERED
        return self._select()

    def _select(self):
        """Choose among the objects what is a digit; returns the outcome."""
        most = cut = largest = count = 0
        for found in self.objects.found:
            ink = found[0]
            if 4 * ink < most:
                break
            x0, y0, x1, y1 = self._measure(found)
            if (
                found[1] == 0 or found[2] == 0 or found[3] == TILES_WIDE or found[4] == TILES_HIGH
            ) and (x0 == 0 or y0 == 0 or x1 == WIDE << 8 or y1 == HIGH << 8):
                cut = max(cut, ink)
                continue
            side = x1 - x0
            if side < y1 - y0:
                side = y1 - y0
            if not most:
                most = ink
                largest = side
            elif 2 * side < largest:
                continue
            kept = [0] * 6 if count else self._kept
            count += 1
            kept[0] = x0
            kept[1] = y0
            kept[2] = x1
            kept[3] = y1
            kept[4] = found
            kept[5] = self._steps
            self._found.append(kept)
        if not most:
            return outcome.CUT if cut > 1 else outcome.NOTHING
        self.is_cut = 2 * cut > most
        if cut > 4 * most:
            self._found.clear()
            return outcome.CUT
        is_small = largest * self.planes.finest < LEAST_SIDE << 8
        if count > 1:
            self._found.sort()
            return outcome.TOO_SMALL if is_small else outcome.SEVERAL
        if 3 * most < 2 * self.objects.total:
            return outcome.CLUTTERED
        x0, y0, x1, y1, _, steps = self._found[0]
        if is_small:
            return outcome.TOO_SMALL
        if x1 - x0 > 2 * (y1 - y0) or largest > HIGH << 8:
            return outcome.NOTHING
        if self._depth < WEAK_RIDGE:
            return outcome.DIGIT if steps >= WEAK_STEP else outcome.NOTHING
        sharp = LEAST_STEP if self._depth < FIRM_RIDGE else FIRM_STEP
        return outcome.DIGIT if steps >= sharp else outcome.BLURRED

    def _measure(self, found):
        """What lies in an object's box of tiles: box in 1/256 points, a list that is used again.

        The box ends where it is half as deep as the pen. Sets ``_steps``, the largest step in 16ths
        of its depth.
        """
        _, x0, y0, x1, y1 = found
        x0 += x0
        y0 += y0
        x1 += x1
        y1 += y1
        above = y0 - 2 if y0 else 0
        before = x0 - 2 if x0 else 0
        below = y1 + 2 if y1 < HIGH else HIGH
        beyond = x1 + 2 if x1 < WIDE else WIDE
        planes = self.planes
        rows = planes.darkest(x0, above, x1, below, True, self.flip)
        columns = planes.darkest(before, y0, beyond, y1, False, self.flip)
        lows = self._lows
        del lows[ALL]
        for at in range(0, below - above, 2):
            lows.append(rows[at])
        lows.sort()
        pen = lows[below - above - 1 >> 3]
        box = self._box
        least = pen + (max(lows[-1], rows[-1]) - pen >> 3)
        extent(rows, pen, least, y0, y1, above, below, box, 1)
        extent(columns, pen, least, x0, x1, before, beyond, box, 0)
        depth = lows[-1] - pen or 1
        enough = 255
        if self._depth >= WEAK_RIDGE:
            # A digit in the edge of a shadow has an end where the paper is darker, and flat.
            end = rows[0]
            near = rows[1]
            if near > end:
                end, near = near, end
            other = rows[-1]
            far = rows[-2]
            if far > other:
                other, far = far, other
            if end >= other:
                end = other
                near = far
            if FLAT * (end - near) <= depth:
                end -= pen
                if end < LEAST_END * depth >> 4:
                    end = LEAST_END * depth >> 4
                if end < depth:
                    depth = end or 1
            # More than is asked for of firm ink need not be known.
            enough = (depth * FIRM_STEP >> 4) + 1
        step = largest_step(rows, enough)
        other = largest_step(columns, enough)
        self._steps = 16 * (step if step < other else other) // depth
        return box

    def _centre(self, found):
        """Centre of mass, in 1/256 of a point, of the ink in an object's box of tiles."""
        _, x0, y0, x1, y1 = found
        along = self.planes.along
        down = self.planes.down
        # From the last row and column on, where each adds its weight as often as it is far.
        total = moment = 0
        for at in range(y1 * TILES_WIDE - TILES_WIDE - 1, y0 * TILES_WIDE - 2, -TILES_WIDE):
            total += along[at + x1]
            if x0:
                total -= along[at + x0]
            moment += total
        moment += (y0 - 1) * total
        weight = total or 1
        ahead = self.planes.ahead
        middle = self._middle
        middle[1] = (2 * moment + weight) * 256 // weight - ahead
        total = moment = 0
        last = (y1 - 1) * TILES_WIDE
        first = (y0 - 1) * TILES_WIDE
        for x in range(x1 - 1, x0 - 1, -1):
            total += down[last + x]
            if y0:
                total -= down[first + x]
            moment += total
        moment += (x0 - 1) * total
        middle[0] = (2 * moment + weight) * 256 // weight - ahead
        return middle

    @property
    def box(self):
        """Of the leftmost object, as in ``boxes``, or None."""
        return self.in_pixels(self._found[0]) if self._found else None

    @property
    def boxes(self):
        """(x, y, width, height) in frame pixels of every object, from left to right."""
        return [self.in_pixels(found) for found in self._found]

    def in_pixels(self, box):
        """A box in 1/256 points as (x, y, width, height) in pixels of the frame."""
        times = self.width // WIDE
        x0, y0, x1, y1 = [(place * times + 128) >> 8 for place in box[:4]]
        return (x0, y0, x1 - x0, y1 - y0)


def extent(lows, pen, least, first, end, before, after, box, side):
    """Set sides ``side`` and ``side + 2`` of ``box``: the ends of what is more pen than paper.

    In 1/256 points. ``lows``: of the points before..after; first, end: where to begin to look.
    The sides stay there where the paper is as dark as the pen; at the picture's border, where all
    that is seen may be pen, unless it is lighter than ``least``.
    """
    box[side] = first << 8
    box[side + 2] = end << 8
    first -= before
    end -= before
    last = after - before - 1
    before <<= 8
    low = lows[first]
    paper = lows[0]
    if lows[1] > paper:
        paper = lows[1]
    if paper > (pen if first else least):
        limit = (pen + paper) >> 1
        while low > limit and first < end - 1:
            first += 1
            low = lows[first]
        while first:
            high = lows[first - 1]
            if high > limit:
                break
            first -= 1
            low = high
        paper = before
        # How far from ``high`` to ``low`` brightness falls to the limit.
        if first:
            paper += (first << 8) + 128
            if low < limit:
                paper += ((high - limit) << 8) // (high - low) - 256
        box[side] = paper
    end -= 1
    low = lows[end]
    paper = lows[last]
    high = lows[last - 1]
    if high > paper:
        paper = high
    if paper > (pen if end < last else least):
        limit = (pen + paper) >> 1
        while low > limit and end > first:
            end -= 1
            low = lows[end]
        while end < last:
            high = lows[end + 1]
            if high > limit:
                break
            end += 1
            low = high
        paper = before + (end + 1 << 8)
        if end < last:
            paper -= 128
            if low < limit:
                paper += 256 - ((high - limit) << 8) // (high - low)
        box[side + 2] = paper


def largest_step(values, enough):
    """The largest difference of neighbours, or the first from ``enough`` on."""
    largest = 0
    before = values[0]
    for value in values:
        step = value - before if value > before else before - value
        if step > largest:
            if step >= enough:
                return step
            largest = step
        before = value
    return largest
