# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""How to train, as data: every number a run depends on, with a JSON round trip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lanewise.errors import TrainingError
from lanewise.nn.layers import Phase


@dataclass(frozen=True)
class Augmentation:
    """Largest random distortion of a picture: each drawn uniformly within plus and minus these.

    rotation_deg; scale: relative, each axis apart; shear: pixels a pixel; shift_px; elastic_px:
    size of smooth random displacements, drawn on a 5x5 mesh; stroke: how far pixels go towards the
    most (a thicker pen) or the least ink around them (a thinner one); blur: the same towards their
    mean, drawn from nothing to ``blur``.
    """

    rotation_deg: float = 10.0
    scale: float = 0.10
    shear: float = 0.15
    shift_px: float = 1.5
    elastic_px: float = 0.0
    stroke: float = 0.0
    blur: float = 0.0

    def to_json(self) -> dict[str, float]:
        """Plain JSON values, without what came later and is not asked for."""
        plain = asdict(self)
        for name in ("stroke", "blur"):
            if not plain[name]:
                del plain[name]
        return plain


@dataclass(frozen=True)
class Recipe:
    """All hyper-parameters of a run.

    acc_bits: accumulators guaranteed to fit; lr: peak of the one-cycle schedule; float_share and
    frozen_share: parts of all steps spent in the FLOAT phase at the start and the FROZEN phase at
    the end; refresh_steps: how often weight exponents are fitted in between; average: decay a step
    of the weight average that is kept (0: none); threads: of the arithmetic, part of the recipe
    because the order of a sum, and so its last bit, depends on it; sparsity: weight in the loss of
    the mean activation of each hidden layer; cycles: weight of each million of predicted RP2040
    cycles that non-zero activations cost with ``ulab16`` (``lanewise.train.cycles``); outliers:
    weight in the loss of pictures that show no digit, ``outlier_share`` of them to each digit.
    """

    epochs: int = 40
    batch: int = 256
    lr: float = 4e-3
    weight_decay: float = 0.02
    warmup_share: float = 0.15
    seed: int = 0
    acc_bits: int = 16
    float_share: float = 0.4
    frozen_share: float = 0.5
    refresh_steps: int = 50
    label_smoothing: float = 0.0
    average: float = 0.995
    threads: int = 1
    sparsity: float = 0.0
    cycles: float = 0.0
    outliers: float = 0.0
    outlier_share: float = 0.25
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        limits: tuple[tuple[str, float, float], ...] = (
            ("epochs", 1, 1_000_000),
            ("batch", 2, 65_536),
            ("lr", 1e-9, 10.0),
            ("weight_decay", 0.0, 10.0),
            ("warmup_share", 0.0, 0.9),
            ("seed", 0, 2**63 - 1),
            ("acc_bits", 4, 32),
            ("float_share", 0.0, 1.0),
            ("frozen_share", 0.0, 1.0 - self.float_share),
            ("refresh_steps", 1, 1_000_000),
            ("label_smoothing", 0.0, 0.9),
            ("average", 0.0, 1.0 - 1e-6),
            ("threads", 1, 256),
            ("sparsity", 0.0, 100.0),
            ("cycles", 0.0, 100.0),
            ("outliers", 0.0, 100.0),
            ("outlier_share", 0.0, 10.0),
        )
        for name, least, most in limits:
            value = getattr(self, name)
            if not (isinstance(value, int | float) and least <= value <= most):
                raise TrainingError(f"recipe: {name} is {value}; it must be {least:g} to {most:g}")

    def phase(self, step: int, steps: int) -> Phase:
        """Phase of global step ``step`` of ``steps``."""
        if step < round(self.float_share * steps):
            return Phase.FLOAT
        return Phase.QUANTIZED if step < self.freeze_step(steps) else Phase.FROZEN

    def freeze_step(self, steps: int) -> int:
        """First global step of the FROZEN phase."""
        return steps - round(self.frozen_share * steps)

    def learning_rate(self, step: int, steps: int) -> float:
        """One cycle (arXiv:1708.07120): linear rise to ``lr``, then half a cosine to nothing."""
        warmup = self.warmup_share * steps
        if step < warmup:
            return self.lr * (0.04 + 0.96 * step / warmup)
        done = (step - warmup) / max(steps - warmup, 1)
        return self.lr * (0.5 + 0.5 * math.cos(math.pi * done)) + self.lr * 1e-4

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_json`` undoes it."""
        plain = asdict(self) | {"augmentation": self.augmentation.to_json()}
        if not self.cycles:  # as descriptions were before it could be asked for
            del plain["cycles"]
        if not self.outliers:
            del plain["outliers"], plain["outlier_share"]
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Recipe:
        """Undo ``to_json``; raises ``TrainingError`` where a field is missing or unknown."""
        try:
            return cls(**{**plain, "augmentation": Augmentation(**plain["augmentation"])})
        except (KeyError, TypeError) as error:
            raise TrainingError(f"recipe does not fit: {error}") from None
