# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Fold a trained network into the integer program, prove its bound, calibrate its answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch

from lanewise.data.digits import Digits
from lanewise.data.framed import FramedPictures, as_framed
from lanewise.errors import CertificateError, TrainingError
from lanewise.integer.certificate import Certificate, certify
from lanewise.integer.program import Op, Pool, Program
from lanewise.integer.reference import logits as integer_logits
from lanewise.nn.layers import Phase, QuantConv2d, QuantDense, QuantPool
from lanewise.nn.network import Network
from lanewise.nn.streams import QuantMix
from lanewise.train.augmentation import framed_input, model_input
from lanewise.train.calibration import logits_per_nat, reject_margin
from lanewise.train.evaluate import evaluate


def fold(network: Network, name: str | None = None) -> Program:
    """The integer program that ``network`` is, exactly: same predictions, logits times a constant.

    Raises ``TrainingError`` before quantization, ``CertificateError`` should an accumulator need
    more bits than it was trained for (which would be a defect).
    """
    architecture = network.architecture
    if network.phase is Phase.FLOAT:
        raise TrainingError(
            f"{architecture.name} is still in floating point; quantize it first, by training on or "
            f"with quantize_after_training"
        )
    ops: list[Op] = []
    for index, layer in enumerate(network.layers):
        inputs = architecture.sources(index)
        if isinstance(layer, QuantDense | QuantConv2d | QuantMix):
            ops.append(layer.op(inputs))
        elif isinstance(layer, QuantPool):
            ops.append(Pool(layer.kind, layer.size, layer.stride, layer.shift, layer.bits, inputs))
    size = architecture.size
    program = Program(
        (1, size, size),
        architecture.input_bits,
        tuple(ops),
        name=name or architecture.name,
        crop=architecture.crop,
    )
    check_bound(program, certify(program), network.acc_bits)
    return program


def check_bound(program: Program, certificate: Certificate, acc_bits: int) -> None:
    """Raise ``CertificateError`` naming the op that needs more than ``acc_bits``."""
    for bound in certificate.bounds:
        if bound.bits > acc_bits:
            raise CertificateError(
                f"{program.name}: op {bound.op} ({bound.kind}), channel {bound.channel} needs "
                f"{bound.bits} bits, trained for {acc_bits}; please report this"
            )


@torch.no_grad()
def steps_of_a_logit(network: Network, program: Program, digits: Digits) -> float:
    """Integer steps of ``program`` for 1 of ``network``'s logits: a power of two, which two runs of
    the same recipe need not share."""
    inputs = model_input(digits.images[:100], network.architecture)
    real = network.eval()(torch.from_numpy(inputs.astype(np.float32))[:, None]).double()
    steps = torch.from_numpy(integer_logits(program, inputs)).double()
    return float(2.0 ** round(math.log2(float((steps * real).sum() / (real * real).sum()))))


def quantize_after_training(network: Network) -> None:
    """Round a network that is still in floating point, as it is; leaves others alone."""
    if network.phase is Phase.FLOAT:
        network.set_phase(Phase.FROZEN)
        network.refresh_exponents()


@dataclass(frozen=True)
class Losses:
    """Accuracy of the same weights without rounding, folded and rounded, and as integers."""

    real: float
    folded: float
    integer: float


def losses(network: Network, program: Program, digits: Digits) -> Losses:
    """What each step from ``network`` to ``program`` costs on ``digits``."""
    inputs = model_input(digits.images, network.architecture)
    labels = digits.labels.astype(np.int64)
    x, y = torch.from_numpy(inputs.astype(np.float32))[:, None], torch.from_numpy(labels)
    phase = network.phase
    network.set_phase(Phase.FLOAT)
    real = evaluate(network, x, y)
    network.set_phase(phase)
    answers = integer_logits(program, inputs).argmax(axis=1)
    return Losses(real, evaluate(network, x, y), float((answers == labels).mean()))


def calibrate(
    program: Program,
    network: Network,
    validation: Digits | FramedPictures,
    share: float = 0.002,
    others: FramedPictures | None = None,
) -> Program:
    """``program`` with ``logits_per_nat`` and ``reject_margin`` set from validation digits.

    The margin is the one at which ``share`` of the right validation answers would be called unsure;
    less where a smaller one refuses ``others``, which are no digits (``reject_margin``). Raises
    ``TrainingError`` where ``validation`` has no labels.
    """
    framed = as_framed(validation) if isinstance(validation, Digits) else validation
    if framed.labels is None:
        raise TrainingError(f"{framed.name} shows no digits to calibrate by")
    logits = integer_logits(program, framed_input(framed, network.architecture))
    labels = framed.labels.astype(np.int64)
    apart = None
    if others is not None:
        apart = integer_logits(program, framed_input(others, network.architecture))
    return replace(
        program,
        logits_per_nat=logits_per_nat(logits, labels),
        reject_margin=reject_margin(logits, labels, share, apart),
    )
