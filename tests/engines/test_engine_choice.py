# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The choice of an engine: by certificate, modules and memory; what it says; and who refuses."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

from lanewise.errors import LanewiseError
from lanewise.export.lanes import dumps, read
from lanewise.integer.program import Dense, Program
from lanewise.integer.reference import logits
from lanewise.resources import bundled, import_lanecam
from lanewise.runtimes.device import device_engine
from lanewise.runtimes.micropython import run_script
from lanewise.runtimes.ulab import installed_ulab


@pytest.fixture
def dense14():
    return bundled("models") / "dense14" / "model.lanes"


@pytest.fixture
def loaded(dense14):
    import_lanecam()
    from lanecam.model import load

    return load(str(dense14))


def with_bias(bias: int) -> Program:
    """One input, one output: ``bias`` to ``bias + 1``."""
    return Program((1, 1, 1), 1, (Dense(np.array([[1]]), [bias], [0], None),), ("only",))


@pytest.mark.parametrize(
    ("engine", "last", "limit"),
    [("ulab16", (1 << 15) - 2, "leave int16"), ("ulabdot", (1 << 23) - 1, "leave 2**24")],
)
def test_an_engine_outside_its_certificate_refuses_by_name(engine, last, limit):
    assert device_engine(with_bias(last), engine).run(b"\x01") == [last + 1]
    message = rf"op 0 \(dense\): accumulators \[{last + 1}, {last + 2}\].*{re.escape(limit)}"
    with pytest.raises(LanewiseError, match=rf"{message}.*{engine} is not exact"):
        device_engine(with_bias(last + 1), engine)


def test_bigint_refuses_accumulators_beyond_31_bits_and_the_loader_does_too(loaded):
    from lanecam.engines.bigint import Bigint
    from lanecam.errors import ModelError

    loaded.ops[1].acc_hi = 1 << 30
    with pytest.raises(ModelError, match=r"op 1 \(dense\).*leave 31 bits, bigint is not exact"):
        Bigint(loaded)
    with pytest.raises(LanewiseError, match="no engine is exact|31 bits|only"):
        dumps(with_bias((1 << 30) - 1))


def test_without_ulab_big_integers_are_chosen_and_the_reason_says_so(loaded, monkeypatch):
    from lanecam.engines import choice

    monkeypatch.setattr(choice, "ulab", None)
    assert choice.choose(loaded).name == "bigint"
    assert loaded.explain() == "dense14 runs on bigint: no ulab in this firmware"


def test_wide_accumulators_rule_int16_lanes_out():
    import_lanecam()
    chosen = device_engine(with_bias(40_000))
    assert chosen.name == "bigint"
    assert "accumulators [40000, 40001] leave int16" in chosen.model.explain()


def test_where_memory_is_short_the_next_engine_steps_in_and_the_reason_says_so(loaded, monkeypatch):
    from lanecam.engines import bigint, choice

    def full(*_):
        raise MemoryError("no room")

    monkeypatch.setattr(choice, "ulab", None)
    monkeypatch.setattr(bigint, "plan", full)
    assert choice.choose(loaded).name == "plain"
    assert loaded.explain() == "dense14 runs on plain: bigint does not fit into memory"
    from lanecam.errors import ModelError

    with pytest.raises(ModelError, match="engine bigint does not fit into memory .no room."):
        choice.choose(loaded, "bigint")


def test_before_a_choice_there_is_nothing_to_explain(loaded):
    assert loaded.explain() == "dense14: no engine chosen yet"


def test_an_engine_that_took_the_weights_is_the_last_one(loaded, dense14, monkeypatch):
    """As on a board with little memory: the rows take the weights' place, the results stay."""
    from lanecam.engines import bigint, choice
    from lanecam.errors import ModelError

    monkeypatch.setattr(bigint, "plan", lambda jobs, alone: (True, alone))
    engine = choice.choose(loaded, "bigint")
    assert all(op.weights is None for op in loaded.ops)
    program, _ = read(dense14)
    images = np.random.default_rng(3).integers(0, 16, (4, 14, 14)).astype(np.uint8)
    got = [engine.run(image.tobytes()) for image in images]
    assert np.array_equal(got, logits(program, images))
    with pytest.raises(ModelError, match="took the weights of dense14: load the model again"):
        choice.choose(loaded, "plain")


def test_the_race_is_timed_on_a_board_only(loaded, monkeypatch):
    from lanecam.engines import choice

    with installed_ulab():
        monkeypatch.setattr(choice, "ulab", sys.modules["ulab"])
        monkeypatch.setattr(choice, "race", lambda model: (9, 5))
        assert choice.ranking(loaded)[0][0] == "ulab16"
        name = type("implementation", (), {"name": "circuitpython"})
        monkeypatch.setattr(choice.sys, "implementation", name)
        order, reason = choice.ranking(loaded)
    assert order == ["bigint", "ulab16", "plain"]
    assert reason == "adding 64 lanes takes 9 us with ulab, 5 us in a big integer"


@pytest.mark.parametrize("name", ["swift", "granite", "braid"])
def test_every_kind_of_model_fits_the_vm_with_plain(name, micropython_vm, tmp_path):
    """140 kB of heap, although the VM's words are twice as wide as a board's."""
    from lanewise.runtimes.micropython import SCRIPTS

    path = bundled("models") / name / "model.lanes"
    program, _ = read(path)
    images = np.full((1, *program.input_shape), (1 << program.input_bits) - 1, np.uint8)
    (tmp_path / "in").write_bytes(images.tobytes())
    files = [path, tmp_path / "in", tmp_path / "out", "plain"]
    run_script(SCRIPTS / "logits.py", files, lambda line: None)
    got = np.frombuffer((tmp_path / "out").read_bytes(), "<i4")
    assert np.array_equal(got, logits(program, images)[0])
