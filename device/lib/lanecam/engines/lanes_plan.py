# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Which multiples of its kernels a convolution in lanes holds: time against memory.

An input of value ``v`` adds ``v`` times its kernel. All multiples would be the fastest, and too
long for a board. So a convolution may hold few multiples, and several accumulators that count as
often as their weight says: at the end each is multiplied by it and added to the first. With kernels
times 1 and 3 and accumulators of weight 1, 2, 4 and 5 the values 1 to 6, 12 and 15 take a single
addition, all others two: 1.23 on average in the zoo (weights of 1, 2, 4 and 8: 1.33).
"""

ROOM = 96 * 1024
"""Most bytes that the convolutions of a model take together for kernels, windows and lanes."""

VIEW = 48
"""Bytes of an array object without its elements, on a board."""
SLOT = 4
"""Bytes of a place in a list or tuple."""
PLANS = (
    (1, ((1,), (1,), 1.0)),
    (3, ((1, 3), (1, 2), 1.0), ((1,), (1, 2, 3), 1.0), ((1,), (1, 2), 1.3)),
    (
        7,
        ((1, 3), (1, 2, 4, 5), 1.07),
        ((1,), (1, 2, 3, 4, 5), 1.17),
        ((1, 3), (1, 2), 1.32),
        ((1,), (1, 2, 5), 1.46),
        ((1,), (1, 3), 1.79),
    ),
    (
        15,
        ((1,), (1, 2, 3, 4, 5, 6, 7, 15), 1.21),
        ((1, 3), (1, 2, 4, 5), 1.23),
        ((1,), (1, 2, 3, 4, 5, 10), 1.35),
        ((1, 3), (1, 2, 5), 1.40),
        ((1,), (1, 3, 5, 6), 1.63),
        ((1, 3), (1, 2), 1.64),
        ((1,), (1, 2, 5), 1.86),
        ((1,), (1, 3), 2.45),
    ),
)
"""By the largest value: multiples, weights, additions of a value on average over the zoo's maps."""


class Needs:
    """What a convolution needs that is cut into bands in one of several ways: bytes and cycles.

    most: largest input; table, views: of one multiple; windows, lanes: of one accumulator. alone:
    it reads a single channel. in_place: one multiple takes no bytes but those of the weights.
    ``values``: inputs that are likely not zero; cycles, ``addition``: of one of them; ``fold``: of
    an accumulator beyond the first; ``fixed``: of its bands.
    """

    def __init__(
        self, most, table, views, windows, lanes, alone, in_place, values, addition, fold, fixed
    ):
        self.most = most
        self.table = table
        self.views = views
        self.windows = windows
        self.lanes = lanes
        self.alone = alone
        self.in_place = in_place
        self.values = values
        self.addition = addition
        self.fold = fold
        self.fixed = fixed


class Plan:
    """``multiples`` of the kernels, ``weights`` of the accumulators, ``additions`` for a value.

    ``bytes`` of kernels and windows; ``lanes``: bytes of accumulators, which all convolutions
    share; ``cost``: cycles, and ``byte`` for each byte, which it costs in collections.
    """

    def __init__(self, needs, multiples, weights, additions, byte):
        self.needs = needs
        self.multiples = multiples
        self.weights = weights
        count = len(multiples)
        self.bytes = needs.views * count + needs.windows * len(weights)
        if count > 1 or not needs.in_place:
            self.bytes += needs.table * count
        self.lanes = needs.lanes * len(weights)
        cycles = additions * needs.values * needs.addition + needs.fold * (len(weights) - 1)
        self.cost = cycles + needs.fixed + byte * (self.bytes + self.lanes)

    def parts(self):
        """What each value is made of: (accumulator, multiple) by number, in tuples."""
        made = []
        most = self.needs.most
        for power, weight in enumerate(self.weights):
            for number, multiple in enumerate(self.multiples):
                if multiple * weight <= most:
                    made.append((multiple * weight, power, number))
        made.sort()
        made.reverse()
        found = [()]
        for value in range(1, most + 1):
            best = None
            for product, power, number in made:
                if product <= value:
                    rest = found[value - product]
                    if best is None or len(rest) < len(best) - 1:
                        best = ((power, number),) + rest
                    if not rest:
                        break
            found.append(best)
        return found


def plans(ways, byte):
    """Plans for a convolution, each shorter than all that cost less; the cheapest first.

    ways: ``Needs``, one for each way to cut it into bands; byte: see ``byte_cycles``.
    """
    found = []
    for needs in ways:
        most = needs.most
        if 1 < most <= 15 and needs.alone:
            found.append(Plan(needs, tuple(range(1, most + 1)), (1,), 1.0, byte))
        rows = [row for row in PLANS if row[0] >= most][:1]
        if rows:
            found.extend([Plan(needs, *row, byte) for row in rows[0][1:]])
        else:
            bits = len(bin(most)) - 2
            powers = tuple([1 << bit for bit in range(bits)])
            found.append(Plan(needs, (1, 3), powers, bits * 0.4, byte))
            found.append(Plan(needs, (1,), powers, bits * 0.5, byte))
            found.append(Plan(needs, (1,), powers[::2], bits * 0.75, byte))
    found.sort(key=lambda plan: plan.cost)
    kept = []
    least = None
    for plan in found:
        size = plan.bytes + plan.lanes
        if least is None or size < least:
            kept.append(plan)
            least = size
    return kept


def byte_cycles(convolutions, left):
    """Cycles that a byte costs where about ``left`` are free between two pictures.

    A picture leaves some 130 bytes for each input that is not zero, and is interrupted whenever
    ``left`` bytes are full, by a collection of 800,000 cycles.
    """
    garbage = 130 * sum([ways[0].values for ways in convolutions])
    return 800000 * garbage // left // left


def choose_plans(convolutions, room, byte, least=0):
    """A plan for each convolution, such that all together fit into ``room``.

    convolutions: for each its ways, as ``plans`` takes them; byte: cycles that one costs; least:
    bytes of accumulators that are made anyway, because vision works in them, too. While
    plans do not fit, the convolution that gains most bytes for what it costs takes its next
    shorter one.
    """
    room = min(room, ROOM)
    choices = [plans(ways, byte) for ways in convolutions]
    total = total_bytes(choices, least)
    while total > room:
        best = highest = None
        for choice in choices:
            if len(choice) > 1:
                first = choice.pop(0)
                # Where lanes are shared nothing may be gained at once.
                gain = (total - total_bytes(choices, least) + 1) / (choice[0].cost - first.cost + 1)
                choice.insert(0, first)
                if best is None or gain > highest:
                    best = choice
                    highest = gain
        if best is None:
            break
        best.pop(0)
        total = total_bytes(choices, least)
    return [choice[0] for choice in choices]


def total_bytes(choices, least=0):
    """Bytes of the first plan of every choice."""
    return sum([choice[0].bytes for choice in choices]) + max(
        [least] + [choice[0].lanes for choice in choices]
    )
