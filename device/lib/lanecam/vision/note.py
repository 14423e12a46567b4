# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A small note on a dark table, or a dark card on a light one: the table is given its brightness.

Beside a dark table the strokes on a light note are no darker than what lies around, and the note
itself is a light stroke. On a lifted table only the pen is left. A dark card with light strokes on
a light table is the reverse of it. Works on the 20 x 15 tiles.
"""

from lanecam.vision.grid import ALL, TILES_HIGH, TILES_WIDE

PLACES = bytes([y * TILES_WIDE + x for y in (7, 5, 9, 3, 11) for x in (10, 7, 13, 4, 16)])
ROW = 7 * TILES_WIDE
"""The row in the middle."""
LEAST_PLACES = 5
"""A note holds so many of these tiles; of strokes of chalk hardly any."""
DARK = 7
"""Three corners have less than so many 16ths of the note's light, or there is no dark table."""
BRIGHT = 32640 * DARK // 16 + 1
"""Two corners so bright are no dark table, whatever the note's light."""
BLACK = 11
"""A dark card has less than so many 16ths of the light of three corners"""
LEAST_BLACK = 6
"""in so many places, two of them in the middle row."""
MIDDLE = PLACES[:5]
SIDES = PLACES[5:15]
MOST_DIM = 6
"""Of every eleventh tile so many lie between table and note in light; more do in a shadow."""
LEAST_TILES = 36
LEAST_SIDE = 5
"""A smaller or narrower patch is no note but a thick light stroke, perhaps."""
LEAST_FILL = 11
"""A note fills so many 16ths of the box around it; light digits on a board fill less."""
LEAST_PAPER = 3
"""A note has so many times more paper than pen; a light 0 is dark inside."""
LARGE = 90
"""A card of fewer tiles is no narrower than tall, as bold digits are that come near to filling
their box. It has five times more paper than pen, or fills its box."""
MOST_BORDER = 16
"""A light area with more tiles at the picture's border is no note: a lamp lights it, perhaps."""

_SPANS = [0] * (TILES_HIGH + 1)
"""Of each row 32 times its first light tile and the one after its last; 0: none, as in the last."""
_NO_SPANS = tuple(_SPANS)


def lift_table(planes):
    """If the tiles of ``planes`` show a note or a card, change the table's; returns whether."""
    tiles = planes.tiles
    one = tiles[0]
    two = tiles[TILES_WIDE - 1]
    three = tiles[-TILES_WIDE]
    four = tiles[-1]
    # The second darkest and the second lightest of the corners, without a list.
    if one > two:
        one, two = two, one
    if three > four:
        three, four = four, three
    bright = one if one > three else three
    dark = two if two < four else four
    if dark < bright:
        dark, bright = bright, dark
    if dark < BRIGHT:
        light = lightest(tiles)
        if 16 * dark < DARK * light:
            return has_note(tiles, dark + light >> 1) and lift(planes, dark, light, False)
    dark = BLACK * bright >> 4
    if tiles[ROW + 10] >= dark and tiles[ROW + 7] >= dark and tiles[ROW + 13] >= dark:
        return False  # as most pages
    if has_card(tiles, dark):
        return lift(planes, bright, darkest(tiles), True)
    return False


def lightest(tiles):
    """The lightest tile of ``PLACES``."""
    light = 0
    for place in PLACES:
        tile = tiles[place]
        if tile > light:
            light = tile
    return light


def darkest(tiles):
    """The darkest tile of ``PLACES``."""
    dark = tiles[ROW]
    for place in PLACES:
        tile = tiles[place]
        if tile < dark:
            dark = tile
    return dark


def has_note(tiles, limit):
    """Whether so many tiles are as light as ``limit`` that there may be a note."""
    count = LEAST_PLACES
    for place in PLACES:
        if tiles[place] >= limit:
            count -= 1
            if not count:
                return True
    return False


def has_card(tiles, limit):
    """Whether so many tiles are darker than ``limit`` that there may be a card."""
    count = LEAST_BLACK
    for place in MIDDLE:
        if tiles[place] < limit:
            count -= 1
    if count > LEAST_BLACK - 2:
        return False
    for place in SIDES:
        if tiles[place] < limit:
            count -= 1
    return count <= 0


def lift(planes, table, light, is_card):
    """Change the table's tiles if a note of this light, or a card, lies on it; returns whether."""
    tiles = planes.tiles
    limit = table + light >> 1
    shade = planes.shade(limit, is_card)
    if not is_note(shade, is_card):
        return False
    dim = table + (limit - table >> 2)
    if is_card:
        dim, limit = limit + 1, dim + 1
    count = MOST_DIM
    for place in range(2, TILES_WIDE * TILES_HIGH, 11):
        if dim <= tiles[place] < limit:
            count -= 1
    if count < 0:
        return False
    planes.lift(take_note(shade, tiles, planes.along))
    return True


def is_note(shade, is_card):
    """Whether the parts of the rows that are not shade make a note, or a card; fills ``_SPANS``."""
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
    paper = shade.count(b"\x00")
    if (LEAST_PAPER + 1) * paper < LEAST_PAPER * area:
        return False
    if is_card:
        if area < LARGE and wide + 1 < tall:
            return False
        if 6 * paper < 5 * area and 16 * area < 15 * tall * wide:
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
