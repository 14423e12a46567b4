# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Several digits in a row, read from left to right as one number; only imported when asked for."""

from lanecam.clock import elapsed_us, ticks_us
from lanecam.lines import word
from lanecam.reader import Reader, Reading, best_and_margin
from lanecam.vision import outcome
from lanecam.vision.objects import Objects
from lanecam.vote import Vote

MOST_FIGURES = 8
"""More objects side by side are no number."""


class NumberReading(Reading):
    """What one frame said of a number, with those before it.

    As ``Reading``; but outcome: ``NUMBER`` instead of ``DIGIT``; digit and guess: all labels from
    left to right as one text; confidence: the product of theirs; margin, frames: the least of
    theirs; box: around them all; logits: those of the rightmost; figures: a tuple ``(label,
    confidence, box)`` a digit, from left to right, also where one of them is too close to choose.
    """

    def line(self):
        """``NUMBER 407 0.97 ...``"""
        line = "NUMBER %s %.2f margin=%d frames=%d box=%d,%d,%d,%d" % (
            (word(self.digit), self.confidence, self.margin, self.frames) + self.box
        )
        line += " each=" + ",".join(["%.2f" % figure[1] for figure in self.figures])
        line += " boxes=" + "/".join(["%d,%d,%d,%d" % figure[2] for figure in self.figures])
        return line + " ms=%d" % ((self.vision_us + self.network_us) // 1000)


class NumberReader(Reader):
    """A ``Reader`` of numbers of one to ``MOST_FIGURES`` digits; each digit has a vote of its own.

    The votes begin anew when another count of digits is seen, each of them also by itself when its
    digit moves.
    """

    numbers = True

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._reading = NumberReading()
        self.vision.objects = Row()
        self._votes = [self.vote]
        self._count = 0

    def read(self, frame):
        """The ``NumberReading`` of the frame: one object, which the next call writes over."""
        reading = self._reading
        start = ticks_us()
        reading.outcome = self.vision.find(frame)
        reading.vision_us = elapsed_us(start)
        reading.clear()
        boxes = self.vision.boxes
        reading.box = around(boxes)
        if reading.outcome == outcome.SEVERAL:
            if len(boxes) > MOST_FIGURES or not in_a_row(boxes):
                boxes = ()
            elif self.vision.is_cut:
                reading.outcome = outcome.CUT
                boxes = ()
        elif reading.outcome != outcome.DIGIT:
            boxes = ()
        if self._count != len(boxes):
            self._begin(len(boxes))
        if boxes:
            self._read_figures(reading, boxes)
        return reading

    def _begin(self, count):
        """New votes for ``count`` digits."""
        self._count = count
        votes = self._votes
        while len(votes) < count:
            votes.append(Vote(len(self.model.labels), self.vote.window))
        for vote in votes:
            vote.clear()

    def _read_figures(self, reading, boxes):
        """Frame and read one digit after the other."""
        figures = []
        text = ""
        reading.confidence = 1.0
        reading.margin = reading.frames = None
        for place in range(len(boxes)):
            start = ticks_us()
            self.vision.frame_object(place)
            reading.vision_us += elapsed_us(start)
            start = ticks_us()
            reading.logits = self.engine.run(self.vision.ink)
            reading.network_us += elapsed_us(start)
            vote = self._votes[place]
            best, margin = best_and_margin(reading.logits)
            vote.add(reading.logits, boxes[place], best, margin // (self.confidence.reject or 1))
            best, margin = best_and_margin(vote.logits)
            sure = self.confidence.of(margin, vote.logits)
            label = self.model.labels[best]
            figures.append((label, sure, boxes[place]))
            text += label
            reading.confidence *= sure
            if reading.margin is None or margin < reading.margin:
                reading.margin = margin
            if reading.frames is None or vote.frames < reading.frames:
                reading.frames = vote.frames
        reading.figures = figures
        reading.guess = text
        if reading.margin < self.confidence.reject:
            reading.outcome = outcome.UNSURE
        else:
            reading.outcome = outcome.NUMBER
            reading.digit = text


class Row(Objects):
    """Objects in a row: in a smaller hand strokes come apart, and a 1 is small beside an 8.

    Parts one above the other are joined, and what is as tall as half a digit is one.
    """

    FAINT = 99

    def find(self, mask, along, down, total):
        """As ``Objects.find``; no object counts as less ink than a quarter of the most."""
        found = self.found
        del found[:]
        if not self._collect(mask, along):
            return False
        if not found:
            return True
        most = found[0][0]
        tall = max([box[4] - box[2] for box in found if 4 * box[0] >= most])
        at = 1
        while at < len(found):
            for other in range(at):
                if stacked(found[other], found[at], tall):
                    found[other] = united(found[other], found[at])
                    del found[at]
                    at = 0
                    break
            at += 1
        for at in range(len(found) - 1, -1, -1):
            ink, x0, y0, x1, y1 = found[at]
            if 2 * (y1 - y0) < tall:
                del found[at]
            else:
                found[at] = (max(ink, (most + 3) // 4), x0, y0, x1, y1)
        found.sort(reverse=True)
        return True


def stacked(one, other, tall):
    """Whether two boxes ``(area, x0, y0, x1, y1)`` of tiles are parts of one digit so tall."""
    x0, x1 = min(one[1], other[1]), max(one[3], other[3])
    y0, y1 = min(one[2], other[2]), max(one[4], other[4])
    if x1 - x0 > one[3] - one[1] + other[3] - other[1]:
        return False  # a column without ink lies between them
    return y1 - y0 <= tall + 1 and x1 - x0 <= tall and (one[4] <= other[2] or other[4] <= one[2])


def united(one, other):
    """The box of tiles around two."""
    return (
        one[0] + other[0],
        min(one[1], other[1]),
        min(one[2], other[2]),
        max(one[3], other[3]),
        max(one[4], other[4]),
    )


def around(boxes):
    """The box (x, y, width, height) around boxes, None if there are none."""
    if not boxes:
        return None
    x0 = min([box[0] for box in boxes])
    y0 = min([box[1] for box in boxes])
    return (
        x0,
        y0,
        max([box[0] + box[2] for box in boxes]) - x0,
        max([box[1] + box[3] for box in boxes]) - y0,
    )


def in_a_row(boxes):
    """Whether each box, left to right, stands beside the one before.

    Half of the lower is beside it, not more than half of the narrower above or below it, and
    between them there is no room for another digit.
    """
    tall = max([box[3] for box in boxes])
    for place in range(1, len(boxes)):
        x, y, width, height = boxes[place - 1]
        next_x, next_y, next_width, next_height = boxes[place]
        beside = min(y + height, next_y + next_height) - max(y, next_y)
        over = x + width - next_x
        if 2 * beside < min(height, next_height) or 2 * over > min(width, next_width):
            return False
        if -2 * over > 3 * tall:
            return False
    return True
