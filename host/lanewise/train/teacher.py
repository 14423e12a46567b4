# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Large floating point teachers: convolution nets whose answers small networks learn from.

A teacher never runs on a board and never touches the test set; it is trained on distorted pictures
and afterwards asked once for each picture of a distillation set (``lanewise.train.distill``).
Source of the idea: Hinton, Vinyals, Dean, arXiv:1503.02531.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lanewise.data.digits import Digits
from lanewise.errors import TrainingError
from lanewise.train import checkpoint
from lanewise.train.augmentation import distort, generator
from lanewise.train.recipe import Augmentation

STRONG = Augmentation(rotation_deg=14.0, scale=0.15, shear=0.2, shift_px=1.5, elastic_px=2.0)
"""Distortions for a net with capacity to spare."""

_ORDER, _BATCH, _WEIGHTS = 11, 12, 13


@dataclass(frozen=True)
class TeacherRecipe:
    """A teacher and its training: channels of the three stages, then every number of the run."""

    name: str = "teacher"
    widths: tuple[int, int, int] = (32, 64, 128)
    kernel: int = 3
    epochs: int = 25
    batch: int = 256
    lr: float = 3e-3
    weight_decay: float = 0.02
    warmup_share: float = 0.15
    dropout: float = 0.3
    average: float = 0.998
    seed: int = 1
    augmentation: Augmentation = field(default_factory=lambda: STRONG)

    def learning_rate(self, step: int, steps: int) -> float:
        """Linear rise, then a half cosine to nothing."""
        warmup = self.warmup_share * steps
        if step < warmup:
            return self.lr * (0.04 + 0.96 * step / warmup)
        return self.lr * (0.5 + 0.5 * math.cos(math.pi * (step - warmup) / (steps - warmup)))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_json`` undoes it."""
        return asdict(self) | {"augmentation": self.augmentation.to_json()}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> TeacherRecipe:
        """A recipe from plain JSON values; raises ``TrainingError`` for an unknown field."""
        values = dict(plain)
        try:
            if "widths" in values:
                values["widths"] = tuple(values["widths"])
            if "augmentation" in values:
                values["augmentation"] = Augmentation(**values["augmentation"])
            return cls(**values)
        except TypeError as error:
            raise TrainingError(f"teacher recipe does not fit: {error}") from None


def _block(inputs: int, outputs: int, kernel: int, padding: int) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, padding=padding, bias=False)
    return [conv, nn.BatchNorm2d(outputs, momentum=0.05), nn.ReLU(inplace=True)]


class Teacher(nn.Module):
    """Six convolutions in three stages, averaged over the picture: (n, 1, 28, 28) ink 0 to 255."""

    def __init__(self, recipe: TeacherRecipe) -> None:
        super().__init__()
        first, second, third = recipe.widths
        kernel = recipe.kernel
        self.features = nn.Sequential(
            *_block(1, first, kernel, 0),
            *_block(first, first, 3, 0),
            nn.MaxPool2d(2),
            *_block(first, second, 3, 1),
            *_block(second, second, 3, 1),
            nn.MaxPool2d(2),
            *_block(second, third, 3, 1),
            *_block(third, third, 3, 1),
        )
        self.dropout = nn.Dropout(recipe.dropout)
        self.head = nn.Linear(third, 10)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, ink: Tensor) -> Tensor:
        x = (ink * (2 / 255) - 0.25).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            features = self.features(x)
        pooled = features.float().mean(dim=(2, 3))
        logits: Tensor = self.head(self.dropout(pooled))
        return logits


@torch.no_grad()
def teacher_logits(teachers: list[Teacher], images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean logits (n, 10) of the teachers for pictures (n, 28, 28) uint8."""
    out = np.zeros((len(images), 10), dtype=np.float32)
    for teacher in teachers:
        teacher.eval()
    for start in range(0, len(images), 512):
        part = torch.from_numpy(images[start : start + 512])[:, None].float()
        total = sum((teacher(part) for teacher in teachers), torch.zeros(()))
        out[start : start + 512] = (total / len(teachers)).numpy()
    return out


