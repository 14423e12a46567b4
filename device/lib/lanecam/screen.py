# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What a display shows: the frame with the box, the model's view, the digit, how sure it is.

Drawn for 160x120 and doubled where there is room. Faults are shown in words over all of it.
"""

import bitmaptools
import displayio
import terminalio

WIDE = 40
HIGH = 30
"""The frame is shown with so many pixels, doubled."""
LETTER = 6
LINE = 12
COLUMNS = 26
BASE = 10
"""Pixels from the top of a line of text to the line that letters stand on."""
BAR = 104


def open_screen(pins, settings):
    """A ``Screen`` on the display that settings.toml names; SettingError if there is none such."""
    from lanecam.panels import open_panel

    return Screen(open_panel(pins, settings))


def palette(*colours):
    """A palette; None is a colour to look through."""
    made = displayio.Palette(len(colours))
    for place in range(len(colours)):
        if colours[place] is None:
            made.make_transparent(place)
        else:
            made[place] = colours[place]
    return made


class Text:
    """Lines of letters in a bitmap of two colours."""

    def __init__(self, columns, lines, shader):
        self.columns = columns
        self.lines = lines
        self.bitmap = displayio.Bitmap(columns * LETTER, lines * LINE, 2)
        self.grid = displayio.TileGrid(self.bitmap, pixel_shader=shader)
        self._shown = None

    def write(self, text):
        """Show ``text``, broken between words; nothing is drawn if it is there already."""
        if text == self._shown:
            return
        self._shown = text
        self.bitmap.fill(0)
        column = line = 0
        for word in text.split(" "):
            if column and column + len(word) > self.columns:
                column = 0
                line += 1
            for letter in word:
                if column == self.columns:
                    column = 0
                    line += 1
                if line == self.lines:
                    return
                self._draw(letter, column * LETTER, line * LINE)
                column += 1
            column += 1

    def _draw(self, letter, x, y):
        glyph = terminalio.FONT.get_glyph(ord(letter))
        if glyph is None:
            return
        left = glyph.tile_index * glyph.width
        bitmaptools.blit(
            self.bitmap,
            glyph.bitmap,
            x + glyph.dx,
            y + max(0, BASE - glyph.dy - glyph.height),
            x1=left,
            y1=0,
            x2=left + glyph.width,
            y2=glyph.height,
        )


class Screen:
    """Shows readings and faults; all bitmaps are made here, once, but that of the model's view."""

    def __init__(self, display):
        self.display = display
        white = palette(0x000000, 0xFFFFFF)
        self._frame = displayio.Bitmap(WIDE, HIGH, 256)
        self._luma = bytearray(WIDE * HIGH)
        self._box = displayio.Bitmap(WIDE, HIGH, 2)
        grey = displayio.ColorConverter(input_colorspace=displayio.Colorspace.L8)
        doubled = displayio.Group(scale=2)
        doubled.append(displayio.TileGrid(self._frame, pixel_shader=grey))
        doubled.append(displayio.TileGrid(self._box, pixel_shader=palette(None, 0xFF3030)))
        self._ink = None
        self._ink_most = 0
        self._ink_place = displayio.Group(x=92, y=2)
        self._digit = Text(6, 1, white)
        self._large = large = displayio.Group(scale=3, x=4, y=62)
        large.append(self._digit.grid)
        self._bar = displayio.Bitmap(BAR, 8, 3)
        bar = displayio.TileGrid(
            self._bar, pixel_shader=palette(0x303030, 0x30D030, 0xE0A020), x=40, y=66
        )
        self._words = Text(COLUMNS, 2, white)
        words = displayio.Group(x=2, y=96)
        words.append(self._words.grid)
        self._sure = Text(17, 1, white)
        sure = displayio.Group(x=40, y=78)
        sure.append(self._sure.grid)
        self._fault = Text(COLUMNS, 10, palette(0x600000, 0xFFFFFF))
        self._fault.grid.hidden = True
        root = displayio.Group(scale=max(1, min(display.width // 160, display.height // 120)))
        for part in (doubled, self._ink_place, large, bar, sure, words, self._fault.grid):
            root.append(part)
        display.root_group = root

    def show(self, reader, reading, frame_ms, damage):
        """A reading; ``frame_ms``: time from frame to frame; ``damage``: of the link, or None."""
        self._fault.grid.hidden = True
        self._show_frame(reader.vision, reading)
        self._show_ink(reader, reading)
        digit = reading.digit or ("?" if reading.guess else "-")
        self._large.scale = 3 if len(digit) < 3 else 2 if len(digit) == 3 else 1  # 36 pixels
        self._digit.write(digit)
        sure = int(reading.confidence * BAR)
        self._bar.fill(0)
        if sure:
            colour = 1 if reading.digit else 2
            bitmaptools.fill_region(self._bar, 0, 0, sure, 8, colour)
        self._sure.write("%d %%" % int(reading.confidence * 100 + 0.5) if reading.guess else "")
        if damage:
            self._words.write(damage)
        else:
            words = "" if reading.digit else reading.outcome + ", "
            tenths = 10000 // frame_ms if frame_ms else 0
            self._words.write("%s%d.%d frames/s" % (words, tenths // 10, tenths % 10))
        self.display.refresh()

    def fault(self, words):
        """What is wrong, in words."""
        self._fault.write(words)
        self._fault.grid.hidden = False
        self.display.refresh()

    def _show_frame(self, vision, reading):
        step = vision.width // WIDE
        luma = vision.planes.luma
        frame = vision.planes.frame
        for y in range(HIGH):
            luma.row(frame, y * step * vision.width, WIDE, step, self._luma, y * WIDE)
        bitmaptools.arrayblit(self._frame, self._luma)
        self._box.fill(0)
        for _, _, box in reading.figures:
            self._draw_box(box, step)
        if reading.box and not reading.figures:
            self._draw_box(reading.box, step)

    def _draw_box(self, box, step):
        x0 = box[0] // step
        y0 = box[1] // step
        x1 = min((box[0] + box[2]) // step, WIDE - 1)
        y1 = min((box[1] + box[3]) // step, HIGH - 1)
        for x, y, to_x, to_y in (
            (x0, y0, x1, y0),
            (x0, y1, x1, y1),
            (x0, y0, x0, y1),
            (x1, y0, x1, y1),
        ):
            bitmaptools.draw_line(self._box, x, y, to_x, to_y, 1)

    def _show_ink(self, reader, reading):
        """What the model was given, 56 pixels across; hidden when it was not asked."""
        cells = reader.model.width
        most = (1 << reader.model.input_bits) - 1
        if self._ink is None or self._ink.width != cells or self._ink_most != most:
            self._ink = displayio.Bitmap(cells, cells, 256)
            self._ink_most = most
            shades = [0x010101 * (255 - 255 * level // most) for level in range(most + 1)]
            while len(self._ink_place):
                self._ink_place.pop()
            group = displayio.Group(scale=max(1, 56 // cells))
            group.append(displayio.TileGrid(self._ink, pixel_shader=palette(*shades)))
            self._ink_place.append(group)
        self._ink_place.hidden = reading.logits is None
        if reading.logits is not None:
            bitmaptools.arrayblit(self._ink, reader.vision.ink)
