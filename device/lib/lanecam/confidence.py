# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""From the margin between the two best logits to the chance that the best one is right.

A table beside the model (``digits.conf`` for ``digits.lanes``) says what camera pictures held out
of training gave; without one it is the softmax with the temperature in the model file, which was
fitted on plain digits. Format: docs/calibration.md.
"""

from math import exp

from lanecam.errors import ModelError

MARK = "lanewise-confidence 1 "
MOST_KNOTS = 32


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


def confidence_for(model, path):
    """A ``Table`` from beside the model file at ``path``, else a ``Softmax``.

    A table made for another model is passed over; ModelError if it cannot be understood.
    """
    name = path[: -len(".lanes")] + ".conf" if path.endswith(".lanes") else path + ".conf"
    try:
        file = open(name)
    except OSError:
        return Softmax(model.reject_margin, model.logits_per_nat)
    try:
        table = read_table(file, crc_of(path))
    except (ValueError, IndexError):
        raise ModelError("%s is no table of confidence; copy it again or remove it" % name)
    finally:
        file.close()
    return table or Softmax(model.reject_margin, model.logits_per_nat)


def read_table(lines, crc):
    """The ``Table`` in lines of text, None if it is for another model; ValueError if it is bad."""
    margins = []
    chances = []
    reject = None
    for number, line in enumerate(lines):
        line = line.strip()
        if number == 0:
            if not line.startswith(MARK):
                raise ValueError
            if line[len(MARK) :] != crc:
                return None
        elif number == 1:
            name, value = line.split(" ")
            if name != "reject":
                raise ValueError
            reject = int(value)
        elif line:
            margin, chance = line.split(" ")
            margins.append(int(margin))
            chances.append(int(chance))
    count = len(margins)
    good = 2 <= count <= MOST_KNOTS and margins[0] == 0 and reject is not None and reject >= 0
    for place in range(1, count):
        good = good and margins[place - 1] < margins[place] < 1 << 30
        good = good and chances[place - 1] <= chances[place]
    if not good or chances[0] < 0 or chances[-1] > 1000:
        raise ValueError
    return Table(reject, margins, chances)


def crc_of(path):
    """The CRC-32 at the end of a ``.lanes`` file, eight hexadecimal digits."""
    with open(path, "rb") as file:
        file.seek(file.seek(0, 2) - 4)
        low = file.read(4)
    return "%02x%02x%02x%02x" % (low[3], low[2], low[1], low[0])
