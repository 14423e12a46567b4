# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs of a study: trained once, kept as JSON with what was measured, found again next time."""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lanewise.data.digits import Digits
from lanewise.errors import TrainingError
from lanewise.files import write_whole
from lanewise.integer.certificate import certify
from lanewise.integer.program import Program
from lanewise.integer.reference import logits
from lanewise.nn.architectures import Architecture
from lanewise.train.augmentation import model_input
from lanewise.train.fold import fold, losses
from lanewise.train.loop import fit
from lanewise.train.recipe import Recipe


@dataclass(frozen=True)
class Outcome:
    """What one run came to, on the digits held out.

    float_accuracy: at the end of the FLOAT phase; integer_accuracy: of the folded program;
    acc_bits: widest certified accumulator; seconds: processor time of the training.
    """

    float_accuracy: float
    integer_accuracy: float
    acc_bits: int
    seconds: float


def run(
    architecture: Architecture,
    recipe: Recipe,
    train: Digits,
    held_out: Digits,
    work: Path,
) -> tuple[Outcome, Program]:
    """Train, fold and measure; a run that is kept in ``work`` already is read, not repeated.

    Raises ``TrainingError`` when it was stopped.
    """
    identity = json.dumps(
        [architecture.to_json(), recipe.to_json(), len(train), train.name], sort_keys=True
    )
    key = f"{architecture.name}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    path = work / f"{key}.json"
    begun = time.process_time()
    result = fit(architecture, recipe, train, held_out, work / key)
    if not result.finished:
        raise TrainingError("stopped; the same command goes on where it was")
    program = fold(result.network)
    if path.exists():
        return Outcome(**json.loads(path.read_text())), program
    before = [record.accuracy for record in result.history if record.phase == "float"]
    folded = losses(result.network, program, held_out)
    outcome = Outcome(
        before[-1] if before else folded.real,
        folded.integer,
        certify(program).acc_bits,
        time.process_time() - begun,
    )
    write_whole(path, (json.dumps(vars(outcome)) + "\n").encode())
    return outcome, program


def accuracy(program: Program, architecture: Architecture, digits: Digits) -> float:
    """Share of ``digits`` that ``program`` reads right, by integer arithmetic."""
    answers = logits(program, model_input(digits.images, architecture)).argmax(axis=1)
    return float((answers == digits.labels).mean())


def spread(values: Sequence[float], show: Callable[[float], str]) -> str:
    """Mean and, in brackets, smallest to largest."""
    mean = show(statistics.fmean(values))
    if len(values) == 1:
        return mean
    return f"{mean} ({show(min(values))} to {show(max(values))})"


def percent(share: float) -> str:
    """A share as per cent with two decimals."""
    return f"{100 * share:.2f}"
