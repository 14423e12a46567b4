# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Manifold Muon: DESIGN.md's iteration to rounding, and a faster way to the same direction."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

import manifold_references as references  # noqa: E402
from lanewise.errors import ManifoldError, TrainingError  # noqa: E402
from lanewise.manifolds import Stiefel, msign  # noqa: E402
from lanewise.train.optim import manifold_muon, modular_budgets, retract_near  # noqa: E402

PRECISIONS = pytest.mark.parametrize(
    ("dtype", "limit"), [(torch.float32, 1e-5), (torch.float64, 1e-9)], ids=["f32", "f64"]
)
SHAPES = ((1, 1), (4, 4), (7, 1), (1, 7), (12, 5), (5, 12), (40, 24))


def problem(shape, dtype, seed=0, scale=0.05):
    rng = torch.Generator().manual_seed(seed)
    W = Stiefel().sample(shape, rng, dtype)
    return W, scale * torch.randn(shape, generator=rng, dtype=torch.float64).to(dtype)


def objective(W, G, done) -> float:
    """``<G, A>``, what the direction is to maximize."""
    return float((G.double() * done.direction.double()).sum())


@PRECISIONS
@pytest.mark.parametrize("shape", SHAPES)
def test_ascent_is_the_design_to_rounding(dtype, limit, shape):
    for seed in (0, 1):
        W, G = problem(shape, dtype, seed, scale=1.0)
        for eta in (0.02, 0.3):
            done = manifold_muon(W, G, eta, solver="ascent")
            wide = shape[0] < shape[1]
            pair = (W.T, G.T) if wide else (W, G)
            weight, steps = references.manifold_muon(*(x.numpy() for x in pair), eta)
            weight = weight.T if wide else weight
            assert done.weight.dtype == dtype
            assert float(np.abs(done.weight.numpy() - weight).max()) <= limit
            if dtype == torch.float64:
                assert done.dual_steps == steps


def test_the_stopping_rule_stops():
    W, G = problem((30, 30), torch.float64)
    square = manifold_muon(W, G, 0.1, solver="ascent")
    assert square.dual_steps == 1 and square.residual < 1e-6  # L0 is the answer for square ones
    W, G = problem((200, 6), torch.float64, scale=0.004)
    loose = manifold_muon(W, G, 0.1, solver="ascent", tolerance=1e-2)
    tight = manifold_muon(W, G, 0.1, solver="ascent", tolerance=1e-4)
    assert loose.dual_steps < tight.dual_steps < 100
    assert tight.residual < 1e-4
    assert manifold_muon(W, G, 0.1, solver="ascent", max_steps=3).dual_steps == 3


@PRECISIONS
@pytest.mark.parametrize("solver", ["ascent", "lyapunov"])
@pytest.mark.parametrize("shape", [*SHAPES, (256, 128)])
def test_a_step_stays_on_the_manifold_and_has_its_length(dtype, limit, solver, shape):
    W, G = problem(shape, dtype, 3)
    done = manifold_muon(W, G, 0.1, solver=solver, max_steps=8)
    assert Stiefel().check(done.weight) == (True, None)
    moved = torch.linalg.svdvals(done.direction)
    if shape != (1, 1):  # where no direction is tangent but zero
        assert float((moved - 1).abs().max()) < 1e-3
    assert float(torch.linalg.matrix_norm(done.weight - W, ord=2)) < 0.11 + 2 * done.residual
    assert done.dual_steps <= 8 and done.dual.shape == (min(shape),) * 2


@pytest.mark.parametrize("shape", [(12, 5), (5, 12), (40, 24), (60, 16)])
def test_lyapunov_reaches_the_direction_that_ascent_is_after(shape):
    W, G = problem(shape, torch.float64, 5)
    fast = manifold_muon(W, G, 0.1, solver="lyapunov", max_steps=400, tolerance=1e-9)
    slow = manifold_muon(W, G, 0.1, solver="ascent", max_steps=4000, tolerance=1e-9)
    assert fast.residual < 1e-9 and fast.dual_steps < slow.dual_steps
    assert float((fast.direction - slow.direction).abs().max()) < 1e-4


@pytest.mark.parametrize("seed", range(5))
def test_no_tangent_direction_of_the_same_length_descends_faster(seed):
    W, G = problem((14, 6), torch.float64, seed)
    done = manifold_muon(W, G, 0.1, solver="lyapunov", max_steps=400, tolerance=1e-10)
    best = objective(W, G, done)
    rng = torch.Generator().manual_seed(seed)
    gradient = Stiefel().tangent(W, G)
    for weight in (0.0, 0.1, 0.3, 1.0, 3.0):
        for _ in range(20):
            noise = torch.randn(W.shape, generator=rng, dtype=W.dtype)
            V = Stiefel().tangent(W, gradient / gradient.norm() + weight * noise)
            V = V / torch.linalg.matrix_norm(V, ord=2)
            assert float((G * V).sum()) <= best + 1e-9
    assert best > 0


def test_eight_fast_steps_are_nearer_to_tangent_than_a_hundred_of_ascent():
    W, G = problem((256, 128), torch.float32, 1, scale=1.0)
    fast = manifold_muon(W, G, 0.02, solver="lyapunov")
    slow = manifold_muon(W, G, 0.02, solver="ascent", max_steps=100)
    assert fast.dual_steps == 8 and slow.dual_steps == 100
    assert fast.residual < slow.residual


def test_the_fast_direction_does_not_depend_on_the_scale_of_the_gradient():
    W, G = problem((20, 8), torch.float64, 2)
    one = manifold_muon(W, G, 0.1, solver="lyapunov")
    for scale in (1e-30, 1e-3, 1e30):
        other = manifold_muon(W, scale * G, 0.1, solver="lyapunov")
        assert torch.allclose(one.weight, other.weight, atol=1e-9)


