# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Straightforward NumPy versions of the papers' formulas, written apart from the package.

Slow and plain on purpose: loops, bisection, full decompositions. Nothing here imports lanewise.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np


def sinkhorn(logits: np.ndarray, iterations: int = 20) -> np.ndarray:
    """arXiv:2512.24880, eq. 9: ``M <- T_r(T_c(M))`` from ``exp(logits)``, in the plain domain."""
    M = np.exp(np.asarray(logits, dtype=np.float64))
    for _ in range(iterations):
        for j in range(M.shape[1]):
            M[:, j] = M[:, j] / M[:, j].sum()
        for i in range(M.shape[0]):
            M[i, :] = M[i, :] / M[i, :].sum()
    return M


def permutation_mixture(logits: np.ndarray, n: int) -> np.ndarray:
    """arXiv:2601.05732: softmax over the permutations, entry by entry."""
    weights = [math.exp(a - max(logits)) for a in logits]
    total = math.fsum(weights)
    H = np.zeros((n, n))
    for weight, order in zip(weights, itertools.permutations(range(n)), strict=True):
        for i, j in enumerate(order):
            H[i, j] += weight / total
    return H


def a2q_bound(accumulator_bits: int, activation_bits: int, bias: int) -> int:
    """arXiv:2308.13504 as DESIGN states it, in exact fractions."""
    return math.floor(Fraction(2 ** (accumulator_bits - 1) - 1 - abs(bias), 2**activation_bits - 1))


def a2q_plus_bound(accumulator_bits: int, activation_bits: int, bias: int) -> int:
    """arXiv:2401.10432: ``(2^P - 2) / (2^N - 1)``, less room for the bias on either side."""
    return math.floor(Fraction(2**accumulator_bits - 2 - 2 * abs(bias), 2**activation_bits - 1))


def project_l1(w: np.ndarray, radius: float) -> np.ndarray:
    """Soft threshold found by bisection."""
    if np.abs(w).sum() <= radius:
        return w.copy()
    low, high = 0.0, float(np.abs(w).max())
    for _ in range(200):
        theta = (low + high) / 2
        if np.maximum(np.abs(w) - theta, 0).sum() > radius:
            low = theta
        else:
            high = theta
    return np.sign(w) * np.maximum(np.abs(w) - high, 0)


def project_simplex(w: np.ndarray) -> np.ndarray:
    """Threshold found by bisection."""
    low, high = float(w.min()) - 1.0, float(w.max())
    for _ in range(200):
        theta = (low + high) / 2
        if np.maximum(w - theta, 0).sum() > 1:
            low = theta
        else:
            high = theta
    return np.maximum(w - (low + high) / 2, 0)


def project_zero_centred(w: np.ndarray, radius: float) -> np.ndarray:
    """Onto ``sum = 0, |w|_1 <= R``: ``soft(w - mu, theta)``, nested bisection over both."""

    def shifted(theta: float) -> np.ndarray:
        low, high = float(w.min()) - theta - 1, float(w.max()) + theta + 1
        for _ in range(200):
            mu = (low + high) / 2
            v = np.sign(w - mu) * np.maximum(np.abs(w - mu) - theta, 0)
            if v.sum() > 0:
                low = mu
            else:
                high = mu
        return v

    if np.abs(shifted(0.0)).sum() <= radius:
        return w - w.mean()
    low, high = 0.0, float(np.ptp(w)) + 1
    for _ in range(200):
        theta = (low + high) / 2
        if np.abs(shifted(theta)).sum() > radius:
            low = theta
        else:
            high = theta
    return shifted(high)


def project_birkhoff(W: np.ndarray, iterations: int = 20000) -> np.ndarray:
    """Dykstra's alternating projections: affine marginals and non-negativity."""
    n = W.shape[0]
    X, p = W.astype(np.float64), np.zeros_like(W, dtype=np.float64)
    for _ in range(iterations):
        Y = X - X.sum(1, keepdims=True) / n - X.sum(0, keepdims=True) / n
        Y = Y + X.sum() / n**2 + 1 / n
        new = np.maximum(Y + p, 0)
        p = Y + p - new
        if np.abs(new - X).max() < 1e-15:
            return new
        X = new
    return X


def fisher_tangent(W: np.ndarray, Z: np.ndarray) -> np.ndarray:
    """Douik and Hassibi 2019: the linear system by least squares."""
    n = W.shape[0]
    system = np.block([[np.eye(n), W], [W.T, np.eye(n)]])
    right = np.concatenate([Z.sum(1), Z.sum(0)])
    solution = np.linalg.lstsq(system, right, rcond=None)[0]
    return Z - (solution[:n, None] + solution[None, n:]) * W


def polar(M: np.ndarray) -> np.ndarray:
    """``M (M'M)^(-1/2)`` through the eigenvalues of the Gram matrix, transposing wide matrices."""
    if M.shape[0] < M.shape[1]:
        return polar(M.T).T
    values, vectors = np.linalg.eigh(M.T @ M)
    return M @ (vectors / np.sqrt(values)) @ vectors.T


def svd_sign(M: np.ndarray, floor: float = 0.0) -> np.ndarray:
    """``U V'``; singular values up to ``floor`` stand for zeros, whose sign is zero."""
    U, S, Vh = np.linalg.svd(M, full_matrices=False)
    return (U * (floor < S)) @ Vh


def manifold_muon(
    W: np.ndarray, G: np.ndarray, eta: float, steps: int = 100, tolerance: float = 1e-6
) -> tuple[np.ndarray, int]:
    """DESIGN.md, section Manifolds, in float64: the new weight and the dual steps taken."""
    floor = 64 * np.finfo(G.dtype).eps * np.linalg.norm(G)
    W, G = W.astype(np.float64), G.astype(np.float64)
    if W.shape[0] < W.shape[1]:
        raise ValueError("give the transposes of a wide matrix")
    L = -(W.T @ G + G.T @ W) / 4
    taken = 0
    A = svd_sign(G + 2 * W @ L, floor)
    for k in range(steps):
        A = svd_sign(G + 2 * W @ L, floor)
        H = W.T @ A + A.T @ W
        taken = k + 1
        if np.sqrt(np.mean(H**2)) < tolerance:
            break
        L = L - 0.01 * (1 - k / 100) * H
    return svd_sign(W - eta * A), taken
