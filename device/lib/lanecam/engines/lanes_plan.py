# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Which multiples of its kernels a convolution in lanes holds: time against memory.

An input of value ``v`` adds ``v`` times its kernel. All multiples would be the fastest, and too
long for a board. So a convolution may hold a few odd multiples and keep accumulators for several
powers of two (at the end each is doubled into the next): with kernels times 1 and 3 and powers 1,
2, 4, 8 most values still take a single addition.
"""

ROOM = 96 * 1024
"""Most bytes that the convolutions of a model take together for kernels, windows and lanes."""

VIEW = 48
"""Bytes of an array object without its elements, on a board."""
SLOT = 4
"""Bytes of a place in a list or tuple."""


class Needs:
    """Of a convolution: largest input, bytes of one multiple, bytes of windows and of lanes.

    table, views: of one multiple; windows, lanes: of one power. alone: it reads a single channel.
    in_place: one multiple takes no bytes but those of the weights.
    """

    def __init__(self, most, table, views, windows, lanes, alone, in_place):
        self.most = most
        self.table = table
        self.views = views
        self.windows = windows
        self.lanes = lanes
        self.alone = alone
        self.in_place = in_place


class Plan:
    """``multiples`` of the kernels, ``powers`` of ``2 ** step`` with accumulators of their own."""

    def __init__(self, multiples, powers, most, step=1):
        self.multiples = multiples
        self.powers = powers
        self.most = most
        self.step = step

    def parts(self):
        """What each value is made of: (number of the power, number of the multiple) in tuples."""
        made = []
        for power in range(self.powers):
            for number, multiple in enumerate(self.multiples):
                made.append((multiple << power * self.step, power, number))
        made.sort()
        made.reverse()
        found = [()]
        for value in range(1, self.most + 1):
            parts = []
            while value:
                for product, power, number in made:
                    if product <= value:
                        parts.append((power, number))
                        value -= product
                        break
            found.append(tuple(parts))
        return found

    def bytes_of(self, needs):
        """Bytes of kernels and windows."""
        count = len(self.multiples)
        size = needs.views * count + needs.windows * self.powers
        if count == 1 and needs.in_place:
            return size
        return size + needs.table * count

    def lanes_of(self, needs):
        """Bytes of accumulators, which all convolutions share."""
        return needs.lanes * self.powers


def plans(most, bits, alone):
    """All plans for inputs up to ``most``, the fastest first; ``alone``: of a single channel."""
    if most == 1:
        return [Plan((1,), 1, 1)]
    found = []
    if most <= 15 and alone:
        found.append(Plan(tuple(range(1, most + 1)), 1, most))
    if bits > 2:
        found.append(Plan((1, 3), bits, most))
    found.append(Plan((1,), bits, most))
    if bits > 2:
        # Half of the accumulators, and half as many additions again.
        found.append(Plan((1,), (bits + 1) // 2, most, 2))
    return found


def choose_plans(needs, room=None):
    """A plan for each convolution, such that all together fit into ``room``.

    needs: a ``Needs`` for each. While they do not fit, the one that gains most by it takes its next
    shorter plan.
    """
    room = ROOM if room is None else room
    choices = []
    for need in needs:
        bits = 1
        while need.most >> bits:
            bits += 1
        choices.append(plans(need.most, bits, need.alone))
    while total_bytes(needs, choices) > room:
        best = None
        least = total_bytes(needs, choices)
        for choice in choices:
            if len(choice) > 1:
                first = choice.pop(0)
                total = total_bytes(needs, choices)
                choice.insert(0, first)
                # The first time around, and where lanes are shared, nothing may be gained at once.
                if best is None or total < least:
                    best = choice
                    least = total
        if best is None:
            break
        best.pop(0)
    return [choice[0] for choice in choices]


def total_bytes(needs, choices):
    """Bytes of the first plan of every choice."""
    total = 0
    lanes = 0
    for need, choice in zip(needs, choices):
        total += choice[0].bytes_of(need)
        lanes = max(lanes, choice[0].lanes_of(need))
    return total + lanes
