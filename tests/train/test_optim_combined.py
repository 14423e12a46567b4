# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""One optimizer for any mix of manifolds: it agrees with torch's, stays on them, and resumes."""

from __future__ import annotations

import copy
import json

import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed")

from torch import nn  # noqa: E402

from lanewise.errors import ManifoldError, TrainingError  # noqa: E402
from lanewise.manifolds import (  # noqa: E402
    Accumulator,
    Birkhoff,
    Euclidean,
    L1Ball,
    PermutationMixture,
    Simplex,
    Sphere,
    Stiefel,
    ZeroCentredAccumulator,
)
from lanewise.train.optim import ManifoldOptimizer  # noqa: E402

MANIFOLDS = [
    (Euclidean(), (5, 7)),
    (Sphere(), (5, 7)),
    (Sphere(2.0, rows=False), (5, 7)),
    (Stiefel(), (9, 4)),
    (Stiefel(), (4, 9)),
    (Birkhoff(), (5, 5)),
    (Birkhoff("fisher"), (5, 5)),
    (Simplex(), (5, 7)),
    (PermutationMixture(3), (4, 6)),
    (L1Ball(1.0), (5, 7)),
    (Accumulator(12, 4, scale=0.01), (5, 7)),
    (ZeroCentredAccumulator(12, 4, scale=0.01), (5, 7)),
]
METHODS = [(m, s, "sgd") for m, s in MANIFOLDS] + [(m, s, "adam") for m, s in MANIFOLDS]
METHODS += [(m, s, "muon") for m, s in MANIFOLDS if isinstance(m, Stiefel)]


def point(manifold, shape, seed, dtype=torch.float64):
    return manifold.sample(shape, torch.Generator().manual_seed(seed), dtype)


@pytest.mark.parametrize(("manifold", "shape", "method"), METHODS, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["f32", "f64"])
def test_every_method_descends_on_every_manifold_and_stays_on_it(manifold, shape, method, dtype):
    target = point(manifold, shape, 1, dtype)
    W = nn.Parameter(point(manifold, shape, 2, dtype))
    lr = {"sgd": 0.02, "adam": 0.02, "muon": 0.05}[method]
    optimizer = ManifoldOptimizer(
        [{"params": [W], "manifold": manifold, "method": method}], lr=lr, momentum=0.5
    )
    start = float((W.detach() - target).square().sum())
    for step in range(150):
        for group in optimizer.param_groups:
            group["lr"] = lr * (1 - step / 150)
        optimizer.zero_grad()
        (W - target).square().sum().backward()
        optimizer.step()
        assert manifold.check(W)[0]
    # Stiefel has parts; some of its points lie across: half way is enough there.
    share = 0.6 if isinstance(manifold, Stiefel) else 0.15
    assert float((W.detach() - target).square().sum()) < share * start


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_without_manifolds_it_is_adamw(decay):
    torch.manual_seed(0)
    ours, theirs = nn.Linear(5, 3), nn.Linear(5, 3)
    theirs.load_state_dict(ours.state_dict())
    a = ManifoldOptimizer(ours.parameters(), lr=0.01, weight_decay=decay)
    b = torch.optim.AdamW(theirs.parameters(), lr=0.01, weight_decay=decay)
    x = torch.randn(20, 5)
    for _ in range(50):
        for network, optimizer in ((ours, a), (theirs, b)):
            optimizer.zero_grad()
            network(x).square().mean().backward()
            optimizer.step()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(p, q, atol=1e-7)


@pytest.mark.parametrize("nesterov", [False, True])
def test_on_no_manifold_riemannian_sgd_and_adam_are_torchs(nesterov):
    for method, make in (
        ("sgd", lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=nesterov)),
        ("adam", lambda p: torch.optim.Adam(p, lr=0.01)),
    ):
        torch.manual_seed(0)
        p = nn.Parameter(torch.randn(4, 3, dtype=torch.float64))
        q = nn.Parameter(p.detach().clone())
        a = ManifoldOptimizer(
            [{"params": [p], "manifold": Euclidean(), "method": method}],
            lr=0.01,
            nesterov=nesterov,
        )
        b = make([q])
        for _ in range(40):
            for w, optimizer in ((p, a), (q, b)):
                optimizer.zero_grad()
                (w.sin() * w).sum().backward()
                optimizer.step()
        assert torch.allclose(p, q, atol=1e-12)


