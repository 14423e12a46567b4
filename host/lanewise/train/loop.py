# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The training loop: seeded, resumable to the bit, stoppable at any step."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lanewise.data.digits import Digits
from lanewise.data.framed import FramedPictures
from lanewise.errors import TrainingError
from lanewise.nn.architectures import Architecture
from lanewise.nn.network import Network
from lanewise.train import checkpoint
from lanewise.train.augmentation import model_input
from lanewise.train.batches import Batch, Batches
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
    beside: Sequence[FramedPictures] = (),
) -> Result:
    """Train ``architecture`` by ``recipe``; the same arguments give the same bits.

    train, validation: pictures and labels; validation only measures, nothing is chosen by it.
    A checkpoint is kept in ``directory`` (None: none) after every epoch and when Ctrl-C stops the
    run, which returns ``finished=False``. With ``resume`` a checkpoint found there is gone on from,
    to the same result as without the break. ``start`` gives the first weights, where training goes
    on from a finished run with other data. ``beside``: what is learned from together with
    ``train``: digits as vision frames them for this model, and pictures of no digit, of which no
    class is to stand out (``recipe.outliers``). Raises ``TrainingError`` when the
    checkpoint belongs to another run, when data are too few or framed otherwise, or when the loss
    is no longer finite.
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
        "data": data_digest(train, validation, *beside),
        "data_names": [train.name, validation.name, *(one.name for one in beside)],
    }
    state = fresh(architecture, recipe)
    if start is not None:
        identity["start"] = weights_digest(start)
        warm_start(state, start)
    if path is not None and resume and path.exists():
        restore(state, checkpoint.load(path), identity, path)
    batches = Batches(architecture, recipe, train, beside)
    run = _Run(architecture, recipe, batches, validation, state, progress or (lambda _: None))
    with interruptible() as stopped, _threads(recipe.threads), ThreadPoolExecutor(1) as worker:
        finished = run.go(stopped, lambda: save(path, state, identity), worker)
    run.penalty.close()
    return Result(state.kept, tuple(state.history), finished, path)


class _Run:
    """One call of ``fit``: its batches, and the steps over them."""

    def __init__(
        self,
        architecture: Architecture,
        recipe: Recipe,
        batches: Batches,
        validation: Digits,
        state: State,
        report: Callable[[Progress], None],
    ) -> None:
        self.recipe, self.batches, self.state, self.report = recipe, batches, state, report
        inputs = model_input(validation.images, architecture)
        self.inputs = torch.from_numpy(inputs.astype(np.float32))[:, None]
        self.answers = torch.from_numpy(validation.labels.astype(np.int64))
        self.steps = batches.steps
        self.total = self.steps * recipe.epochs
        self.penalty = Penalty(state.network, recipe, recipe.batch)

    def go(
        self, stopped: threading.Event, keep: Callable[[], None], worker: ThreadPoolExecutor
    ) -> bool:
        """Train to the end, or until ``stopped`` is set; says whether the end was reached."""
        state = self.state
        while state.step < self.total:
            for batch in self._batches(worker):
                self._step(batch)
                if state.step % self.steps == 0:
                    self._end_epoch()
                if state.step % self.steps == 0 or stopped.is_set():
                    keep()
                if stopped.is_set():
                    return state.step == self.total
        return True

    def _batches(self, worker: ThreadPoolExecutor) -> Iterator[Batch]:
        """The rest of the current epoch; the next batch is made while this one is trained on."""
        epoch, first = divmod(self.state.step, self.steps)
        order = self.batches.order(epoch)
        ahead: Future[Batch] = worker.submit(self.batches.make, order, epoch, first)
        for step in range(first, self.steps):
            batch = ahead.result()
            if step + 1 < self.steps:
                ahead = worker.submit(self.batches.make, order, epoch, step + 1)
            yield batch

    def _step(self, batch: Batch) -> None:
        state, recipe = self.state, self.recipe
        enter_phase(state, recipe, self.total)
        for group in state.optimizer.param_groups:
            group["lr"] = recipe.learning_rate(state.step, self.total)
        state.network.train()
        loss = batch_loss(state.network(batch.inputs), batch.labels, recipe)
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


def batch_loss(logits: Tensor, labels: Tensor, recipe: Recipe) -> Tensor:
    """Cross-entropy of the first rows of ``logits`` (n, 10) with their ``labels``, and
    ``recipe.outliers`` times the mean of ``-log(1 - p)`` of the rest, which show no digit, ``p``
    the chance of the class that each is taken for.

    Outlier exposure (Hendrycks, Mazeika, Dietterich, ICLR 2019, arXiv:1812.04606, section 3) with
    the loss of unlikelihood (Welleck et al., ICLR 2020, arXiv:1908.04319, equation 4): what matters
    to a reader is that no class stands out, and asking all classes to be alike, as the former do,
    takes more of a small network (docs/zoo.md).
    """
    digits = logits[: len(labels)]
    loss = functional.cross_entropy(digits, labels, label_smoothing=recipe.label_smoothing)
    if len(logits) == len(labels):
        return loss
    others = logits[len(labels) :]
    best, place = others.max(dim=1, keepdim=True)
    rest = others.scatter(1, place, -math.inf).logsumexp(dim=1)
    return loss + recipe.outliers * functional.softplus(best[:, 0] - rest).mean()


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """``count`` threads for torch's arithmetic, and what it was before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
