# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Recompute a model's accumulator intervals on the board and hold them against the file's."""

from lanecam.errors import ModelError
from lanecam.op import CONCAT, CONV2D, DENSE, KINDS, MAX_POOL, MIX, SUM_POOL

try:
    from lanecam.intervals import weighted_interval
except ImportError:  # no ulab here: plain loops do
    weighted_interval = None


def check_certificate(model):
    """Recompute every accumulator interval and hold it against the file's.

    The rule of the host's certificate: an activation of channel ``c`` lies in ``[0, reach[c]]``,
    so an accumulator lies in ``[bias - sum |w-| reach, bias + sum w+ reach]``.
    """
    reaches = [[(1 << model.input_bits) - 1] * model.channels]
    for index, op in enumerate(model.ops):
        lows, highs = _interval(op, reaches)
        op.lows = lows
        op.highs = highs
        lo = min(lows)
        hi = max(highs)
        if op.kind == CONCAT:
            lo = hi = 0
        if lo != op.acc_lo or hi != op.acc_hi:
            raise ModelError(
                "op %d (%s): certified [%d, %d], its weights reach [%d, %d]; export it again"
                % (index, KINDS[op.kind], op.acc_lo, op.acc_hi, lo, hi)
            )
        if lo < -(1 << 30) or hi >= 1 << 30:
            raise ModelError("op %d: accumulators leave 31 bits" % index)
        model.acc_lo = min(model.acc_lo, lo)
        model.acc_hi = max(model.acc_hi, hi)
        reaches.append(_reach(op, highs))


def _interval(op, reaches):
    """Lowest and highest accumulator of each channel."""
    reach = reaches[op.inputs[0]]
    if op.kind == CONCAT:
        joined = reach + reaches[op.inputs[1]]
        return [0], joined
    rounding = (1 << op.shift) >> 1
    if op.kind == MAX_POOL:
        return [rounding], [top + rounding for top in reach]
    if op.kind == SUM_POOL:
        return [rounding], [top * op.rows * op.rows + rounding for top in reach]
    if op.kind == MIX:
        return [rounding], _mix_highs(op, reach, reaches, rounding)
    if weighted_interval is not None and (op.kind == DENSE or op.groups == 1):
        return weighted_interval(op, reach)
    outputs = op.channels
    lows = list(op.bias)
    highs = list(op.bias)
    weights = op.weights
    fields = len(weights) // outputs
    if op.kind == DENSE:
        groups = 1
        area = op.source[1] * op.source[2]
    else:
        groups = op.groups
        area = op.rows * op.columns
    share = outputs // groups
    members = op.source[0] // groups
    at = 0
    for field in range(fields):
        member = field // area
        for out in range(outputs):
            weight = weights[at]
            at += 1
            if weight > 0:
                highs[out] += weight * reach[out // share * members + member]
            elif weight:
                lows[out] += weight * reach[out // share * members + member]
    return lows, highs


def _mix_highs(op, reach, reaches, rounding):
    streams = op.columns
    width = len(reach) // streams
    highs = []
    for row in range(op.rows):
        for channel in range(width):
            top = rounding
            for stream in range(streams):
                top += op.weights[row * streams + stream] * reach[stream * width + channel]
            if len(op.inputs) == 2:
                top += op.bias[row] * reaches[op.inputs[1]][channel]
            highs.append(top)
    return highs


def _reach(op, highs):
    """Highest activation of each channel, after shift and clip."""
    if op.kind == CONCAT or not op.most:
        return highs
    if op.kind <= CONV2D:
        shifts = op.shifts
        return [max(0, min(top >> shifts[c], op.most)) for c, top in enumerate(highs)]
    return [max(0, min(top >> op.shift, op.most)) for top in highs]
