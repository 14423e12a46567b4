# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Time one manifold Muon step on one thread: python tools/bench_muon.py [--rows 256 --columns 128].

A Stiefel matrix is trained toward a target through mini-batches of random inputs, with momentum, so
that consecutive gradients differ as they do in training. Each solver sees the same gradients.
Prints, for each, wall and processor time a step (also the best), dual steps taken and
rms(W'A + A'W) at the end of the dual. Processor time is the figure on a machine that others share.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator

import torch
from torch import Tensor

from lanewise.endings import run_tool
from lanewise.manifolds import Stiefel
from lanewise.train.optim import MuonStep, manifold_muon

ETA = 0.02


def gradients(rows: int, columns: int, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
    """``steps`` pairs of weight and gradient with momentum along one run, in float32."""
    rng = torch.Generator().manual_seed(0)
    W = Stiefel().sample((rows, columns), rng)
    target = Stiefel().sample((rows, columns), rng)
    momentum = torch.zeros_like(W)
    dual = None
    for _ in range(steps):
        x = torch.randn(64, columns, generator=rng)
        momentum = 0.9 * momentum + (W - target) @ x.mT @ x / 64
        yield W, momentum
        done = manifold_muon(W, momentum, ETA, solver="lyapunov", start=dual)
        W, dual = done.weight, done.dual


def measure(
    name: str, pairs: list[tuple[Tensor, Tensor]], solver: str, max_steps: int, warm: bool
) -> dict[str, object]:
    """Run one solver over all pairs; medians over them (the first, which warms up, left out)."""
    wall, processor, taken, residual = [], [], [], []
    dual = None
    for W, G in pairs:
        w, c = time.perf_counter(), time.process_time()
        done: MuonStep = manifold_muon(
            W,
            G,
            ETA,
            solver=solver,  # type: ignore[arg-type]
            max_steps=max_steps,
            start=dual if warm else None,
        )
        wall.append(1e3 * (time.perf_counter() - w))
        processor.append(1e3 * (time.process_time() - c))
        taken.append(done.dual_steps)
        residual.append(done.residual)
        dual = done.dual
        assert Stiefel().check(done.weight)[0]
    return {
        "solver": name,
        "wall_ms": round(statistics.median(wall[1:]), 2),
        "processor_ms": round(statistics.median(processor[1:]), 2),
        "best_ms": round(min(processor[1:]), 2),
        "dual_steps": statistics.median(taken[1:]),
        "residual": statistics.median(residual[1:]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--columns", type=int, default=128)
    parser.add_argument("--steps", type=int, default=30, help="optimizer steps to time")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    pairs = list(gradients(options.rows, options.columns, options.steps))
    few = pairs[: max(3, len(pairs) // 5)]
    rows = [
        measure("lyapunov, warm (default)", pairs, "lyapunov", 8, True),
        measure("lyapunov, cold", pairs, "lyapunov", 8, False),
        measure("lyapunov, warm, 16 steps", pairs, "lyapunov", 16, True),
        measure("ascent (DESIGN.md)", few, "ascent", 100, False),
    ]
    if options.json:
        print(json.dumps({"shape": [options.rows, options.columns], "rows": rows}))
        return
    print(f"{options.rows}x{options.columns} float32, one thread, medians of {options.steps} steps")
    print(f"{'solver':<26}{'wall ms':>9}{'cpu ms':>9}{'best':>8}{'dual steps':>12}{'rms(H)':>11}")
    for row in rows:
        print(
            f"{row['solver']:<26}{row['wall_ms']:>9}{row['processor_ms']:>9}{row['best_ms']:>8}"
            f"{row['dual_steps']:>12}{row['residual']:>11.1e}"
        )


if __name__ == "__main__":
    run_tool(main)
