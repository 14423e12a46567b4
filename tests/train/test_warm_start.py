# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Training that goes on from a finished run with other data."""

from __future__ import annotations

import pytest
import torch

from lanewise.errors import TrainingError
from lanewise.nn.architectures import dense
from lanewise.train import checkpoint
from lanewise.train.loop import fit
from lanewise.train.state import fresh, load_trained, warm_start
from training_runs import BRIEF, SMALL, changed, pen

GENTLE = changed(epochs=1, lr=1e-4, float_share=0.0)


def first_run(folder):
    return fit(SMALL, BRIEF, pen("train", 200), pen("validation", 50), folder)


def test_it_begins_with_the_weights_that_were_kept(tmp_path):
    kept = first_run(tmp_path).network.state_dict()
    state = fresh(SMALL, GENTLE)
    warm_start(state, load_trained(tmp_path))
    for network in (state.network, state.average):
        assert all(torch.equal(value, kept[name]) for name, value in network.state_dict().items())


def test_a_gentle_run_stays_nearer_to_its_start_than_a_fresh_one(tmp_path):
    first = first_run(tmp_path).network
    digits, validation = pen("train", 320), pen("validation", 50)
    warm = fit(SMALL, GENTLE, digits, validation, start=load_trained(tmp_path)).network
    cold = fit(SMALL, GENTLE, digits, validation).network

    def far(network):
        pairs = zip(network.parameters(), first.parameters(), strict=True)
        return sum(float((one - other).detach().square().sum()) for one, other in pairs)

    assert 0 < far(warm) < 0.05 * far(cold)


def test_a_checkpoint_of_another_start_is_refused(tmp_path):
    first_run(tmp_path / "first")
    start = load_trained(tmp_path / "first")
    digits, validation = pen("train", 320), pen("validation", 50)
    fit(SMALL, GENTLE, digits, validation, tmp_path / "warm", start=start)
    with torch.no_grad():
        next(start.network.parameters()).add_(1.0)
    with pytest.raises(TrainingError, match="other start"):
        fit(SMALL, GENTLE, digits, validation, tmp_path / "warm", start=start)
    assert checkpoint.load(tmp_path / "warm" / checkpoint.FILE_NAME)


def test_another_architecture_is_refused_by_name(tmp_path):
    first_run(tmp_path)
    wide = dense("wide", size=7, hidden=(13,))
    with pytest.raises(TrainingError, match="small cannot be the start of a wide"):
        fit(wide, GENTLE, pen("train", 200), pen("validation", 50), start=load_trained(tmp_path))
