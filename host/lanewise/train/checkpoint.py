# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Checkpoints: one safetensors file, tensors plus a JSON description, no pickle.

Written whole or not at all. A SHA-256 over description and tensors is part of the file, so a
damaged one is refused by name instead of training on silently.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from lanewise.errors import TrainingError
from lanewise.files import write_whole

FILE_NAME = "checkpoint.safetensors"
VERSION = 1
LARGEST_BYTES = 1 << 28
"""Far more than any network here has; what is larger is none of ours."""


@dataclass(frozen=True)
class Checkpoint:
    """Named tensors and a description of plain JSON values."""

    tensors: dict[str, Tensor]
    description: dict[str, Any]

    def group(self, prefix: str) -> dict[str, Tensor]:
        """The tensors called ``prefix.NAME``, by NAME."""
        start = prefix + "."
        return {
            name.removeprefix(start): tensor
            for name, tensor in self.tensors.items()
            if name.startswith(start)
        }


def _digest(text: str, tensors: dict[str, Tensor]) -> str:
    total = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach().contiguous()
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write ``checkpoint`` to ``path``, replacing what is there."""
    text = json.dumps({"version": VERSION, **checkpoint.description}, sort_keys=True)
    tensors = {name: tensor.detach().contiguous() for name, tensor in checkpoint.tensors.items()}
    metadata = {"lanewise": text, "sha256": _digest(text, tensors)}
    write_whole(path, save_tensors(tensors, metadata), overwrite=True)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint; raises ``TrainingError`` when it is missing, foreign or damaged."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise TrainingError(
            f"checkpoint {path} cannot be read: {error.strerror or error}"
        ) from error
    if len(raw) > LARGEST_BYTES:
        raise _damaged(path, f"it has over {LARGEST_BYTES} bytes")
    try:
        (length,) = struct.unpack_from("<Q", raw)
        metadata = json.loads(raw[8 : 8 + length])["__metadata__"]
        text, digest = metadata["lanewise"], metadata["sha256"]
        description = json.loads(text)
        tensors = load_tensors(raw)
    except (SafetensorError, struct.error, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"it is cut or not a lanewise checkpoint ({error})") from error
    if _digest(text, tensors) != digest:
        raise _damaged(path, "its contents do not match their SHA-256")
    if description.get("version") != VERSION:
        raise _damaged(path, f"it has version {description.get('version')}, not {VERSION}")
    return Checkpoint(tensors, description)


def _damaged(path: Path, why: str) -> TrainingError:
    return TrainingError(
        f"checkpoint {path} is not usable: {why}; name another, or train anew with --fresh"
    )
