# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Train a student from a distillation set: labels and a teacher's softened answers.

``loss = (1 - d) CE(labels) + d T^2 KL(teacher / T || student / T)`` with ``d`` the study's
``soft_share`` and ``T`` its ``temperature`` (Hinton, Vinyals, Dean, arXiv:1503.02531, section 2).
Epoch ``e`` reads copy ``e mod copies``; the copies are the augmentation. Phases, averages and
checkpoints are those of the ordinary loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lanewise.data.digits import Digits
from lanewise.errors import TrainingError
from lanewise.nn.architectures import Architecture
from lanewise.train import checkpoint
from lanewise.train.augmentation import generator, model_input, shrink
from lanewise.train.evaluate import evaluate
from lanewise.train.lessons import Lessons
from lanewise.train.loop import Progress, Result
from lanewise.train.penalty import Penalty
from lanewise.train.recipe import Recipe
from lanewise.train.state import (
    EpochRecord,
    State,
    data_digest,
    enter_phase,
    fresh,
    restore,
    save,
    update_average,
)

_ORDER = 31


@dataclass(frozen=True)
class Study:
    """What a student learns from: the first ``count`` digits of each copy, by ``recipe``.

    soft_share: weight of the teacher's answers, softened by ``temperature``; plain_epochs: how many
    epochs at the end read copy 0, the pictures as they are.
    """

    lessons: Lessons
    recipe: Recipe
    count: int
    soft_share: float = 0.9
    temperature: float = 3.0
    plain_epochs: int = 0

    @property
    def steps_each(self) -> int:
        """Steps of an epoch; a last batch that is not full is left out."""
        return self.count // self.recipe.batch

    def copy_of(self, epoch: int) -> int:
        """Which copy epoch ``epoch`` (from 0) reads."""
        if epoch >= self.recipe.epochs - self.plain_epochs:
            return 0
        return (epoch + 1) % self.lessons.copies


def distillation_loss(logits: Tensor, labels: Tensor, taught: Tensor, study: Study) -> Tensor:
    """Mixed loss of logits (n, 10) against labels (n,) and the teacher's logits (n, 10)."""
    smoothing = study.recipe.label_smoothing
    plain = functional.cross_entropy(logits, labels, label_smoothing=smoothing)
    if not study.soft_share:
        return plain
    heat = study.temperature
    soft = functional.cross_entropy(logits / heat, torch.softmax(taught / heat, dim=1))
    return plain * (1 - study.soft_share) + soft * (study.soft_share * heat * heat)


def distil(
    architecture: Architecture,
    study: Study,
    validation: Digits,
    directory: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Result:
    """Train ``architecture``; a checkpoint in ``directory`` is written each epoch and gone on from.

    Raises ``TrainingError`` when the checkpoint is another run's or the loss is no longer finite.
    """
    recipe = study.recipe
    if study.steps_each < 1 or not len(validation):
        raise TrainingError(f"{study.count} digits do not fill a batch of {recipe.batch}")
    path = None if directory is None else directory / checkpoint.FILE_NAME
    identity = {
        "architecture": architecture.to_json(),
        "recipe": recipe.to_json(),
        "study": [
            study.count,
            study.soft_share,
            study.temperature,
            study.plain_epochs,
        ],
        "data": [study.lessons.digest, data_digest(validation)],
    }
    state = fresh(architecture, recipe)
    if path is not None and path.exists():
        restore(state, checkpoint.load(path), identity, path)
    inputs = torch.from_numpy(model_input(validation.images, architecture))[:, None].float()
    answers = torch.from_numpy(validation.labels.astype(np.int64))
    report = progress or (lambda _: None)
    while state.step < study.steps_each * recipe.epochs:
        epoch = state.step // study.steps_each
        mean = _epoch(architecture, study, state, epoch, report)
        share = evaluate(state.kept, inputs, answers)
        state.history.append(EpochRecord(epoch + 1, state.network.phase.value, mean, share))
        save(path, state, identity)
        steps = study.steps_each
        report(Progress(epoch + 1, recipe.epochs, steps, steps, mean, share))
    return Result(state.kept, tuple(state.history), True, path)


def _epoch(
    architecture: Architecture,
    study: Study,
    state: State,
    epoch: int,
    report: Callable[[Progress], None],
) -> float:
    """One pass over a copy; returns the mean loss."""
    recipe, steps = study.recipe, study.steps_each
    copy = study.copy_of(epoch)
    images = torch.from_numpy(np.array(study.lessons.images(copy)[: study.count]))
    taught = torch.from_numpy(study.lessons.logits(copy)[: study.count])
    labels = torch.from_numpy(study.lessons.labels[: study.count].astype(np.int64))
    order = torch.randperm(study.count, generator=generator(recipe.seed, _ORDER, epoch))
    total = 0.0
    last = state.history[-1].accuracy if state.history else None
    state.network.train()
    penalty = Penalty(state.network, recipe)
    for step in range(steps):
        pick = order[step * recipe.batch : (step + 1) * recipe.batch]
        enter_phase(state, recipe, steps * recipe.epochs)
        for group in state.optimizer.param_groups:
            group["lr"] = recipe.learning_rate(state.step, steps * recipe.epochs)
        x = shrink(images[pick][:, None].float(), architecture)
        logits = state.network(x.contiguous(memory_format=torch.channels_last))
        loss = distillation_loss(logits, labels[pick], taught[pick].float(), study)
        loss = loss + penalty.take()
        state.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimizer.step()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(f"the loss is {value} at step {state.step}; use a smaller lr")
        if state.average is not None:
            update_average(state.average, state.network, recipe.average, state.step)
        state.step += 1
        total += value
        report(Progress(epoch + 1, recipe.epochs, step + 1, steps, total / (step + 1), last))
    penalty.close()
    return total / steps
