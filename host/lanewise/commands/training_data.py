# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What ``lanewise train --data`` names: a base set, and labelled pictures that extend it.

Ten frames from somebody's own camera cannot train a network, but they can pull one that knows
thousands of digits towards what that camera sees. So pictures always extend a base set (``pen`` if
none is named), repeated until they are a given share of it; training distorts each copy anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lanewise.data.digits import Digits
from lanewise.data.sources import load
from lanewise.emulator.collected import collected_digits, is_collection
from lanewise.errors import UsageError

BASE = "pen"
HOLD_OUT_FROM = 60
"""With so many pictures every sixth is kept out of training, to measure by."""
EVERY = 6


@dataclass(frozen=True, eq=False)
class Gathered:
    """train, validation: for ``fit``; own: the user's pictures to measure by, or None.

    ``held_out``: were those kept out of training? ``notes``: what the user should be told.
    """

    train: Digits
    validation: Digits
    own: Digits | None = None
    held_out: bool = False
    notes: tuple[str, ...] = ()


def gather(
    names: Sequence[str], data_dir: Path | None, limit: int | None, seed: int, share: float
) -> Gathered:
    """The digits that ``names`` stand for: at most one base set, and folders of pictures.

    share: of the training digits that the pictures become by repetition, 0 to 1. Raises
    ``UsageError`` for two base sets, ``DataError`` for bad pictures.
    """
    folders = [Path(name) for name in names if is_collection(Path(name))]
    bases = [name for name in names if not is_collection(Path(name))]
    if len(bases) > 1:
        raise UsageError(f"two base sets, {bases[0]} and {bases[1]}: name one, and picture folders")
    base_name = bases[0] if bases else BASE
    base = load(base_name, "train", data_dir, limit, seed)
    validation = load(base_name, "validation", data_dir, None, seed)
    if not folders:
        return Gathered(base, validation)
    notes: list[str] = []
    parts = []
    for folder in folders:
        collected = collected_digits(folder)
        parts.append(collected.digits)
        for path, why in collected.refused:
            notes.append(f"left out {path}: {why}")
    pictures = Digits(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
        " and ".join(part.name for part in parts),
    )
    kept_out = np.arange(len(pictures)) % EVERY == EVERY - 1
    held_out = len(pictures) >= HOLD_OUT_FROM
    used = pictures.take(np.flatnonzero(~kept_out)) if held_out else pictures
    times = max(1, round(share / (1 - share) * len(base) / len(used)))
    notes.insert(
        0, f"{len(used)} pictures of {pictures.name} extend {base.name}, each {times} times"
    )
    train = Digits(
        np.concatenate([base.images, *[used.images] * times]),
        np.concatenate([base.labels, *[used.labels] * times]),
        f"{base.name} with {len(used)} pictures of {pictures.name}",
    )
    own = pictures.take(np.flatnonzero(kept_out)) if held_out else pictures
    return Gathered(train, validation, own, held_out, tuple(notes))
