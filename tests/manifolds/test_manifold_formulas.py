# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Agreement with independent NumPy versions of the papers' formulas: 1e-5 float32, 1e-9 float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import manifold_references as references
from lanewise.errors import CertificateError, ManifoldError
from lanewise.integer.accumulator import l1_bound, quantize_toward_zero, zero_centred_l1_bound
from lanewise.manifolds import (
    Accumulator,
    Birkhoff,
    L1Ball,
    PermutationMixture,
    Simplex,
    Sphere,
    Stiefel,
    ZeroCentredAccumulator,
    conservation,
    msign,
    permutation_matrices,
    permutation_mixture,
    sinkhorn,
)
from lanewise.manifolds.polar import polar_express_polynomials

PRECISIONS = pytest.mark.parametrize(
    ("dtype", "limit"), [(torch.float32, 1e-5), (torch.float64, 1e-9)], ids=["f32", "f64"]
)


def agree(ours: torch.Tensor, reference: np.ndarray, limit: float) -> None:
    assert float(np.abs(ours.numpy().astype(np.float64) - reference).max()) <= limit


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


@PRECISIONS
@pytest.mark.parametrize("n", [1, 2, 4, 8, 32])
def test_sinkhorn(dtype, limit, n):
    for seed, spread in ((0, 1.0), (1, 4.0)):
        logits = torch.tensor(spread * normal(seed, n, n), dtype=dtype)
        agree(sinkhorn(logits), references.sinkhorn(logits.numpy()), limit)
        agree(sinkhorn(logits, 3), references.sinkhorn(logits.numpy(), 3), limit)


def test_sinkhorn_normalizes_columns_first_and_rows_last():
    logits = torch.tensor(3 * normal(5, 6, 6))
    one = sinkhorn(logits, 1)
    columns = logits.exp() / logits.exp().sum(dim=0, keepdim=True)
    assert torch.allclose(one, columns / columns.sum(dim=1, keepdim=True))
    laws = conservation(one)
    assert laws.row_sums < 1e-15 * 8 < 1e-2 < laws.column_sums  # rows exact, columns not yet
    assert conservation(sinkhorn(logits, 20)).column_sums < 0.1 * laws.column_sums
    other = conservation(sinkhorn(logits, 1, rows_last=False))
    assert other.column_sums < 1e-14 < 1e-2 < other.row_sums
    assert torch.allclose(sinkhorn(logits.T, 1, rows_last=False), one.T)


def test_sinkhorn_survives_logits_whose_exponential_overflows():
    laws = conservation(sinkhorn(torch.tensor(300 * normal(1, 4, 4)), 1))
    assert laws.row_sums < 1e-13 and laws.negativity == 0
    assert bool(torch.isfinite(sinkhorn(torch.full((3, 3), 1e30))).all())
    for bad in (torch.ones(2, 3), torch.full((2, 2), math.nan), torch.ones(2)):
        with pytest.raises(ManifoldError, match="sinkhorn"):
            sinkhorn(bad)


@PRECISIONS
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_permutation_mixture(dtype, limit, n):
    logits = torch.tensor(2 * normal(n, math.factorial(n)), dtype=dtype)
    H = permutation_mixture(logits, n)
    agree(H, references.permutation_mixture(logits.numpy().astype(float).tolist(), n), limit)
    assert Birkhoff().check(H) == (True, None)
    batch = PermutationMixture(n).mix(torch.softmax(torch.stack([logits, -logits]), -1))
    assert torch.allclose(batch[0], H)


def test_parametrizations_pass_gradients():
    logits = torch.tensor(normal(3, 2, 4, 4)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: sinkhorn(x, 5), (logits,))
    free = torch.tensor(normal(4, 2, 6)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: permutation_mixture(x, 3), (free,))
    M = torch.tensor(normal(5, 4, 3)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: msign(x), (M,))
    through_products = torch.autograd.grad(msign(M, "polar_express")[0].sum(), M)[0]
    assert torch.allclose(through_products, torch.autograd.grad(msign(M)[0].sum(), M)[0])


