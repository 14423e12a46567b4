# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""From the margin between the two best logits to the chance that the best one is right.

A table beside the model (``digits.conf`` for ``digits.lanes``) says what camera pictures held out
of training gave; without one it is the softmax with the temperature in the model file, which was
fitted on plain digits. confidence_file.py reads it.
"""

from math import exp


class Table:
    """Chances in thousandths at some margins, straight lines between them, and ``reject``: the
    margin below which a reading is unsure."""

    name = "table"

    def __init__(self, reject, margins, chances):
        self.reject = reject
        self._margins = margins
        self._chances = chances

    def of(self, margin, logits):
        """0..1 for a margin; nothing else of ``logits`` counts."""
        margins = self._margins
        chances = self._chances
        last = len(margins) - 1
        if margin >= margins[last]:
            return chances[last] / 1000
        place = 0
        while margins[place + 1] <= margin:
            place += 1
        low = margins[place]
        rise = (chances[place + 1] - chances[place]) * (margin - low)
        return (chances[place] + rise // (margins[place + 1] - low)) / 1000


class Softmax:
    """The largest of softmax(logits / logits_per_nat), and the reject margin of the model file."""

    name = "softmax"

    def __init__(self, reject, logits_per_nat):
        self.reject = reject
        self._per_nat = logits_per_nat

    def of(self, margin, logits):
        """0..1 for ``logits``."""
        return softmax(logits, self._per_nat)


def softmax(logits, logits_per_nat):
    """Probability of the largest logit: softmax of ``logits / logits_per_nat``."""
    largest = max(logits)
    total = 0.0
    for value in logits:
        total += exp((value - largest) / logits_per_nat)
    return 1.0 / total
