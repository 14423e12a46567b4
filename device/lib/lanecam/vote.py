# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A vote over frames: the mean of the logits while the same thing stays in the same place.

The mean, not the sum: noise averages out, but the same page seen four times is not four times the
evidence, so the confidence stays what it is for one frame (docs/calibration.md has both measured).
"""

FINE = 4
"""The mean is kept in 1/16 of a logit."""
CONTRARY = 2
"""So many frames in a row that clearly read another digit begin a new vote, or a very clear one."""


class Vote:
    """Running mean over the last ``window`` frames, older ones fading; no garbage.

    ``logits``: the mean, a list of integers; ``frames``: how many are in it, up to ``window``.
    """

    def __init__(self, labels, window):
        self.window = window
        self.logits = [0] * labels
        self.frames = 0
        self._fine = [0] * labels
        self._box = None
        self._contrary = 0

    def clear(self):
        """Forget all frames: what was seen is gone."""
        self.frames = 0
        self._box = None
        self._contrary = 0

    def add(self, logits, box, best, sure):
        """Take in a frame; ``best``: its own best index, ``sure``: by so many of the least margin.

        A page that is changed has most often more than ``CONTRARY`` of them, noise less.
        """
        if self._box is not None and moved(self._box, box):
            self.clear()
        self._box = box
        if self.frames and sure and best != index_of_largest(self.logits):
            self._contrary += sure
            if self._contrary >= CONTRARY:
                self.clear()
                self._box = box
        else:
            self._contrary = 0
        if self.frames < self.window:
            self.frames += 1
        frames = self.frames
        fine = self._fine
        mean = self.logits
        for index in range(len(mean)):
            value = logits[index] << FINE
            if frames > 1:
                value = fine[index] + (value - fine[index]) // frames
            fine[index] = value
            mean[index] = (value + 8) >> FINE


def index_of_largest(values):
    """The first of equals."""
    best = 0
    for index in range(1, len(values)):
        if values[index] > values[best]:
            best = index
    return best


def moved(before, now):
    """Is ``now`` another thing than ``before``? Boxes are (x, y, width, height).

    Its middle went by more than a third of the larger side, or that side changed by a third.
    """
    side = max(before[2], before[3])
    if abs(max(now[2], now[3]) - side) * 3 > side:
        return True
    across = abs(2 * now[0] + now[2] - 2 * before[0] - before[2])
    down = abs(2 * now[1] + now[3] - 2 * before[1] - before[3])
    return max(across, down) * 3 > 2 * side