def test_a_warm_start_saves_steps():
    W, G = problem((60, 16), torch.float64, 2)
    first = manifold_muon(W, G, 0.0, solver="lyapunov", max_steps=200)
    again = manifold_muon(W, G, 0.0, solver="lyapunov", max_steps=200, start=first.dual)
    assert first.residual < 1e-6 and again.dual_steps == 1
    near = G + 0.01 * G.norm() / G.numel() ** 0.5 * torch.ones_like(G)
    cold = manifold_muon(W, near, 0.0, solver="lyapunov", max_steps=200)
    warm = manifold_muon(W, near, 0.0, solver="lyapunov", max_steps=200, start=first.dual)
    assert warm.dual_steps < cold.dual_steps
    for dtype, limit in ((torch.float32, 1e-3), (torch.float64, 1e-10)):
        W, G = problem((9, 9), dtype)
        square = manifold_muon(W, G, 0.0, solver="lyapunov", start=torch.eye(9, dtype=dtype))
        # The formula is exact for square matrices, and no start can spoil it.
        assert square.dual_steps == 1 and square.residual < limit


def test_gradients_without_rank_or_size_are_handled():
    W, G = problem((10, 6), torch.float32)
    still = manifold_muon(W, torch.zeros_like(G), 0.1)
    assert torch.equal(still.weight, W) and still.dual_steps == 0
    low = torch.outer(G[:, 0], G[0])
    for solver in ("ascent", "lyapunov"):
        done = manifold_muon(W, low, 0.1, solver=solver)
        assert Stiefel().check(done.weight) == (True, None)


def test_what_cannot_be_stepped_is_refused():
    W, G = problem((10, 6), torch.float32)
    with pytest.raises(TrainingError, match="gradient is not finite"):
        manifold_muon(W, torch.full_like(G, math.nan), 0.1)
    with pytest.raises(ManifoldError, match="weight is not finite"):
        manifold_muon(torch.full_like(W, math.inf), G, 0.1)
    with pytest.raises(ManifoldError, match="one shape"):
        manifold_muon(W, G.T, 0.1)
    with pytest.raises(TrainingError, match="solver"):
        manifold_muon(W, G, 0.1, solver="newton")
    with pytest.raises(TrainingError, match="at least one"):
        manifold_muon(W, G, 0.1, max_steps=0)


@PRECISIONS
def test_the_retraction_is_msign(dtype, limit):
    W, G = problem((40, 24), dtype, 4)
    A = manifold_muon(W, G, 0.1, solver="lyapunov").direction
    for eta in (1e-4, 0.02, 0.5, 2.0):
        X = W - eta * A
        assert float((retract_near(X, eta) - msign(X)).abs().max()) < limit
    far = torch.randn(40, 24, generator=torch.Generator().manual_seed(0)).to(dtype)
    assert float((retract_near(far, 0.1) - msign(far)).abs().max()) < limit


class Decompositions(TorchDispatchMode):
    """Counts the matrix decompositions inside a with block: (name, rows, columns) of each."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[tuple[str, int, int]] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__.removeprefix("_linalg_")
        if name in ("svd", "eigh", "qr", "eig"):
            self.seen[name, *args[0].shape] += 1
        return func(*args, **(kwargs or {}))


def test_a_step_on_256_by_128_costs_nine_small_decompositions_and_no_large_one():
    """What makes a step cheap, in operations; `tools/bench_muon.py` says what they take."""
    W, G = problem((256, 128), torch.float32, 1)
    dual = None
    for _ in range(6):
        with Decompositions() as work, FlopCounterMode(display=False) as products:
            done = manifold_muon(W, G, 0.02, solver="lyapunov", start=dual)
        assert work.seen == {("eigh", 128, 128): 9}  # one a dual step, one for the direction
        # Seven products with a 256 x 128 matrix, 44 of 128 x 128, a few thin ones: 246.5 million.
        assert products.get_total_flops() <= 260e6
        W, dual = done.weight, done.dual
    with Decompositions() as work:
        manifold_muon(W, G, 0.02, solver="ascent")
    assert work.seen["svd", 256, 128] == 100, "the count sees what the fast way saves"


def test_modular_budgets_share_out_one():
    assert modular_budgets([1, 1, 2]) == (0.25, 0.25, 0.5)
    assert modular_budgets([1.0, 1.0], [7.0, 2.0]) == (0.25, 0.5)  # what follows doubles it
    for masses, mus in (([], None), ([0.0], None), ([1, -1], None), ([1], [0.0]), ([1], [1, 1])):
        with pytest.raises(TrainingError):
            modular_budgets(masses, mus)


def test_steps_within_their_budgets_move_a_chain_by_at_most_one():
    rng = torch.Generator().manual_seed(0)
    mus = [0.5, 3.0, 2.0]
    budgets = modular_budgets([1.0, 2.0, 1.0], mus)
    layers = [mu * Stiefel().sample((8, 8), rng, torch.float64) for mu in mus]
    for _ in range(50):
        x = torch.randn(8, generator=rng, dtype=torch.float64)
        x = x / x.norm()
        # In the modular norm a layer's own step is measured per unit of its input.
        eta, a, b = 1e-6, x, x
        size = 1.0
        for W, mu, budget in zip(layers, mus, budgets, strict=True):
            step = Stiefel().sample((8, 8), rng, torch.float64)
            a, b = W @ a, (W + eta * budget * step / max(size, 1.0)) @ b
            size *= mu
        assert float((a - b).norm()) <= eta * (1 + 1e-3)