def test_permutation_matrices_are_all_and_begin_with_the_identity():
    P = permutation_matrices(4)
    assert P.shape == (24, 4, 4) and torch.equal(P[0], torch.eye(4, dtype=torch.float64))
    assert len({tuple(p.flatten().tolist()) for p in P}) == 24
    assert bool((P.sum(-1) == 1).all()) and bool((P.sum(-2) == 1).all())
    for n in (0, 7):
        with pytest.raises(ManifoldError, match="1 to 6"):
            permutation_matrices(n)
    with pytest.raises(ManifoldError, match="3! = 6"):
        permutation_mixture(torch.zeros(5), 3)


@PRECISIONS
@pytest.mark.parametrize("n", [2, 3, 6, 12])
def test_birkhoff_projection_is_the_nearest_point(dtype, limit, n):
    for scale in (0.05, 1.0, 3.0):
        W = torch.tensor(scale * normal(n, n, n), dtype=dtype)
        agree(Birkhoff().project(W), references.project_birkhoff(W.numpy().astype(float)), limit)


@PRECISIONS
def test_birkhoff_tangents(dtype, limit):
    W = Birkhoff().sample((6, 6), torch.Generator().manual_seed(2), dtype)
    Z = torch.tensor(normal(3, 6, 6), dtype=dtype)
    ours = Birkhoff("fisher").tangent(W, Z)
    agree(ours, references.fisher_tangent(W.numpy().astype(float), Z.numpy().astype(float)), limit)
    J = np.eye(6) - 1 / 6
    agree(Birkhoff().tangent(W, Z), J @ Z.numpy().astype(float) @ J, limit)


def test_birkhoff_works_on_faces_and_vertices():
    P = permutation_matrices(4)[[3, 17]]
    manifold = Birkhoff()
    assert torch.equal(manifold.project(P), P) and float(manifold.distance(P).max()) == 0
    V = manifold.tangent(P, torch.tensor(normal(0, 2, 4, 4)))
    assert manifold.check_tangent(P, V) == (True, None)
    assert manifold.check(manifold.retract(P, V)) == (True, None)


def test_the_fisher_metric_keeps_inside_and_refuses_a_face():
    manifold = Birkhoff("fisher")
    W = manifold.sample((4, 4), torch.Generator().manual_seed(0), torch.float64)
    for _ in range(50):  # run hard against a face, and stay able to go on
        W = manifold.retract(W, manifold.gradient(W, torch.tensor(30 * normal(1, 4, 4))))
    assert float(W.min()) > 0 and manifold.check(W) == (True, None)
    P = permutation_matrices(4)[3]
    with pytest.raises(ManifoldError, match="inside"):
        manifold.tangent(P, torch.tensor(normal(0, 4, 4)))


@PRECISIONS
def test_row_projections(dtype, limit):
    for seed in range(6):
        rows = torch.tensor(normal(seed, 4, 17), dtype=dtype)
        plain = rows.numpy().astype(float)
        for radius in (0.3, 3.0, 100.0):
            expected = np.stack([references.project_l1(w, radius) for w in plain])
            agree(L1Ball(radius).project(rows), expected, limit)
        expected = np.stack([references.project_simplex(w) for w in plain])
        agree(Simplex().project(rows), expected, limit)
        unit = plain / np.sqrt((plain**2).sum(1, keepdims=True))
        agree(Sphere().project(rows), unit, limit)
        agree(Sphere(3.0, rows=False).project(rows), 3 * plain / np.sqrt((plain**2).sum()), limit)


@PRECISIONS
def test_zero_centred_projection(dtype, limit):
    manifold = ZeroCentredAccumulator(10, 4, scale=0.05)
    radius = 0.05 * references.a2q_plus_bound(10, 4, 0)
    rows = torch.tensor(np.concatenate([normal(8, 4, 12), 0.1 * normal(9, 2, 12)]), dtype=dtype)
    expected = np.stack(
        [references.project_zero_centred(w, radius) for w in rows.numpy().astype(float)]
    )
    agree(manifold.project(rows), expected, limit)


