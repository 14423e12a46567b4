# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The state of a run: network, average, optimizer, position; made afresh, saved and restored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lanewise.data.digits import Digits
from lanewise.data.framed import FramedPictures
from lanewise.errors import TrainingError
from lanewise.nn.architectures import Architecture
from lanewise.nn.layers import Phase
from lanewise.nn.network import Network, build
from lanewise.train import checkpoint
from lanewise.train.constraints import keep_constraints, optimizer_for
from lanewise.train.recipe import Recipe

HOLD_STEPS = 10
"""How often weights are projected back into the accumulator bound."""
_WEIGHTS = 3
"""Stream of random numbers that initial weights are drawn from; batches use others."""


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch ended with: mean loss, validation accuracy of the weights that are kept."""

    epoch: int
    phase: str
    loss: float
    accuracy: float


@dataclass
class State:
    """Everything that changes while training."""

    network: Network
    average: Network | None
    optimizer: torch.optim.Optimizer
    step: int = 0
    loss_sum: float = 0.0
    history: list[EpochRecord] = field(default_factory=list)

    @property
    def kept(self) -> Network:
        """The network that is evaluated and kept."""
        return self.network if self.average is None else self.average


def fresh(architecture: Architecture, recipe: Recipe) -> State:
    (seed,) = np.random.SeedSequence((recipe.seed, _WEIGHTS)).generate_state(1, np.uint64)
    network = build(architecture, recipe.acc_bits, int(seed) >> 1)
    optimizer = optimizer_for(network, recipe)
    average = None
    if recipe.average:
        average = build(architecture, recipe.acc_bits, 0)
        average.load_state_dict(network.state_dict())
    return State(network, average, optimizer)


def enter_phase(state: State, recipe: Recipe, total: int) -> None:
    """Switch phases at their steps and refresh weight exponents while they may still move."""
    phase = recipe.phase(state.step, total)
    entered = phase is not state.network.phase
    if entered:
        state.network.set_phase(phase)
        if state.average is not None:
            state.average.set_phase(phase)
    due = phase is Phase.QUANTIZED and state.step % recipe.refresh_steps == 0
    if phase is not Phase.FLOAT and (entered or due):
        state.network.refresh_exponents()
    if phase is not Phase.FLOAT and (entered or state.step % HOLD_STEPS == 0):
        state.network.hold()


@torch.no_grad()
def update_average(average: Network, network: Network, decay: float, step: int) -> None:
    """Exponential average of weights and statistics, with a short memory at the start."""
    share = 1 - min(decay, (step + 1) / (step + 10))
    mine, theirs = average.state_dict(), network.state_dict()
    names = [name for name in mine if not name.endswith("exponent")]
    torch._foreach_lerp_([mine[name] for name in names], [theirs[name] for name in names], share)
    for name in mine:
        if name.endswith("exponent"):
            mine[name].copy_(theirs[name])
    keep_constraints(average)


def warm_start(state: State, start: Trained) -> None:
    """Begin with the weights and statistics of a trained network, all else fresh.

    Raises ``TrainingError`` where its layers differ.
    """
    weights = start.network.state_dict()
    try:
        for network in (state.network, state.average):
            if network is not None:
                network.load_state_dict(weights)
    except RuntimeError as error:
        raise TrainingError(
            f"a {start.network.architecture.name} cannot be the start of a "
            f"{state.network.architecture.name}: their layers differ"
        ) from error


def data_digest(*sets: Digits | FramedPictures) -> str:
    """SHA-256 of pictures and labels, and of the framing of those that are not MNIST's."""
    total = hashlib.sha256()
    for one in sets:
        if isinstance(one, FramedPictures):
            shown = "digits" if one.labels is not None else "no digits"
            total.update(f"{len(one)} {shown}, {one.cells} cells of {one.crop}".encode())
        total.update(one.images.tobytes())
        if one.labels is not None:
            total.update(one.labels.tobytes())
    return total.hexdigest()


def weights_digest(start: Trained) -> str:
    """SHA-256 of a trained network's weights and statistics."""
    total = hashlib.sha256()
    for name, tensor in sorted(start.network.state_dict().items()):
        total.update(name.encode())
        total.update(tensor.detach().contiguous().numpy().tobytes())
    return total.hexdigest()


def save(path: Path | None, state: State, identity: Mapping[str, object]) -> None:
    if path is None:
        return
    tensors = {f"network.{name}": value for name, value in state.network.state_dict().items()}
    if state.average is not None:
        averaged = state.average.state_dict().items()
        tensors |= {f"average.{name}": value for name, value in averaged}
    for index, moments in state.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
    description = {
        **identity,
        "step": state.step,
        "phase": state.network.phase.value,
        "loss_sum": state.loss_sum.hex(),
        "history": [vars(record) for record in state.history],
    }
    checkpoint.save(path, checkpoint.Checkpoint(tensors, description))


def restore(
    state: State, found: checkpoint.Checkpoint, identity: Mapping[str, object], path: Path
) -> None:
    about = found.description
    for what, mine in identity.items():
        if about.get(what) != mine:
            raise TrainingError(
                f"checkpoint {path} was made with other {what.replace('_', ' ')}; give the same to "
                f"go on, or start anew with --fresh"
            )
    try:
        state.network.load_state_dict(found.group("network"))
        if state.average is not None:
            state.average.load_state_dict(found.group("average"))
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in found.group("optimizer").items():
            index, _, field_name = name.partition(".")
            moments.setdefault(int(index), {})[field_name] = value
        plain = state.optimizer.state_dict()
        state.optimizer.load_state_dict({**plain, "state": moments})
        state.step = int(about["step"])
        state.loss_sum = float.fromhex(about["loss_sum"])
        state.history = [EpochRecord(**record) for record in about["history"]]
        phase = Phase(about["phase"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise TrainingError(f"checkpoint {path} does not fit this version: {error}") from error
    state.network.set_phase(phase)
    if state.average is not None:
        state.average.set_phase(phase)


@dataclass(frozen=True)
class Trained:
    """What a checkpoint would keep: the network (averaged, if it is) and where it came from."""

    network: Network
    recipe: Recipe
    data_names: tuple[str, ...]
    epochs_done: int


def load_trained(path: Path) -> Trained:
    """Read a checkpoint, or the one in a directory, for use. Raises ``TrainingError``."""
    found = checkpoint.load(path / checkpoint.FILE_NAME if path.is_dir() else path)
    about = found.description
    try:
        architecture = Architecture.from_json(about["architecture"])
        recipe = Recipe.from_json(about["recipe"])
        network = build(architecture, recipe.acc_bits, 0)
        network.load_state_dict(found.group("average") or found.group("network"))
        network.set_phase(Phase(about["phase"]))
        names = tuple(str(name) for name in about.get("data_names", ()))
        done = len(about["history"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise TrainingError(f"checkpoint {path} does not fit this version: {error}") from error
    return Trained(network.eval(), recipe, names, done)
