# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise train`` with scenes of the camera and with weights to begin with."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from lanewise.cli import main


def train(*arguments: str):
    base = ["train", "--limit", "256", "--epochs", "1", "--batch", "64", "--json"]
    return CliRunner().invoke(main, [*base, *arguments])


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "first"
    done = train("--out", str(out))
    assert done.exit_code == 0, done.output
    return out


def test_scenes_join_the_digits_and_weights_are_gone_on_from(first, tmp_path):
    done = train("--out", str(tmp_path / "more"), "--from", str(first), "--camera", "60")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["epochs"] == 1
    # Another number of scenes is another run: its checkpoint is not gone on from.
    again = train("--out", str(tmp_path / "more"), "--from", str(first), "--camera", "90")
    assert again.exit_code == 1 and "other data" in again.output


def test_a_start_that_is_no_run_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    done = train("--out", str(tmp_path / "out"), "--from", str(tmp_path / "empty"))
    assert done.exit_code == 1
    assert "checkpoint" in done.output
    assert not (tmp_path / "out").exists()