@PRECISIONS
@pytest.mark.parametrize("shape", [(1, 1), (9, 4), (4, 9), (64, 40), (3, 12, 5)])
def test_msign_and_stiefel_tangent(dtype, limit, shape):
    M = torch.tensor(normal(4, *shape), dtype=dtype)
    flat = M.reshape(-1, *shape[-2:]).numpy().astype(float)
    expected = np.stack([references.polar(m) for m in flat]).reshape(shape)
    agree(msign(M), expected, limit)
    agree(msign(M, "polar_express"), expected, limit)


@PRECISIONS
def test_polar_express_reaches_every_singular_value_it_promises(dtype, limit):
    left, right = msign(torch.tensor(normal(0, 96, 64))), msign(torch.tensor(normal(1, 64, 64)))
    singular = torch.logspace(0, -3, 64, dtype=torch.float64)
    singular = singular / singular.norm()
    M = ((left * singular) @ right).to(dtype)
    exact = left @ right
    lower = float(singular[-1]) * 0.99
    far = msign(M, "polar_express", lower=lower).to(torch.float64)
    # An error of the input is magnified by 1/s in the factor, here a thousandfold.
    assert float((far - exact).abs().max()) <= (2e-4 if dtype == torch.float32 else limit)
    values = torch.linalg.svdvals(far)
    assert float((values - 1).abs().max()) <= limit


def test_polar_express_polynomials_are_best_on_their_interval():
    low, high = 1e-3, 1.0
    for a, b, c in polar_express_polynomials(1e-3, 1e-9):
        start = max(low, 0.1 * high)
        x = np.linspace(start, high, 20001)
        error = np.abs(1 - (a * x + b * x**3 + c * x**5)).max()
        edge = 1 - (a * start + b * start**3 + c * start**5)
        assert error <= edge * (1 + 1e-6) + 1e-12  # equal ripples: no worse inside than at the end
        low, high = a * low + b * low**3 + c * low**5, 1 + edge
    assert high - low < 2e-9
    with pytest.raises(ManifoldError, match="lower"):
        polar_express_polynomials(0.0, 1e-6)


def test_msign_of_a_singular_matrix_keeps_the_zero_and_flows():
    M = torch.tensor(normal(0, 8, 2) @ normal(1, 2, 5)).requires_grad_()
    Q = msign(M)
    values = torch.linalg.svdvals(Q.detach())
    assert torch.allclose(values, torch.tensor([1.0, 1, 0, 0, 0], dtype=torch.float64), atol=1e-12)
    (Q * torch.tensor(normal(2, 8, 5))).sum().backward()
    assert M.grad is not None and bool(torch.isfinite(M.grad).all())
    assert torch.equal(msign(torch.zeros(3, 2), "polar_express"), torch.zeros(3, 2))
    with pytest.raises(ManifoldError, match="rank 2 of 5"):
        Stiefel().project(M.detach())
    with pytest.raises(ManifoldError, match="finite"):
        msign(torch.full((2, 2), math.nan))


@given(
    accumulator_bits=st.integers(8, 32),
    activation_bits=st.integers(1, 8),
    bias=st.integers(-127, 127),
)
def test_accumulator_bounds(accumulator_bits, activation_bits, bias):
    P, a = accumulator_bits, activation_bits
    assert l1_bound(P, a, bias) == references.a2q_bound(P, a, bias)
    assert zero_centred_l1_bound(P, a, bias) == references.a2q_plus_bound(P, a, bias)
    # Tight: one unit more and an all-full input leaves the range.
    reach = (l1_bound(P, a, bias) + 1) * (2**a - 1) + abs(bias)
    assert reach > 2 ** (P - 1) - 1


