# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""All device engines equal the NumPy reference on random programs, to the ends of their intervals.

pytest -m slow tests/engines/test_random_programs.py -v                       10,000 programs each
pytest -m slow tests/engines/test_random_programs.py -rP -k "ten_thousand and bigint-7"    one part
"""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings

from lanewise.errors import CertificateError
from lanewise.export.lanes import dumps
from lanewise.integer.certificate import Certificate, certify
from lanewise.integer.program import Conv2d, Dense, Program
from lanewise.integer.reference import trace
from lanewise.resources import import_lanecam
from lanewise.runtimes.ulab import installed_ulab
from strategies import at_limits, extreme_inputs, programs

ENGINES = ("plain", "bigint", "ulab16", "ulabdot")
PARTS, EACH = 20, 500
KEPT = 20
"""Programs between two collections of everything."""


def keep_aside() -> None:
    """Leave what lives now out of later collections: engines tidy the heap several times a program,
    which takes long with NumPy loaded, and ever longer with what hypothesis remembers of a run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """Where programs are written for the board's loader."""
    import_lanecam()
    keep_aside()
    yield tmp_path_factory.mktemp("random") / "model.lanes"
    gc.unfreeze()


def interval_inputs(program: Program, proof: Certificate) -> np.ndarray:
    """Inputs (n, channels, height, width) that drive accumulators of the first op to both ends.

    Full ink where a weight is positive (or negative), paper elsewhere; in a convolution under the
    window in the middle, which padding does not reach if any does not. Checked against the
    certificate where nothing of the window is padding.
    """
    op = program.ops[0]
    most = (1 << program.input_bits) - 1
    made = []
    if not isinstance(op, Dense | Conv2d):
        return np.zeros((0, *program.input_shape), np.uint8)
    reached = []
    for out in range(len(op.weights)):
        for sign in (1, -1):
            image = np.zeros(program.input_shape, np.uint8)
            if isinstance(op, Dense):
                wanted = (op.weights[out].reshape(image.shape).astype(int) * sign) > 0
                image[wanted] = most
                acc = int(op.bias[out]) + int((op.weights[out].astype(int) * image.ravel()).sum())
                reached.append(acc)
            else:
                acc = _drive_window(op, out, sign, image, most)
                if acc is not None:
                    reached.append(acc)
            made.append(image)
    bound = proof.bounds[0]
    if len(reached) == len(made):
        assert (min(reached), max(reached)) == (bound.lo, bound.hi)
    return np.stack(made[:8])


def _drive_window(op: Conv2d, out: int, sign: int, image: np.ndarray, most: int) -> int | None:
    """Fill the middle window of ``image``; its accumulator, or None where padding lies under it."""
    members, rows, columns = op.weights.shape[1:]
    first = out // (len(op.weights) // op.groups) * members
    _, height, width = image.shape
    tops = (height + 2 * op.padding - rows) // op.stride + 1
    lefts = (width + 2 * op.padding - columns) // op.stride + 1
    top = tops // 2 * op.stride - op.padding
    left = lefts // 2 * op.stride - op.padding
    acc = int(op.bias[out])
    inside = True
    for member, row, column in np.ndindex(members, rows, columns):
        y, x = top + row, left + column
        weight = int(op.weights[out, member, row, column])
        if not (0 <= y < height and 0 <= x < width):
            inside = inside and weight == 0
        elif weight * sign > 0:
            image[first + member, y, x] = most
            acc += weight * most
    return acc if inside else None


def engine_agrees(
    engine: str, program: Program, images: np.ndarray, proof: Certificate, file: Path
) -> bool:
    """Compare with the definition; an engine that the certificate does not admit must refuse.

    Returns whether it ran.
    """
    from lanecam.engines.choice import choose
    from lanecam.errors import ModelError
    from lanecam.model import load

    if not proof.engines:
        with pytest.raises(CertificateError, match="plain is exact in"):
            dumps(program)
        return False
    file.write_bytes(dumps(program))
    with installed_ulab():
        model = load(str(file))
        try:
            runner = choose(model, engine)
        except ModelError as error:
            assert f"{engine} is not exact" in str(error) and str(error).startswith("op ")
            # The dot starts at zero and adds the bias after: its limit is tighter.
            assert engine == "ulabdot" or engine not in proof.engines
            return False
        assert engine in proof.engines
        got = [list(runner.run(image.tobytes())) for image in images]
    assert np.array_equal(got, trace(program, images)[-1].reshape(len(images), -1))
    return True


def check(engine: str, drawn: tuple[Program, np.random.Generator], file: Path) -> bool:
    """One program, every other one at the limits of some engine, on a dozen inputs."""
    program, rng = drawn
    if rng.random() < 0.5:
        program = at_limits(program, rng)
    proof = certify(program)
    images = np.concatenate([extreme_inputs(program, rng, 4), interval_inputs(program, proof)])
    return engine_agrees(engine, program, images, proof, file)


@pytest.mark.parametrize("engine", ENGINES)
@given(drawn=programs(most_ops=5))
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_engines_equal_the_reference(engine, model_file, drawn):
    check(engine, drawn, model_file)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("engine", ENGINES)
def test_engines_equal_the_reference_on_ten_thousand_programs(engine, part, model_file):
    """``PARTS`` runs from seeds of their own: each a line of progress, each repeatable alone."""
    tried = 0
    ran = 0

    @seed(part)
    @settings(max_examples=EACH, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn=programs(most_ops=6))
    def some(drawn):
        nonlocal tried, ran
        if tried % KEPT == 0:
            keep_aside()
        ran += check(engine, drawn, model_file)
        tried += 1

    some()
    print(f"{engine}, part {part}: {ran} programs of {tried} ran, the others were refused by name")
    assert tried >= EACH and ran >= EACH // 4
