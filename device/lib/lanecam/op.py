# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""One op of the program as the file's table describes it."""

DENSE = 1
CONV2D = 2
MIX = 3
MAX_POOL = 4
SUM_POOL = 5
CONCAT = 6
KINDS = ("", "dense", "conv2d", "mix", "max pool", "sum pool", "concat")


class Op:
    """One op of the program: what the table says, and its arrays; made by ``op_table.read_op``.

    ``weights``: array('b'), inputs first and outputs last, or array('H') for a mix;
    ``bias``: array('i') (branch gains for a mix); ``shifts``: bytes, one a channel.
    ``most``: largest activation it can make, 0 for logits; ``lows``, ``highs``: certified ends of
    each channel's accumulator, set when the certificate is checked.
    """

    def __init__(self):
        self.weights = None
        self.bias = None
        self.shifts = None
        self.lows = None
        self.highs = None
