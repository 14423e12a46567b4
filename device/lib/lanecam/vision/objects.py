# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Finds the things on the page: connected ink, specks and lines dropped, a digit's pieces joined.

Ink is a mask of 20 x 15 tiles. When all of it lies in one unbroken stretch of columns and one of
rows, that is the object. Otherwise its rows are cut into runs of ink; a run that touches a run of
the row above, diagonals included, belongs to the same piece.
"""

from array import array

from lanecam.vision.grid import ALL, TILES_HIGH, TILES_WIDE

MOST_PIECES = 40
LINE_WIDTH = 1
"""A piece no wider, long, that ends at the border is a line."""
MOST_BAR = 2
LEAST_UNDERLINE = 6
LEAST_BAR = 12
"""Beside something else, what is so long and no wider is a line."""
LEAST_FRAME = 8
"""An object no wider is not a frame around a digit."""
MOST_PARTS = 4
"""An object of more pieces is noise."""


class Objects:
    """Objects in one mask after another; buffers are made once.

    ``found`` lists ``[ink, x0, y0, x1, y1]``: an object's ink, in eighths of contrast, and its box
    in tiles (ends exclusive); the one of most ink comes first. ``total`` is the ink of all pieces,
    lines and desk included, or a little less.
    """

    def __init__(self):
        self.found = []
        self.total = 0
        self._parent = array("h", bytes(2 * MOST_PIECES))
        self._x0 = array("h", bytes(2 * MOST_PIECES))
        self._y0 = array("h", bytes(2 * MOST_PIECES))
        self._x1 = array("h", bytes(2 * MOST_PIECES))
        self._y1 = array("h", bytes(2 * MOST_PIECES))
        self._area = array("h", bytes(2 * MOST_PIECES))
        self._ink = array("h", bytes(2 * MOST_PIECES))
        self._contact = array("h", bytes(2 * MOST_PIECES))  # tiles along the picture's border
        self._pieces = 0
        self._left = []
        self._only = [0] * 5
        # Start, end (exclusive) and piece of each run of this row and of the row above.
        self._runs = array("h", bytes(6 * (TILES_WIDE // 2 + 1)))
        self._above = array("h", bytes(6 * (TILES_WIDE // 2 + 1)))

    def find(self, mask, along, down):
        """Fill ``found``; False when there are more pieces than can be kept.

        along, down: sums of the ink's contrast, from the left of each row and the top of each
        column on.
        """
        del self.found[ALL]
        if self._find_only(mask, along, down):
            return True
        if not self._collect(mask, along):
            return False
        for box in self.found[ALL]:
            _, x0, y0, x1, y1 = box
            if len(self.found) > 1 and (
                y1 - y0 <= MOST_BAR
                and x1 - x0 >= LEAST_UNDERLINE
                or x1 - x0 <= MOST_BAR
                and y1 - y0 >= LEAST_BAR
            ):
                self.total -= box[0]
                self.found.remove(box)
        return True

    def _collect(self, mask, along):
        """Add the objects among the pieces of connected ink; False if there are too many."""
        if not self._label(mask, along):
            return False
        left = self._left
        del left[ALL]
        for piece in range(self._pieces):
            if self._is_candidate(piece):
                left.append(piece)
        while left:
            found = self._take_largest(left)
            if found:
                self.found.append(found)
        return True

    def _find_only(self, mask, along, down):
        """Whether there is no ink or all in one stretch of rows and columns, off the border."""
        self.total = 0
        first = mask.find(b"\x01")
        if first < 0:
            return True
        y0 = first // TILES_WIDE
        y1 = mask.rfind(b"\x01") // TILES_WIDE + 1
        last = TILES_WIDE * (TILES_HIGH - 1)
        if y0 == 0 or y1 == TILES_HIGH or down[last] or down[last + TILES_WIDE - 1]:
            return False
        at = y1 * TILES_WIDE - 1
        while at > first:
            if not along[at]:
                return False
            at -= TILES_WIDE
        x0 = last + 1
        while not down[x0]:
            x0 += 1
            if x0 == TILES_WIDE * TILES_HIGH:
                return False
        x1 = x0 + 1
        while down[x1]:
            x1 += 1
        for at in range(x1 + 1, last + TILES_WIDE - 1):
            if down[at]:
                return False
        x0 -= last
        x1 -= last
        at = (y0 + y1) // 2 * TILES_WIDE
        if x1 - x0 > LEAST_FRAME and mask.count(b"\x00\x01", at, at + TILES_WIDE) > 2:
            return False
        self.total = (x1 - x0) * (y1 - y0)
        found = self._only
        found[0] = self.total
        found[1] = x0
        found[2] = y0
        found[3] = x1
        found[4] = y1
        self.found.append(found)
        return True

    def _label(self, mask, along):
        """Collect pieces of connected ink; False if there are too many to keep."""
        # One long function with locals: a call for each run would double its cycles.
        parent = self._parent
        x0 = self._x0
        x1 = self._x1
        y1 = self._y1
        area = self._area
        ink = self._ink
        contact = self._contact
        runs = self._runs
        above = self._above
        find = mask.find
        count = above_count = pieces = total = 0
        row = -1
        at = limit = 0
        start = find(b"\x01")
        while start >= 0:
            if start >= limit:
                y = start // TILES_WIDE
                runs, above = above, runs
                above_count = count if y == row + 1 else 0
                count = 0
                row = y
                at = y * TILES_WIDE
                limit = at + TILES_WIDE
            end = find(b"\x00", start, limit)
            if end < 0:
                end = limit
            first = start - at
            last = end - at
            weight = along[end - 1]
            if first:
                weight -= along[start - 1]
            weight = abs(weight) >> 3
            total += weight
            piece = -1
            for other in range(0, above_count, 3):
                if above[other] <= last and first <= above[other + 1]:
                    root = above[other + 2]
                    while parent[root] != root:
                        root = parent[root]
                    if piece < 0:
                        piece = root
                    elif root != piece:
                        piece = self._unite(min(root, piece), max(root, piece))
            if piece < 0:
                if pieces == MOST_PIECES:
                    return False
                piece = pieces
                pieces += 1
                parent[piece] = piece
                x0[piece] = first
                x1[piece] = last
                self._y0[piece] = row
                area[piece] = last - first
                ink[piece] = weight
                contact[piece] = 0
            else:
                if first < x0[piece]:
                    x0[piece] = first
                if last > x1[piece]:
                    x1[piece] = last
                area[piece] += last - first
                ink[piece] += weight
            y1[piece] = row + 1
            if row == 0 or row == TILES_HIGH - 1:
                contact[piece] += last - first
            else:
                if first == 0:
                    contact[piece] += 1
                if last == TILES_WIDE:
                    contact[piece] += 1
            runs[count] = first
            runs[count + 1] = last
            runs[count + 2] = piece
            count += 3
            start = find(b"\x01", end)
        self._pieces = pieces
        self.total = total
        return True

    def _unite(self, keep, gone):
        """Make piece ``gone`` part of ``keep``, which it is returned as."""
        self._parent[gone] = keep
        self._x0[keep] = min(self._x0[keep], self._x0[gone])
        self._y0[keep] = min(self._y0[keep], self._y0[gone])
        self._x1[keep] = max(self._x1[keep], self._x1[gone])
        self._y1[keep] = max(self._y1[keep], self._y1[gone])
        self._area[keep] += self._area[gone]
        self._ink[keep] += self._ink[gone]
        self._contact[keep] += self._contact[gone]
        return keep

    def _is_candidate(self, piece):
        """A piece of its own that is neither a line nor the desk."""
        if self._parent[piece] != piece:
            return False
        contact = self._contact[piece]
        if not contact:
            return True
        wide = self._x1[piece] - self._x0[piece]
        tall = self._y1[piece] - self._y0[piece]
        # The desk lies along the border, and printed lines run into it, some of them aslant; of a
        # digit that is cut, strokes cross it.
        area = self._area[piece]
        if min(wide, tall) <= LINE_WIDTH or 6 * area < wide * tall:
            return False
        if area <= wide + tall and (wide == TILES_WIDE or tall == TILES_HIGH):
            return False
        return 2 * contact < TILES_HIGH and 2 * contact < area

    def _take_largest(self, left):
        """Remove the piece of most ink from ``left``, with what belongs to it: area and box."""
        best = left[0]
        for piece in left:
            if self._ink[piece] > self._ink[best]:
                best = piece
        left.remove(best)
        ink = self._ink[best]
        x0 = self._x0[best]
        y0 = self._y0[best]
        x1 = self._x1[best]
        y1 = self._y1[best]
        at = 0
        parts = 1
        while at < len(left):
            piece = left[at]
            a0 = self._x0[piece]
            b0 = self._y0[piece]
            a1 = self._x1[piece]
            b1 = self._y1[piece]
            if max(a0 - x0, b0 - y0, x1 - a1, y1 - b1) < 0 and 3 * (y1 - y0) >= b1 - b0:
                self.total -= self._ink[piece]  # a frame around the digit
                del left[at]
            elif min(a0 - x0, b0 - y0, x1 - a1, y1 - b1) > 0 and 3 * (b1 - b0) >= y1 - y0:
                self.total -= self._ink[best]
                return None
            elif belongs(x0, y0, x1, y1, a0, b0, a1, b1):
                x0 = min(x0, a0)
                y0 = min(y0, b0)
                x1 = max(x1, a1)
                y1 = max(y1, b1)
                ink += self._ink[piece]
                parts += 1
                del left[at]
                at = 0
            else:
                at += 1
        if 5 * self._ink[best] < 2 * ink or parts > MOST_PARTS:
            return None
        return [ink, x0, y0, x1, y1]


def belongs(x0, y0, x1, y1, a0, b0, a1, b1):
    """Whether a piece (a0, b0, a1, b1) is part of the digit in the box (x0, y0, x1, y1).

    It is when it lies within an eighth of the digit's larger side and is a small part, lies above
    or below, or leaves the digit no wider than tall: two digits side by side are wider.
    """
    side = max(x1 - x0, y1 - y0)
    gap_x = max(x0, a0) - min(x1, a1)
    gap_y = max(y0, b0) - min(y1, b1)
    if 8 * max(gap_x, gap_y) > side + 4:
        return False
    if a1 - a0 == 1 and b1 - b0 == 1 and max(gap_x, gap_y) > 0:
        return False
    if gap_x <= 0 or 2 * max(a1 - a0, b1 - b0) < side:
        return True
    return max(x1, a1) - min(x0, a0) <= max(y1, b1) - min(y0, b0)
