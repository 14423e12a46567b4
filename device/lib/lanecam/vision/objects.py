# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Finds the things on the page: connected ink, specks and lines dropped, a digit's pieces joined.

Ink is a mask of 20 x 15 tiles. When nearly all of it lies in a box that grows around some of it,
that is the object. Otherwise its rows are cut into runs of ink; a run that touches a run of the row
above, diagonals included, belongs to the same piece.
"""

from array import array

from lanecam.vision.grid import ALL, TILES_HIGH, TILES_WIDE

MOST_PIECES = 16
LINE_WIDTH = 1
"""A piece no wider, long, that ends at the border is a line."""
LEAST_FRAME = 8
"""An object no wider is not a frame around a digit."""
MIDDLE = 7 * TILES_WIDE
"""Where ink is looked for first: a digit is seldom elsewhere altogether."""
MOST_SEEDS = 3
"""So many specks are found before it."""
LEAST_PART = 12
"""What has more than one so-many-th of all ink is not a speck beyond a gap."""
MOST_PARTS = 4
"""An object of more pieces is noise."""


class Objects:
    """Objects in one mask after another; buffers are made once.

    ``found`` lists ``[ink, x0, y0, x1, y1]``: an object's ink, in eighths of contrast, and its box
    in tiles (ends exclusive); the one of most ink comes first. ``total`` is the ink of all pieces,
    lines and desk included, or a little less.
    """

    FAINT = 6
    """Pieces of less than one so-many-th of the first object's ink are left."""

    def __init__(self):
        self.found = []
        self.total = 0
        self._parent = bytearray(MOST_PIECES)
        self._x0 = bytearray(MOST_PIECES)
        self._y0 = bytearray(MOST_PIECES)
        self._x1 = bytearray(MOST_PIECES)
        self._y1 = bytearray(MOST_PIECES)
        self._area = array("h", bytes(2 * MOST_PIECES))
        self._ink = array("h", bytes(2 * MOST_PIECES))
        self._contact = bytearray(MOST_PIECES)  # tiles along the picture's border
        self._pieces = 0
        self._left = []
        self._only = [0] * 5
        # Start, end (exclusive) and piece of each run of this row and of the row above.
        self._runs = bytearray(3 * (TILES_WIDE // 2 + 1))
        self._above = bytearray(3 * (TILES_WIDE // 2 + 1))

    def find(self, mask, along, down, total):
        """Fill ``found``; False when there are more pieces than can be kept.

        along, down, total: sums of the ink's contrast, from the left of each row and the top of
        each column on, and of all ink.
        """
        self.found.clear()
        self.total = 0
        if not total:
            return True  # dark and light that add up to nothing
        seed = mask.find(b"\x01", MIDDLE)
        if seed < 0:
            seed = mask.find(b"\x01")
            if seed < 0:
                return True
        found = self._only
        for _ in range(MOST_SEEDS):
            ink = self._stretch(seed, total, along, down)
            if 16 * ink >= 15 * total or (
                5 * ink >= 4 * total and found[3] - found[1] <= found[4] - found[2]
            ):
                break
            if 8 * ink > total:
                return self._find_pieces(mask, along)
            seed = mask.find(b"\x01", found[4] * TILES_WIDE)
            if seed < 0:
                seed = mask.find(b"\x01")
        else:
            return self._find_pieces(mask, along)
        # Hardly any ink is beside one object off the border.
        at = (found[2] + found[4]) // 2 * TILES_WIDE
        if found[3] - found[1] > LEAST_FRAME and mask.count(b"\x00\x01", at, at + TILES_WIDE) > 2:
            return self._find_pieces(mask, along)
        found[0] = ink
        self.total = total
        self.found.append(found)
        return True

    def _find_pieces(self, mask, along):
        """Find the objects among pieces of connected ink; False if there are too many."""
        if not self._collect(mask, along):
            return False
        found = self.found
        for box in found[ALL]:
            wide = box[3] - box[1]
            tall = box[4] - box[2]
            # Beside something else: an underline, a bar.
            if len(found) > 1 and (tall < 3 and wide > 5 or wide < 3 and tall > 11):
                self.total -= box[0]
                found.remove(box)
        return True

    def _collect(self, mask, along):
        """Add the objects among the pieces of connected ink; False if there are too many."""
        if not self._label(mask, along):
            return False
        left = self._left
        left.clear()
        for piece in range(self._pieces):
            if self._is_candidate(piece):
                left.append(piece)
        while left:
            found = self._take_largest(left)
            if found:
                self.found.append(found)
        return True

    def _stretch(self, seed, total, along, down):
        """Set ``_only`` to the box of ink around some of it; returns its ink, 0 at the border.

        The stretches of rows and columns with ink, and where that is not nearly all what is along
        the box's sides, diagonals included, or beyond a gap of one tile.
        """
        y0 = y1 = seed // TILES_WIDE
        x0 = x1 = seed - y0 * TILES_WIDE
        at = y0 * TILES_WIDE - 1
        while y0 and along[at]:
            y0 -= 1
            at -= TILES_WIDE
        at = y1 * TILES_WIDE + TILES_WIDE - 1
        while y1 < TILES_HIGH and along[at]:
            y1 += 1
            at += TILES_WIDE
        last = TILES_WIDE * (TILES_HIGH - 1)
        while x0 and down[last + x0 - 1]:
            x0 -= 1
        while x1 < TILES_WIDE and down[last + x1]:
            x1 += 1
        found = self._only
        found[4] = y1
        # Less what has its ink elsewhere.
        at = y0 * TILES_WIDE + x1 - 1
        wide = x1 - x0
        while y0 < y1 and along[at] == (along[at - wide] if x0 else 0):
            y0 += 1
            at += TILES_WIDE
        at = y1 * TILES_WIDE - TILES_WIDE + x1 - 1
        while y0 < y1 and along[at] == (along[at - wide] if x0 else 0):
            y1 -= 1
            at -= TILES_WIDE
        bottom = y1 * TILES_WIDE - TILES_WIDE
        top = y0 * TILES_WIDE - TILES_WIDE
        while x0 < x1 and down[bottom + x0] == (down[top + x0] if y0 else 0):
            x0 += 1
        while x0 < x1 and down[bottom + x1 - 1] == (down[top + x1 - 1] if y0 else 0):
            x1 -= 1
        while True:
            ink = 0
            bottom = y1 * TILES_WIDE - TILES_WIDE
            top = y0 * TILES_WIDE - TILES_WIDE
            for x in range(x0, x1):
                ink += down[bottom + x]
                if y0:
                    ink -= down[top + x]
            if ink < 0:
                ink = -ink
            if not (x0 and y0 and x1 < TILES_WIDE and y1 < TILES_HIGH):
                # The desk, a line or a digit that is cut, unless only a tip comes to the border.
                if x0 == 0 or x1 == TILES_WIDE or y0 == 0 or x1 - x0 < 3 or 5 * ink < 4 * total:
                    return 0
                if 8 * abs(along[bottom + x1 - 1] - along[bottom + x0 - 1]) > ink:
                    return 0
                break
            if 16 * ink >= 15 * total:
                break
            least = total // LEAST_PART
            at = bottom + TILES_WIDE
            if along[at + x1] != (along[at + x0 - 2] if x0 > 1 else 0):
                y1 += 1
                continue
            at += TILES_WIDE
            if y1 + 1 < TILES_HIGH and abs(along[at + x1 - 1] - along[at + x0 - 1]) > least:
                y1 += 2
                continue
            if along[top + x1] != (along[top + x0 - 2] if x0 > 1 else 0):
                y0 -= 1
                continue
            at = top - TILES_WIDE
            if y0 > 1 and abs(along[at + x1 - 1] - along[at + x0 - 1]) > least:
                y0 -= 2
                continue
            at = bottom + TILES_WIDE
            above = top - TILES_WIDE
            if down[at + x1] != (down[above + x1] if y0 > 1 else 0):
                x1 += 1
                continue
            if down[at + x0 - 1] != (down[above + x0 - 1] if y0 > 1 else 0):
                x0 -= 1
                continue
            if x1 - x0 + 2 > y1 - y0:
                break
            if x1 + 1 < TILES_WIDE and abs(down[bottom + x1 + 1] - down[top + x1 + 1]) > least:
                x1 += 2
                continue
            if x0 > 1 and abs(down[bottom + x0 - 2] - down[top + x0 - 2]) > least:
                x0 -= 2
                continue
            break
        found[1] = x0
        found[2] = y0
        found[3] = x1
        found[4] = y1
        return ink

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
        at = limit = other = 0
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
                other = 0
            end = find(b"\x00", start, limit)
            if end < 0:
                end = limit
            first = start - at
            last = end - at
            weight = along[end - 1]
            if first:
                weight -= along[start - 1]
            if weight < 0:
                weight = -weight
            weight >>= 3
            total += weight
            piece = -1
            while other < above_count and above[other + 1] < first:
                other += 3
            while other < above_count and above[other] <= last:
                root = above[other + 2]
                while parent[root] != root:
                    root = parent[root]
                if piece < 0:
                    piece = root
                elif root != piece:
                    piece = self._unite(min(root, piece), max(root, piece))
                if above[other + 1] > last:
                    break  # it may touch the next run as well
                other += 3
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
        if self.found and self.FAINT * self._ink[best] < self.found[0][0]:
            left.clear()  # none comes to a quarter of the first
            return None
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
            if a0 > x1 + 2 or a1 < x0 - 2 or b0 > y1 + 2 or b1 < y0 - 2:
                at += 1  # far away
                continue
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