def accuracy(teachers: list[Teacher], digits: Digits) -> float:
    """Share of digits that the teachers together read right."""
    return float((teacher_logits(teachers, digits.images).argmax(1) == digits.labels).mean())


def train_teacher(
    recipe: TeacherRecipe,
    training: Digits,
    validation: Digits,
    folder: Path,
    report: Callable[[str], None] = print,
) -> Teacher:
    """Train, or go on from ``folder``'s checkpoint, or return the finished teacher it holds.

    The teacher returned is the weight average. A checkpoint is written after every epoch and a run
    that goes on from it ends with the same weights. Raises ``TrainingError`` for a checkpoint of
    another recipe.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        teacher = Teacher(recipe)
    kept = copy.deepcopy(teacher)
    decayed = [p for p in teacher.parameters() if p.dim() > 1]
    plain = [p for p in teacher.parameters() if p.dim() == 1]
    groups: list[dict[str, Any]] = [{"params": decayed}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=recipe.lr, weight_decay=recipe.weight_decay)
    path = folder / f"{recipe.name}.safetensors"
    identity = {"recipe": recipe.to_json(), "digits": len(training)}
    done = _restore(path, identity, teacher, kept, optimizer)
    steps_each = len(training) // recipe.batch
    steps = steps_each * recipe.epochs
    images, labels = torch.from_numpy(training.images), torch.from_numpy(training.labels).long()
    for epoch in range(done, recipe.epochs):
        order = torch.randperm(len(images), generator=generator(recipe.seed, _ORDER, epoch))
        teacher.train()
        total = 0.0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed * 1_000_003 + epoch)
            for index in range(steps_each):
                step = epoch * steps_each + index
                for group in optimizer.param_groups:
                    group["lr"] = recipe.learning_rate(step, steps)
                pick = order[index * recipe.batch : (index + 1) * recipe.batch]
                random = generator(recipe.seed, _BATCH, epoch, index)
                ink = distort(images[pick], recipe.augmentation, random)
                loss = functional.cross_entropy(teacher(ink), labels[pick])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                total += float(loss.detach())
                _average(kept, teacher, min(recipe.average, (1 + step) / (10 + step)))
        _store(path, identity, teacher, kept, optimizer, epoch + 1)
        share = accuracy([kept], validation)
        report(
            f"{recipe.name} epoch {epoch + 1}/{recipe.epochs} "
            f"loss {total / steps_each:.4f} validation {share:.4f}"
        )
    return kept.eval()


@torch.no_grad()
def _average(kept: Teacher, teacher: Teacher, decay: float) -> None:
    for mine, new in zip(kept.state_dict().values(), teacher.state_dict().values(), strict=True):
        if mine.dtype.is_floating_point:
            mine.lerp_(new, 1 - decay)


def _store(
    path: Path,
    identity: dict[str, Any],
    teacher: Teacher,
    kept: Teacher,
    optimizer: torch.optim.AdamW,
    epochs: int,
) -> None:
    tensors = {f"live.{name}": tensor for name, tensor in teacher.state_dict().items()}
    tensors |= {f"kept.{name}": tensor for name, tensor in kept.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
    checkpoint.save(path, checkpoint.Checkpoint(tensors, {"identity": identity, "epochs": epochs}))


def _restore(
    path: Path,
    identity: dict[str, Any],
    teacher: Teacher,
    kept: Teacher,
    optimizer: torch.optim.AdamW,
) -> int:
    """Epochs already done: 0 without a checkpoint."""
    if not path.exists():
        return 0
    stored = checkpoint.load(path)
    found = stored.description.get("identity")
    if found != _plain(identity):
        raise TrainingError(
            f"{path} belongs to another teacher recipe; delete it or choose another folder"
        )
    teacher.load_state_dict(stored.group("live"))
    kept.load_state_dict(stored.group("kept"))
    whole = optimizer.state_dict()
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in stored.group("optimizer").items():
        index, field_name = name.split(".", 1)
        states.setdefault(int(index), {})[field_name] = tensor
    optimizer.load_state_dict({"state": states, "param_groups": whole["param_groups"]})
    return int(stored.description["epochs"])


def _plain(value: Any) -> Any:
    """``value`` as JSON would give it back: tuples become lists."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
