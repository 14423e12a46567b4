# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Dense layers as ulab matrix products in float32, which are exact while they stay below 2**24.

For models whose accumulators leave int16. ulab's ``dot`` reads the int8 weights where they lie and
takes about 330 cycles a multiply-accumulate, zeros included, so rows in int16 lanes beat it where
they are allowed. A float that Python reads on a board keeps 22 of its 24 bits: accumulators are
split into two halves of 12 bits by ``floor`` before they are read. Other ops run as in ``bigint``.
"""

from ulab import numpy as np

from lanecam.engines.bigint import Bigint
from lanecam.engines.plain import last_uses, requantize, run_op
from lanecam.errors import ModelError
from lanecam.op import CONCAT, DENSE, KINDS

LIMIT = 1 << 24


class UlabDot:
    """Runs a ``Model``; ``run(ink)`` returns the logits as a list of integers."""

    name = "ulabdot"

    def __init__(self, model):
        """Raises ModelError naming an op whose sums may leave float32's integers."""
        self.model = model
        for index, op in enumerate(model.ops):
            # The dot starts at zero, the bias comes after it.
            bias = max([abs(b) for b in op.bias]) if op.kind == DENSE else 0
            if op.kind != CONCAT and max(-op.acc_lo, op.acc_hi) + bias > LIMIT:
                raise ModelError(
                    "op %d (%s): accumulators [%d, %d] with biases to %d leave 2**24, "
                    "ulabdot is not exact; choose bigint or plain"
                    % (index, KINDS[op.kind], op.acc_lo, op.acc_hi, bias)
                )
        self.last_uses = last_uses(model)
        self.steps = Bigint(model, but=DENSE).steps
        for index, op in enumerate(model.ops):
            if op.kind == DENSE:
                self.steps[index] = DenseDot(op)

    def run(self, ink):
        """Logits for ``ink``: channels * height * width values from 0 to 2**input_bits - 1."""
        values = [ink]
        for op, step, done in zip(self.model.ops, self.steps, self.last_uses):
            if step is None:
                values.append(run_op(op, values))
            elif op.kind == DENSE:
                values.append(requantize(op, step.accumulators(values[op.inputs[0]])))
            else:
                values.append(step.run([values[source] for source in op.inputs]))
            for value in done:
                values[value] = None
        return values[-1]


class DenseDot:
    """A dense op as one matrix product."""

    def __init__(self, op):
        weights = np.frombuffer(op.weights, dtype=np.int8)
        self.inputs = len(weights) // op.channels
        self.weights = weights.reshape((self.inputs, op.channels))
        self.bias = op.bias
        self.part = np.array([1.0 / 4096.0])
        self.whole = np.array([4096.0])

    def accumulators(self, x):
        """``bias + sum(weight * x)``, one an output."""
        x = np.frombuffer(x, dtype=np.uint8).reshape((1, self.inputs))
        acc = np.dot(x, self.weights)
        above = np.floor(acc * self.part)
        below = acc - above * self.whole
        return [
            b + int(high) * 4096 + int(low)
            for b, high, low in zip(self.bias, above.tolist()[0], below.tolist()[0])
        ]
