# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Figures of a model as PNG: weights, gain against depth, accumulators in their intervals.

Needs matplotlib (the ``figures`` extra); drawn without a screen.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lanewise.files import write_together
from lanewise.inspection.report import Composite, matrix_of
from lanewise.integer.certificate import certify
from lanewise.integer.program import Conv2d, Dense, Mix, Op, Program
from lanewise.integer.reference import trace

matplotlib.use("Agg")
INK, TEAL, ROSE, GREY = "#1e293b", "#0e7490", "#be185d", "#94a3b8"
_DPI = 80


def png(figure: Figure) -> bytes:
    """The figure as PNG bytes."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DPI, facecolor="white")
    return out.getvalue()


def _plain(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=INK, labelsize=8)


def _sheet(op: Op) -> NDArray[np.float64]:
    """Weights as one image: kernels of a convolution side by side, gaps (nan) between them."""
    if not isinstance(op, Conv2d):
        matrix = matrix_of(op)
        assert matrix is not None
        return matrix
    outputs, inputs, rows, columns = op.weights.shape
    sheet = np.full((inputs * (rows + 1) - 1, outputs * (columns + 1) - 1), np.nan)
    for out in range(outputs):
        for source in range(inputs):
            y, x = source * (rows + 1), out * (columns + 1)
            sheet[y : y + rows, x : x + columns] = op.weights[out, source]
    return sheet


def weights_figure(program: Program) -> Figure:
    """Every matrix of the program as an image: teal positive, rose negative, white zero."""
    shown = [
        (index, op, _sheet(op))
        for index, op in enumerate(program.ops)
        if isinstance(op, Dense | Conv2d | Mix)
    ]
    columns = min(4, len(shown))
    rows = math.ceil(len(shown) / columns)
    figure = Figure(figsize=(2.6 * columns, 2.1 * rows), layout="constrained")
    ink = matplotlib.colors.LinearSegmentedColormap.from_list("ink", [ROSE, "white", TEAL])
    colours = ink.with_extremes(bad="#e2e8f0")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, (index, op, sheet) in zip(grid, shown, strict=False):
        reach = float(np.nanmax(np.abs(sheet))) or 1.0
        if isinstance(op, Mix):
            reach = max(reach, 1.0)
        axes.imshow(
            sheet, cmap=colours, vmin=-reach, vmax=reach, aspect="auto", interpolation="nearest"
        )
        rows_, inputs = op.matrix.shape if isinstance(op, Mix) else op.weights.shape[:2]
        kind = type(op).__name__.lower()
        axes.set_title(f"{index} {kind} {rows_}x{inputs}", fontsize=8, color=INK)
        if isinstance(op, Mix) and op.matrix.size <= 36:
            for (y, x), value in np.ndenumerate(sheet):
                dark = value > 0.6 * reach
                axes.text(
                    x, y, f"{value:.2f}", ha="center", va="center", fontsize=7,
                    color="white" if dark else INK,
                )  # fmt: skip
    return figure


def gain_figure(chains: Mapping[str, Composite]) -> Figure:
    """Gains of the composite of the first mixes against their number, one line a chain."""
    figure = Figure(figsize=(6.4, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for colour, (name, chain) in zip((TEAL, ROSE, INK, GREY), chains.items(), strict=False):
        depth = np.arange(1, chain.mixes + 1)
        forward = [one.forward for one in chain.by_depth]
        backward = [one.backward for one in chain.by_depth]
        left.plot(depth, forward, "-o", color=colour, markersize=3, label=f"{name} forward")
        left.plot(depth, backward, "--s", color=colour, markersize=3, label=f"{name} backward")
        logs = [one.log_column for one in chain.by_depth]
        right.plot(depth, logs, "-o", color=colour, markersize=3, label=name)
    left.set_ylabel("Amax", fontsize=9)
    right.set_ylabel("max |log column sum|", fontsize=9)
    # Never so close that rounding of the last bit looks like a result.
    low, high = left.get_ylim()
    left.set_ylim(min(low, 0.9), max(high, 1.1))
    right.set_ylim(0, max(right.get_ylim()[1], 0.1))
    for axes in (left, right):
        _plain(axes)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel("mixes", fontsize=9)
        axes.legend(fontsize=7, frameon=False)
    return figure


def accumulators_figure(program: Program, inputs: NDArray[np.integer]) -> Figure:
    """Histogram of each op's accumulators between the ends of its certified interval."""
    proof = certify(program)
    accumulators = trace(program, inputs[:, None])
    columns = min(3, len(proof.bounds))
    rows = math.ceil(len(proof.bounds) / columns)
    figure = Figure(figsize=(3.2 * columns, 1.5 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, bound in zip(grid, proof.bounds, strict=False):
        axes.set_axis_on()
        edges = np.linspace(bound.lo, bound.hi + 1, 61)
        counts, _ = np.histogram(accumulators[bound.op], bins=edges)
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=TEAL)
        axes.set_yscale("log")
        for end in (bound.lo, bound.hi):
            axes.axvline(end, color=ROSE, linewidth=1.2)
        axes.set_xticks([bound.lo, bound.hi] if bound.lo >= 0 else [bound.lo, 0, bound.hi])
        axes.set_yticks([])
        axes.minorticks_off()
        _plain(axes)
        axes.tick_params(labelsize=7)
        axes.set_title(f"{bound.op} {bound.kind}: {bound.bits} bits", fontsize=8, color=INK)
    return figure


def write_figures(
    program: Program,
    inputs: NDArray[np.integer],
    chain: Composite | None,
    folder: Path,
    overwrite: bool = False,
) -> list[Path]:
    """Write weights.png, accumulators.png and, where streams mix, gain.png into ``folder``."""
    figures = {
        "weights": weights_figure(program),
        "accumulators": accumulators_figure(program, inputs),
    }
    if chain is not None:
        figures["gain"] = gain_figure({program.name: chain})
    files = {folder / f"{name}.png": png(figure) for name, figure in figures.items()}
    write_together(files, overwrite)
    return list(files)
