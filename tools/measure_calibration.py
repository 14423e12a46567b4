# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Fits the table of confidence beside a model to camera pictures, and measures how true it is.

Fitted on rendered desks with MNIST's validation digits (the last 10,000 of the training set), read
by code.py on the emulated board; measured on others with test digits. Writes ``model.conf`` beside
the model once all is measured (``--force``: over the one there), and with ``--out`` the figures of
docs/calibration.md.

    python tools/measure_calibration.py dense14 --out docs/calibration
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lanewise.data.scenes import scenes
from lanewise.data.sources import load
from lanewise.emulator.desk import EmulatedDesk
from lanewise.emulator.sources import ArraySource
from lanewise.endings import run_tool
from lanewise.export.lanes import read
from lanewise.files import refuse_existing, write_whole
from lanewise.zoo.card import wilson
from lanewise.zoo.shelf import model_path

LEVELS = ("easy", "desk", "hard")
FIT_SEED, TEST_SEED = 4000, 5000
BINS = 10
FEWEST = 10
"""Pictures of each level; with fewer, a level may not show one digit."""
SHARES = np.array([0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.88, 0.94, 0.97, 0.985, 0.995, 0.999])
"""Knots lie where the curve has come so far up to its ceiling."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Readings:
    """Pictures that were given to the network: margin, whether the guess was right, confidence."""

    margin: NDArray[np.int64]
    right: NDArray[np.bool_]
    confidence: Floats
    pictures: int


def look_at(model: Path, split: str, count: int, seed: int, frames: int, table: bool) -> Readings:
    """``count`` desks of each level, read with ``frames`` frames each."""
    found = list(_looks(model, split, count, seed, frames, table))
    margin, right, confidence = (np.array(column) for column in zip(*found, strict=True))
    return Readings(
        margin.astype(np.int64),
        right.astype(bool),
        confidence.astype(np.float64),
        count * len(LEVELS),
    )


def _looks(
    model: Path, split: str, count: int, seed: int, frames: int, table: bool
) -> Iterator[tuple[int, bool, float]]:
    digits = load("mnist", split)
    with EmulatedDesk(model, colorspace="yuv", vote=frames, seed=seed) as desk:
        app = desk.app
        assert (app.reader.confidence.name == "table") is table, desk.ready
        app.reader.confidence.reject = 0  # the guess counts, however close
        for place, level in enumerate(LEVELS):
            for scene in scenes(digits, count, level, seed + place):
                seen = desk.look(ArraySource(scene.picture), frames)
                if seen.logits is not None:
                    yield seen.margin, seen.digit == str(scene.label), seen.confidence


def curve(margin: Floats, ceiling: float, middle: float, width: float) -> Floats:
    """Chance of being right: a logistic curve of the margin below a ceiling, since what vision gets
    wrong the network may well be sure of."""
    return np.asarray(ceiling / (1 + np.exp(-(margin - middle) / width)))


def fit(readings: Readings) -> tuple[int, list[tuple[int, int]]]:
    """(reject, knots): the margin below which a guess is rather wrong than right, and pairs of
    margin and chance in thousandths along the likeliest ``curve``.

    Three numbers and not a free staircase (isotonic regression): among a thousand pictures are a
    few dozen wrong guesses, and a staircase fits their accidents (measured: docs/calibration.md).
    """
    margin, right = readings.margin.astype(np.float64), readings.right
    scale = float(np.median(margin))
    best = (-np.inf, 1.0, 0.0, 1.0)
    for ceiling in (*np.linspace(0.9, 0.99, 10), 0.995, 0.999):
        for middle in np.linspace(-scale, scale, 41):
            for width in scale * np.geomspace(0.01, 1, 31):
                chance = np.clip(curve(margin, ceiling, middle, width), 1e-9, 1 - 1e-9)
                likelihood = float(np.log(np.where(right, chance, 1 - chance)).sum())
                best = max(best, (likelihood, float(ceiling), float(middle), float(width)))
    _, ceiling, middle, width = best
    along = np.log(SHARES / (1 - SHARES)) * width + middle
    margins = [0, *sorted({round(place) for place in along if place >= 1})]
    chances = curve(np.array(margins, np.float64), ceiling, middle, width)
    reject = middle - width * np.log(2 * ceiling - 1)
    return max(0, round(reject)), [
        (place, round(1000 * float(chance))) for place, chance in zip(margins, chances, strict=True)
    ]


def write_table(path: Path, crc: str, reject: int, knots: list[tuple[int, int]]) -> None:
    """``path`` as ``lanecam.confidence`` reads it."""
    lines = [f"lanewise-confidence 1 {crc}", f"reject {reject}"]
    path.write_text("\n".join([*lines, *(f"{a} {b}" for a, b in knots)]) + "\n", encoding="ascii")


def reliability(readings: Readings) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, count) of ``BINS`` bins of equal width."""
    place = np.minimum((readings.confidence * BINS).astype(int), BINS - 1)
    found = []
    for number in range(BINS):
        inside = place == number
        if inside.any():
            confidence = float(readings.confidence[inside].mean())
            share = float(readings.right[inside].mean())
            found.append((confidence, share, int(inside.sum())))
    return found


