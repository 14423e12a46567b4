# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The training loop: seeded, resumable to the bit, stoppable at any step."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lanewise.data.digits import Digits
from lanewise.errors import TrainingError
from lanewise.nn.architectures import Architecture
from lanewise.nn.network import Network
from lanewise.train import checkpoint
from lanewise.train.augmentation import distort, generator, model_input, shrink
from lanewise.train.evaluate import evaluate
from lanewise.train.interrupt import interruptible
from lanewise.train.penalty import Penalty
from lanewise.train.recipe import Recipe
from lanewise.train.state import (
    EpochRecord,
    State,
    Trained,
    data_digest,
    enter_phase,
    fresh,
    restore,
    save,
    update_average,
    warm_start,
    weights_digest,
)

_ORDER, _BATCH = 1, 2
"""Streams of random numbers within a run, so that none is used twice."""


@dataclass(frozen=True)
class Progress:
    """Where a run is: epoch and step count from 1; mean loss; last validation accuracy."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float | None


@dataclass(frozen=True)
class Result:
    """A run's outcome; ``finished`` is false when it was stopped and may be resumed."""

    network: Network
    history: tuple[EpochRecord, ...]
    finished: bool
    checkpoint: Path | None

    @property
    def accuracy(self) -> float:
        """Validation accuracy after the last epoch."""
        return self.history[-1].accuracy if self.history else math.nan


def fit(
    architecture: Architecture,
    recipe: Recipe,
    train: Digits,
    validation: Digits,
    directory: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    resume: bool = True,
    start: Trained | None = None,
) -> Result:
    """Train ``architecture`` by ``recipe``; the same arguments give the same bits.

    train, validation: pictures and labels; validation only measures, nothing is chosen by it.
    A checkpoint is kept in ``directory`` (None: none) after every epoch and when Ctrl-C stops the
    run, which returns ``finished=False``. With ``resume`` a checkpoint found there is gone on from,
    to the same result as without the break. ``start`` gives the first weights, where training goes
    on from a finished run with other data. Raises ``TrainingError`` when the checkpoint belongs to
    another run, when data are too few, or when the loss is no longer finite.
    """
    if len(train) < recipe.batch or not len(validation):
        raise TrainingError(
            f"{len(train)} training and {len(validation)} validation digits; at least one batch "
            f"of {recipe.batch} and one validation digit are needed"
        )
    path = None if directory is None else directory / checkpoint.FILE_NAME
    identity = {
        "architecture": architecture.to_json(),
        "recipe": recipe.to_json(),
        "data": data_digest(train, validation),
        "data_names": [train.name, validation.name],
    }
    state = fresh(architecture, recipe)
    if start is not None:
        identity["start"] = weights_digest(start)
        warm_start(state, start)
    if path is not None and resume and path.exists():
        restore(state, checkpoint.load(path), identity, path)
    run = _Run(architecture, recipe, train, validation, state, progress or (lambda _: None))
    with interruptible() as stopped, _threads(recipe.threads), ThreadPoolExecutor(1) as worker:
        finished = run.go(stopped, lambda: save(path, state, identity), worker)
    run.penalty.close()
    return Result(state.kept, tuple(state.history), finished, path)


class _Run:
    """One call of ``fit``: data as tensors, and the steps over them."""

    def __init__(
        self,
        architecture: Architecture,
        recipe: Recipe,
        train: Digits,
        validation: Digits,
        state: State,
        report: Callable[[Progress], None],
    ) -> None:
        self.architecture, self.recipe, self.state, self.report = (
            architecture,
            recipe,
            state,
            report,
        )
        self.images = torch.from_numpy(np.ascontiguousarray(train.images))
        self.labels = torch.from_numpy(train.labels.astype(np.int64))
        inputs = model_input(validation.images, architecture)
        self.inputs = torch.from_numpy(inputs.astype(np.float32))[:, None]
        self.answers = torch.from_numpy(validation.labels.astype(np.int64))
        self.steps = len(train) // recipe.batch
        self.total = self.steps * recipe.epochs
        self.penalty = Penalty(state.network, recipe)

    def go(
        self, stopped: threading.Event, keep: Callable[[], None], worker: ThreadPoolExecutor
    ) -> bool:
        """Train to the end, or until ``stopped`` is set; says whether the end was reached."""
        state = self.state
        while state.step < self.total:
            for batch in self._batches(worker):
                self._step(*batch)
                if state.step % self.steps == 0:
                    self._end_epoch()
                if state.step % self.steps == 0 or stopped.is_set():
                    keep()
                if stopped.is_set():
                    return state.step == self.total
        return True

    def _batches(self, worker: ThreadPoolExecutor) -> Iterator[tuple[Tensor, Tensor]]:
        """The rest of the current epoch; the next batch is made while this one is trained on."""
        epoch, first = divmod(self.state.step, self.steps)
        seed = self.recipe.seed
        order = torch.randperm(len(self.images), generator=generator(seed, _ORDER, epoch))
        ahead: Future[tuple[Tensor, Tensor]] = worker.submit(self._make, order, epoch, first)
        for step in range(first, self.steps):
            batch = ahead.result()
            if step + 1 < self.steps:
                ahead = worker.submit(self._make, order, epoch, step + 1)
            yield batch

    def _make(self, order: Tensor, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        size = self.recipe.batch
        chosen = order[step * size : (step + 1) * size]
        random = generator(self.recipe.seed, _BATCH, epoch, step)
        ink = distort(self.images[chosen], self.recipe.augmentation, random)
        return shrink(ink, self.architecture), self.labels[chosen]

    def _step(self, x: Tensor, labels: Tensor) -> None:
        state, recipe = self.state, self.recipe
        enter_phase(state, recipe, self.total)
        for group in state.optimizer.param_groups:
            group["lr"] = recipe.learning_rate(state.step, self.total)
        state.network.train()
        logits = state.network(x)
        loss = functional.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
        loss = loss + self.penalty.take()
        state.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimizer.step()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingError(
                f"the loss is {value} at step {state.step}; a smaller --lr is the usual remedy"
            )
        if state.average is not None:
            update_average(state.average, state.network, recipe.average, state.step)
        state.step += 1
        state.loss_sum += value
        epoch, step = divmod(state.step - 1, self.steps)
        accuracy = state.history[-1].accuracy if state.history else None
        mean = state.loss_sum / (step + 1)
        self.report(Progress(epoch + 1, recipe.epochs, step + 1, self.steps, mean, accuracy))

    def _end_epoch(self) -> None:
        state = self.state
        accuracy = evaluate(state.kept, self.inputs, self.answers)
        epoch = state.step // self.steps
        mean = state.loss_sum / self.steps
        state.history.append(EpochRecord(epoch, state.network.phase.value, mean, accuracy))
        state.loss_sum = 0.0
        last = (epoch, self.recipe.epochs, self.steps, self.steps, mean, accuracy)
        self.report(Progress(*last))


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """``count`` threads for torch's arithmetic, and what it was before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