class Mixed(nn.Module):
    """A small network with a layer for every kind of constraint."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3)
        self.orthogonal = nn.Linear(6, 12)
        self.rows = nn.Linear(12, 8)
        self.bounded = nn.Linear(8, 4)
        self.mixing = nn.Parameter(torch.eye(4).repeat(2, 1, 1) * 0.7 + 0.1)
        self.coefficients = nn.Parameter(torch.full((1, 6), 1 / 6))

    def forward(self, x):
        x = torch.relu(self.conv(x)).mean((-1, -2))
        x = self.bounded(torch.relu(self.rows(torch.relu(self.orthogonal(x)))))
        for H in self.mixing:
            x = x @ H
        return torch.cat([x, x[:, :3] @ PermutationMixture(3).mix(self.coefficients)[0]], dim=1)

    def optimizer(self) -> ManifoldOptimizer:
        free = [self.conv.bias, self.orthogonal.bias, self.rows.bias, self.bounded.bias]
        return ManifoldOptimizer(
            [
                {"params": free, "weight_decay": 0.01},
                {"params": [self.conv.weight], "manifold": L1Ball(2.0), "method": "sgd"},
                {"params": [self.orthogonal.weight], "manifold": Stiefel(), "budget": 0.5},
                {"params": [self.rows.weight], "manifold": Sphere()},
                {"params": [self.bounded.weight], "manifold": Accumulator(12, 4, scale=0.02)},
                {"params": [self.mixing], "manifold": Birkhoff(), "flatten": False},
                {"params": [self.coefficients], "manifold": PermutationMixture(3)},
            ],
            lr=0.01,
        )


def train(network, optimizer, steps, seed) -> list[float]:
    rng = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(steps):
        x = torch.randn(16, 1, 8, 8, generator=rng)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(
            network(x), (x.mean((1, 2, 3)) > 0).long() + 2 * (x[:, 0, 0, 0] > 0).long()
        )
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def test_one_loop_takes_the_mix_and_learns_on_all_manifolds():
    torch.manual_seed(0)
    network = Mixed()
    optimizer = network.optimizer()
    losses = train(network, optimizer, 120, 1)
    assert sum(losses[-20:]) < 0.9 * sum(losses[:20])
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if group["manifold"] is not None:
                flat = parameter if not group["flatten"] else parameter.reshape(len(parameter), -1)
                assert group["manifold"].check(flat) == (True, None)
    assert list(optimizer.dual_steps.values()) != [] and max(optimizer.dual_steps.values()) <= 8
    assert set(optimizer.dual_residuals) == set(optimizer.dual_steps) == {5}


def test_a_restored_run_goes_on_to_the_same_last_bit():
    torch.manual_seed(0)
    network = Mixed()
    optimizer = network.optimizer()
    train(network, optimizer, 15, 1)
    saved = copy.deepcopy((network.state_dict(), optimizer.state_dict()))
    json.dumps(saved[1]["param_groups"])  # plain data: nothing there that only pickle could keep
    entries = [value for state in saved[1]["state"].values() for value in state.values()]
    assert entries and all(isinstance(value, torch.Tensor) for value in entries)
    expected = train(network, optimizer, 15, 2)

    torch.manual_seed(99)
    other = Mixed()
    restored = other.optimizer()
    other.load_state_dict(saved[0])
    restored.load_state_dict(saved[1])
    assert train(other, restored, 15, 2) == expected
    for p, q in zip(network.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q)

    third = Mixed()  # weights first, optimizer after: building it must not touch them
    third.load_state_dict(saved[0])
    late = third.optimizer()
    for name, value in third.state_dict().items():
        assert torch.equal(value, saved[0][name])
    late.load_state_dict(saved[1])
    assert train(third, late, 15, 2) == expected


def test_a_state_of_other_manifolds_is_refused():
    W = nn.Parameter(torch.eye(3))
    saved = ManifoldOptimizer([{"params": [W], "manifold": Stiefel()}]).state_dict()
    other = ManifoldOptimizer([{"params": [W], "manifold": Birkhoff()}])
    with pytest.raises(TrainingError, match=r"held to Stiefel\(\), here it is Birkhoff"):
        other.load_state_dict(saved)


def test_budgets_scale_the_step_and_the_schedule_scales_all():
    moved = []
    for budget in (1.0, 0.25):
        W = nn.Parameter(point(Stiefel(), (6, 3), 0))
        optimizer = ManifoldOptimizer([{"params": [W], "manifold": Stiefel(), "budget": budget}])
        optimizer.param_groups[0]["lr"] = 0.04
        before = W.detach().clone()
        (W * point(Stiefel(), (6, 3), 1)).sum().backward()
        optimizer.step()
        moved.append(float(torch.linalg.matrix_norm(W.detach() - before, ord=2)))
    assert moved[0] == pytest.approx(0.04, rel=0.01) and moved[1] == pytest.approx(0.01, rel=0.01)


def test_parameters_off_their_manifold_start_on_it():
    W = nn.Parameter(torch.randn(6, 2, 3, 3, generator=torch.Generator().manual_seed(0)))
    ManifoldOptimizer([{"params": [W], "manifold": Stiefel()}])
    assert Stiefel().check(W.reshape(6, -1)) == (True, None)
    with pytest.raises(ManifoldError, match="rank 0"):
        ManifoldOptimizer([{"params": [nn.Parameter(torch.zeros(4, 2))], "manifold": Stiefel()}])


def test_a_closure_is_run_and_frozen_parameters_stay():
    W, frozen = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(2, 2))
    optimizer = ManifoldOptimizer([W, frozen], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = W.square().sum()
        loss.backward()
        return loss

    assert float(optimizer.step(closure).detach()) == 4.0
    assert float(W.detach().max()) < 1 and torch.equal(frozen.detach(), torch.ones(2, 2))


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ({"manifold": Stiefel(), "method": "adamw"}, "adamw would leave"),
        ({"manifold": Sphere(), "method": "muon"}, "needs manifold=Stiefel"),
        ({"method": "lion"}, "'lion'"),
        ({"manifold": "stiefel"}, "give a Manifold"),
        ({"lr": -1.0}, "lr of group 0 is -1"),
        ({"momentum": 1.0}, "momentum"),
        ({"betas": (0.9, 1.0)}, "betas"),
        ({"dual_steps": 0}, "dual_steps"),
        ({"speed": 3}, "unknown option 'speed'"),
    ],
)
def test_groups_that_contradict_themselves_are_refused(group, words):
    with pytest.raises(TrainingError, match=words):
        ManifoldOptimizer([{"params": [nn.Parameter(torch.eye(3))], **group}])


def test_a_bias_on_a_manifold_is_refused():
    with pytest.raises(TrainingError, match="biases"):
        ManifoldOptimizer([{"params": [nn.Parameter(torch.ones(3))], "manifold": Sphere()}])
    with pytest.raises(TrainingError, match="unknown option 'speed'"):
        ManifoldOptimizer([nn.Parameter(torch.ones(3))], speed=1)
