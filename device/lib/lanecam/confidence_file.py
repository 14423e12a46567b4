# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Reads the table of confidence beside a model file. Format: docs/calibration.md."""

from lanecam.confidence import Softmax, Table
from lanecam.errors import ModelError

MARK = "lanewise-confidence 1 "
MOST_KNOTS = 32


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
