# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Which multiples of its kernels a convolution in lanes holds: time against memory.

An input of value ``v`` adds ``v`` times its kernel. All multiples would be the fastest, and too
long for a board. So a convolution may hold a few odd multiples and keep accumulators for several
powers of two (at the end each is doubled into the next): with kernels times 1 and 3 and powers 1,
2, 4, 8 most values still take a single addition.
"""

ROOM = 40 * 1024
"""Bytes that all convolutions of a model together may take for kernels and windows."""

VIEW = 48
"""Bytes of an array object without its elements, on a board."""


class Plan:
    """``multiples`` of the kernels, ``powers`` of two with accumulators of their own."""

    def __init__(self, multiples, powers, most):
        self.multiples = multiples
        self.powers = powers
        self.most = most
        # What a value is made of: (number of the power, number of the multiple), largest first.
        made = []
        for power in range(powers):
            for number, multiple in enumerate(multiples):
                made.append((multiple << power, power, number))
        made.sort()
        made.reverse()
        self.parts = [()]
        for value in range(1, most + 1):
            parts = []
            while value:
                for product, power, number in made:
                    if product <= value:
                        parts.append((power, number))
                        value -= product
                        break
            self.parts.append(tuple(parts))

    def additions(self):
        """Mean additions for an input, small values taken as more likely than large ones."""
        total = 0
        weight = 0
        for value in range(1, self.most + 1):
            total += len(self.parts[value]) * 840 // value
            weight += 840 // value
        return total / max(weight, 1)

    def bytes_of(self, table, windows):
        """Bytes that the plan takes, of those of one multiple and of one power."""
        return table * len(self.multiples) + windows * self.powers


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
    return found


def choose_plans(needs, room=None):
    """A plan for each convolution, such that all together fit into ``room``.

    needs: for each (largest input, bytes of one multiple, bytes of the windows of one power,
    whether it reads a single channel).
    While they do not fit, the longest one takes its next shorter plan.
    """
    room = ROOM if room is None else room
    choices = []
    for most, table, windows, alone in needs:
        bits = 1
        while most >> bits:
            bits += 1
        open_plans = []
        for plan in plans(most, bits, alone):
            size = plan.bytes_of(table, windows)
            if not open_plans or size < open_plans[-1][0]:
                open_plans.append((size, plan))
        choices.append(open_plans)
    while sum([choice[0][0] for choice in choices]) > room:
        longest = None
        for choice in choices:
            if len(choice) > 1 and (longest is None or choice[0][0] > longest[0][0]):
                longest = choice
        if longest is None:
            break
        longest.pop(0)
    return [choice[0][1] for choice in choices]
