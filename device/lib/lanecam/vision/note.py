# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A small light note on a dark table: the table is given the note's brightness.

Beside a table so dark the strokes on the note are no darker than what lies around, and the note
itself is a light stroke. On a lifted table only the pen is left. Works on the 20 x 15 tiles.
"""

from lanecam.vision.grid import ALL, TILES_HIGH, TILES_WIDE

PLACES = bytes([y * TILES_WIDE + x for y in (7, 5, 9, 3, 11) for x in (10, 7, 13, 4, 16)])
LEAST_PLACES = 5
"""A note holds so many of these tiles; of strokes of chalk hardly any."""
DARK = 7
"""Three corners have less than so many 16ths of the note's light, or there is no dark table."""
BRIGHT = 32640 * DARK // 16 + 1
"""Two corners so bright are no table, whatever the note's light."""
MOST_DIM = 6
"""Of every eleventh tile so many lie between table and note in light; more do in a shadow."""
LEAST_TILES = 36
LEAST_SIDE = 5
"""A smaller or narrower patch is no note but a thick light stroke, perhaps."""
LEAST_FILL = 11
"""A note fills so many 16ths of the box around it; light digits on a board fill less."""
LEAST_PAPER = 3
"""A note has so many times more paper than pen; a light 0 is dark inside."""
MOST_BORDER = 16
"""A light area with more tiles at the picture's border is no note: a lamp lights it, perhaps."""

_SPANS = [0] * (TILES_HIGH + 1)
"""Of each row 32 times its first light tile and the one after its last; 0: none, as in the last."""
_NO_SPANS = tuple(_SPANS)


def lift_table(planes):
    """If the tiles of ``planes`` show a note, change those of the table; returns whether."""
    tiles = planes.tiles
    one = tiles[0]
    two = tiles[TILES_WIDE - 1]
    three = tiles[-TILES_WIDE]
    four = tiles[-1]
    # The second lightest of the corners, without a list.
    if one > two:
        one, two = two, one
    if three > four:
        three, four = four, three
    dark = two if two < four else four
    if dark < one:
        dark = one
    if dark < three:
        dark = three
    if dark >= BRIGHT:
        return False
    light = 0
    for place in PLACES:
        tile = tiles[place]
        if tile > light:
            light = tile
    if 16 * dark >= DARK * light:
        return False
    limit = dark + light >> 1
    count = LEAST_PLACES
    for place in PLACES:
        if tiles[place] >= limit:
            count -= 1
            if not count:
                break
    if count:
        return False
    shade = planes.shade(limit)
    if not is_note(shade):
        return False
    dim = dark + (limit - dark >> 2)
    count = MOST_DIM
    for place in range(2, TILES_WIDE * TILES_HIGH, 11):
        if dim <= tiles[place] < limit:
            count -= 1
    if count < 0:
        return False
    planes.lift(take_note(shade, tiles, planes.along))
    return True


def is_note(shade):
    """Whether the light parts of the rows make a note; fills ``_SPANS``.

    shade: 1 where a tile is dark.
    """
    spans = _SPANS
    spans[ALL] = _NO_SPANS
    west = TILES_WIDE
    east = tall = area = 0
    first = shade.find(b"\x00")
    while first >= 0:
        y = first // TILES_WIDE
        row = y * TILES_WIDE
        first -= row
        end = shade.rfind(b"\x00", row, row + TILES_WIDE) - row + 1
        area += end - first
        spans[y] = first << 5 | end
        if first < west:
            west = first
        if end > east:
            east = end
        tall += 1
        first = shade.find(b"\x00", row + TILES_WIDE)
    wide = east - west
    if area < LEAST_TILES or tall < LEAST_SIDE or wide < LEAST_SIDE:
        return False
    if 16 * area < LEAST_FILL * tall * wide:
        return False
    if (LEAST_PAPER + 1) * shade.count(b"\x00") < LEAST_PAPER * area:
        return False
    border = (spans[0] & 31) - (spans[0] >> 5) + (spans[-2] & 31) - (spans[-2] >> 5)
    if not west or east == TILES_WIDE:
        for y in range(1, TILES_HIGH - 1):
            span = spans[y]
            if 0 < span < 32:
                border += 1
            if span & 31 == TILES_WIDE:
                border += 1
    return border <= MOST_BORDER


def take_note(shade, tiles, along):
    """Mark in ``along`` where in each row the note begins and ends; returns the table's new light.

    Tiles at the note's edge are part table, but where they are dark: there is the pen.
    """
    total = count = first = end = above = end_above = 0
    row = -TILES_WIDE
    for span in _SPANS:
        below = span >> 5
        end_below = span & 31
        if end:
            at = row + first
            last = row + end
            if end - first > 2:
                total += tiles[at + 1] + tiles[last - 2]
                count += 2
            west = first + 1
            if west < above:
                west = above
            if west < below:
                west = below
            east = end - 1
            if east > end_above:
                east = end_above
            if east > end_below:
                east = end_below
            if west < east:
                along[row + west] = 1
                along[row + east] = -1
            else:
                west = east = end
            if west - first > 1 or end - east > 1:
                west += row
                east += row
                at = shade.find(b"\x01", at, last)
                while at >= 0:
                    if at < west or at >= east:
                        along[at] += 1
                        at += 1
                        along[at] -= 1
                    else:
                        at = east
                    at = shade.find(b"\x01", at, last)
        above = first
        end_above = end
        first = below
        end = end_below
        row += TILES_WIDE
    return total // count