@given(
    seed=st.integers(0, 2**32 - 1),
    accumulator_bits=st.integers(9, 16),
    activation_bits=st.integers(1, 6),
    bias=st.integers(-100, 100),
    centred=st.booleans(),
    size=st.floats(0.01, 1e4),
)
def test_no_input_overflows_a_projected_truncated_row(
    seed, accumulator_bits, activation_bits, bias, centred, size
):
    kind = ZeroCentredAccumulator if centred else Accumulator
    scale = 0.037
    top = 2**activation_bits - 1
    try:
        manifold = kind(accumulator_bits, activation_bits, scale=scale, bias=bias)
    except ManifoldError:
        assert 2 ** (accumulator_bits - 1) - 1 - abs(bias) < top  # not one unit weight fits
        return
    rows = torch.tensor(size * normal(seed, 5, 30), dtype=torch.float32)
    q = quantize_toward_zero(manifold.project(rows).numpy(), scale, bits=16)
    highest = bias + top * np.where(q > 0, q, 0).sum(axis=1)
    lowest = bias + top * np.where(q < 0, q, 0).sum(axis=1)
    limit = 2 ** (accumulator_bits - 1) - 1
    assert highest.max() <= limit and lowest.min() >= -limit


def test_quantization_goes_toward_zero_and_refuses_nonsense():
    got = quantize_toward_zero([[1.99, -1.99, 0.4, 9.0], [3.0, -0.3, 0.0, -9.0]], [1.0, 0.5], 4)
    assert got.tolist() == [[1, -1, 0, 7], [6, 0, 0, -7]]
    for weights, scale, bits in (([[1.0]], 0.0, 8), ([[math.nan]], 1.0, 8), ([[1.0]], 1.0, 1)):
        with pytest.raises(CertificateError):
            quantize_toward_zero(weights, scale, bits)


def test_impossible_accumulators_are_refused():
    with pytest.raises(CertificateError, match="alone overflows"):
        l1_bound(8, 4, 200)
    with pytest.raises(CertificateError, match="2 to 64"):
        l1_bound(1, 4)
    with pytest.raises(ManifoldError, match="not even one unit weight"):
        Accumulator(4, 8)
    with pytest.raises(ManifoldError, match="scale"):
        Accumulator(16, 4, scale=-1.0)
    with pytest.raises(ManifoldError, match="radius"):
        L1Ball(0.0)
    with pytest.raises(ManifoldError, match="radius"):
        Sphere(math.inf)


def test_rows_may_have_scales_and_biases_of_their_own():
    manifold = Accumulator(12, 4, scale=[0.1, 0.2], bias=[0, 1000])
    assert manifold.radius.tolist() == [0.1 * (2047 // 15), 0.2 * (1047 // 15)]


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 9), kind=st.integers(0, 4))
def test_birkhoff_projection_settles_on_awkward_matrices(seed, n, kind):
    rng = np.random.default_rng(seed)
    W = [
        rng.integers(-3, 4, (n, n)).astype(float),  # ties everywhere
        np.eye(n)[rng.permutation(n)] * rng.choice([1.0, 50.0, -7.0]),
        rng.standard_normal((n, n)) * 10.0 ** rng.integers(-8, 4),
        np.where(rng.random((n, n)) < 0.7, 0.0, rng.standard_normal((n, n))),
        np.outer(rng.standard_normal(n), rng.standard_normal(n)) * 100,
    ][kind]
    try:
        P = Birkhoff().project(torch.tensor(W))
    except ManifoldError as error:
        assert "limit" in str(error) and np.abs(W).max() > 2000
        return
    assert Birkhoff().check(P) == (True, None)
    # Optimal: <W - P, Q - P> <= 0 for every permutation matrix Q, hence every point.
    slack = 1e-9 * max(1.0, np.abs(W).max())
    for _ in range(20):
        Q = np.eye(n)[rng.permutation(n)]
        assert ((W - P.numpy()) * (Q - P.numpy())).sum() <= slack