def calibration_error(readings: Readings) -> float:
    """Expected calibration error (Naeini et al. 2015): mean gap of the bins, by their counts."""
    total = len(readings.right)
    return sum(n * abs(share - sure) for sure, share, n in reliability(readings)) / total


def draw(before: Readings, after: Readings, voted: Readings, name: str, path: Path) -> None:
    """The reliability diagram: share right with its 95 % interval, and how many pictures each."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (axes, counts) = pyplot.subplots(
        2, sharex=True, figsize=(5, 6), height_ratios=(4, 1), layout="constrained"
    )
    axes.plot([0, 1], [0, 1], color="0.7")
    for readings, label in ((before, "softmax"), (after, "table"), (voted, "table, 4 frames")):
        sure, share, count = (np.array(row) for row in zip(*reliability(readings), strict=True))
        ends = [wilson(round(of * n), n) for of, n in zip(share, count, strict=True)]
        low, high = np.array(ends).T
        error = f"{label}: error {calibration_error(readings):.3f}"
        axes.errorbar(sure, share, (share - low, high - share), fmt="o-", capsize=2, label=error)
        counts.plot(sure, count, "o-")
    axes.set(ylabel="share right", title=f"{name}, rendered desks, test digits")
    figure.legend(loc="outside lower center")
    counts.set(xlabel="confidence", ylabel="pictures", yscale="log")
    figure.savefig(path, dpi=100)


def _pictures(text: str) -> int:
    """A count of pictures that curves can be fitted to."""
    count = int(text)
    if count < FEWEST:
        raise argparse.ArgumentTypeError(f"{count} pictures are too few, at least {FEWEST}")
    return count


def main(arguments: list[str] | None = None) -> int:
    """Fit, write, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--fit", type=_pictures, default=1000, help="pictures of each level")
    parser.add_argument("--test", type=_pictures, default=500, help="pictures of each level")
    parser.add_argument("--out", type=Path, default=None, help="folder for diagram and figures")
    parser.add_argument("--force", action="store_true", help="replace the table there is")
    chosen = parser.parse_args(arguments)
    model = model_path(Path(chosen.model))
    name = read(model)[0].name
    table = model.with_suffix(".conf")
    refuse_existing(table, chosen.force)
    with tempfile.TemporaryDirectory() as folder:  # the table there is stays until the new one is
        apart = Path(shutil.copyfile(model, Path(folder) / "model.lanes"))
        before = look_at(apart, "test", chosen.test, TEST_SEED, 1, table=False)
        fitted = look_at(apart, "validation", chosen.fit, FIT_SEED, 1, table=False)
        reject, knots = fit(fitted)
        crc = f"{int.from_bytes(model.read_bytes()[-4:], 'little'):08x}"
        made = apart.with_suffix(".conf")
        write_table(made, crc, reject, knots)
        after = look_at(apart, "test", chosen.test, TEST_SEED, 1, table=True)
        voted = look_at(apart, "test", chosen.test, TEST_SEED, 4, table=True)
        write_whole(table, made.read_bytes(), overwrite=chosen.force)
    report = {
        "model": name,
        "pictures": {"fit": fitted.pictures, "test": before.pictures},
        "reject": reject,
        "knots": knots,
        "expected_calibration_error": {
            "softmax": round(calibration_error(before), 4),
            "table": round(calibration_error(after), 4),
            "table, 4 frames": round(calibration_error(voted), 4),
        },
        "right": {
            "1 frame": round(after.right.sum() / after.pictures, 4),
            "4 frames": round(voted.right.sum() / voted.pictures, 4),
        },
        "below_reject": {
            "right": int((after.right & (after.margin < reject)).sum()),
            "wrong": int((~after.right & (after.margin < reject)).sum()),
        },
        "reliability": {"softmax": reliability(before), "table": reliability(after)},
    }
    print(json.dumps(report, indent=1))
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
        draw(before, after, voted, name, chosen.out / f"{name}.png")
        (chosen.out / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    run_tool(main)
