# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The C export: no warning from the compiler, and the reference's integers from the program."""

from __future__ import annotations

import subprocess
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from lanewise.errors import LanewiseError, UsageError
from lanewise.export.c import c_files, c_name
from lanewise.export.c.conv import fused, suits
from lanewise.export.c.lanes import pack_lanes
from lanewise.export.c.memory import place
from lanewise.export.lanes import read
from lanewise.integer.certificate import certify
from lanewise.integer.program import Concat, Conv2d, Dense, Pool, Program
from lanewise.integer.reference import logits
from lanewise.integer.shapes import output_shape, validate
from lanewise.resources import bundled
from lanewise.runtimes import c
from lanewise.runtimes.base import runtime
from lanewise.runtimes.c import STRICT, build, compiler, harness, run_c
from strategies import extreme_inputs, programs, random_weights

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@pytest.fixture(scope="module", autouse=True)
def _sanitized(c_compiler, tmp_path_factory):
    """Where the compiler has sanitizers, all programs here run under them."""
    built = [c_compiler, *STRICT, *SANITIZERS, "main.c", "-o", "run"]
    folder = tmp_path_factory.mktemp("sanitizers")
    with pytest.MonkeyPatch.context() as patch:
        try:
            build({"main.c": "int main(void) { return 0; }\n"}, folder, built)
            subprocess.run([folder / "run"], check=True, capture_output=True)
            patch.setattr(c, "STRICT", (*STRICT, *SANITIZERS))
        except (LanewiseError, subprocess.CalledProcessError):
            pass
        yield


def test_the_sanitizers_see_a_write_beyond_an_array(tmp_path):
    if c.STRICT == STRICT:
        pytest.skip("this compiler has no sanitizers")
    wrong = "int main(int n, char **v) { int a[2] = {0, 0}; (void)v; a[n + 1] = n; return a[0]; }\n"
    build({"main.c": wrong}, tmp_path, [compiler(), *c.STRICT, "main.c", "-o", "run"])
    assert subprocess.run([tmp_path / "run"], capture_output=True).returncode


@given(programs())
@settings(max_examples=40)
def test_random_programs_compile_cleanly_and_return_the_reference_integers(drawn):
    program, rng = drawn
    images = extreme_inputs(program, rng)
    style = ("packed", "wide")[int(rng.integers(2))]
    assert np.array_equal(run_c(program, images, weights=style), logits(program, images))


GEOMETRIES = [
    # stride, padding, kernel rows and columns, channels, outputs, window of the max pooling after
    (1, 0, 3, 3, 2, 5, 1),
    (1, 2, 3, 3, 2, 5, 2),
    (2, 1, 3, 3, 2, 4, 1),
    (3, 1, 2, 4, 2, 5, 1),
    (3, 0, 2, 2, 1, 3, 2),
    (1, 1, 3, 3, 1, 66, 3),
    (2, 0, 1, 5, 3, 1, 2),
    (1, 0, 3, 1, 1, 98, 4),
]


@pytest.mark.parametrize(
    ("storage", "style"),
    [("int8", "packed"), ("int4", "packed"), ("int2", "packed"), ("ternary", "wide")],
)
def test_int16_convolutions_of_every_geometry(storage, style):
    """Strides beyond the kernel, odd channels, padding, many strips and pooling, all on lanes."""
    rng = np.random.default_rng(11)
    for stride, padding, rows, columns, channels, outputs, window in GEOMETRIES:
        first = Conv2d(
            random_weights(rng, (outputs, channels, rows, columns), storage),
            rng.integers(-99, 99, outputs), rng.integers(0, 4, outputs), 4, storage,
            stride=stride, padding=padding,
        )  # fmt: skip
        shape = (channels, 19, 13)
        ops = [first, *([Pool("max", window, window, 0, 4, (1,))] if window > 1 else [])]
        made = shape
        for op in ops:
            made = output_shape(op, [made])
        last = Dense(
            random_weights(rng, (3, int(np.prod(made))), storage) // 8, [1, 2, 3], 0, None,
            storage, (len(ops),),
        )  # fmt: skip
        program = Program(shape, 2, (*ops, last), ("a", "b", "c"))
        bounds = {bound.op: bound for bound in certify(program).bounds}
        assert suits(first, bounds[0]) and fused(program, bounds) == ({0} if window > 1 else set())
        images = extreme_inputs(program, rng, 12)
        assert np.array_equal(run_c(program, images, weights=style), logits(program, images))


@pytest.mark.parametrize("shift", [0, 3, 14, 15, 31])
def test_convolution_lanes_at_the_very_ends_of_int16(shift):
    """Accumulators from -32768 to 32767: no room to start a lane lower, and no carry may show."""
    kernels = np.array([127, -128, 127, -128]).reshape(4, 1, 1, 1)
    bias = [32767 - 127 * 255, -32768 + 128 * 255, -32768, 32767]
    conv = Conv2d(kernels, bias, shift, 8)
    last = Dense(np.eye(16, dtype=np.int8), [0] * 16, 0, None, inputs=(1,))
    program = Program((1, 2, 2), 8, (conv, last), tuple(map(str, range(16))))
    bound = certify(program).bounds[0]
    assert (bound.lo, bound.hi) == (-32768, 32767) and suits(conv, bound)
    images = extreme_inputs(program, np.random.default_rng(shift), 40)
    assert np.array_equal(run_c(program, images), logits(program, images))


def test_a_pooled_convolution_is_not_fused_when_something_else_reads_it():
    conv = Conv2d(np.ones((2, 1, 1, 1), np.int8), [0, 0], 0, 4)
    pools = (Pool("max", 2, 2, 0, 4, (1,)), Pool("max", 2, 2, 0, 4, (1,)))
    last = Dense(np.ones((2, 4), np.int8), [0, 1], 0, None, inputs=(4,))
    program = Program((1, 2, 2), 4, (conv, *pools, Concat((2, 3)), last), ("a", "b"))
    bounds = {bound.op: bound for bound in certify(program).bounds}
    assert fused(program, bounds) == set()
    images = extreme_inputs(program, np.random.default_rng(0))
    assert np.array_equal(run_c(program, images), logits(program, images))


def test_accumulators_at_the_very_ends_of_int16():
    """Both halves of a pair at -32768 and 32767, where a carry would show."""
    weights = np.array([[127] * 129, [-128] * 128 + [0], [127] * 129, [-128] * 128 + [0]])
    bias = np.array([32767 - 127 * 129, -32768 + 128 * 128, 32767 - 127 * 129, -16384])
    program = Program((1, 1, 129), 1, (Dense(weights, bias, 0, None),), ("a", "b", "c", "d"))
    assert "ulab16" in certify(program).engines
    images = np.stack([np.zeros((1, 129)), np.ones((1, 129))]).astype(np.uint8)
    found = run_c(program, images)
    assert found[1].tolist() == [32767, -32768, 32767, -32768]
    assert np.array_equal(found, logits(program, images))


@given(programs(most_ops=6))
@settings(max_examples=200)
def test_values_alive_together_do_not_share_bytes(drawn):
    program, _ = drawn
    shapes = validate(program)
    memory = place(program, shapes)
    for index, op in enumerate(program.ops[:-1]):
        needed = {index + 1, *op.inputs}
        needed |= {v for later in program.ops[index + 1 :] for v in later.inputs if v <= index + 1}
        spans = sorted(
            (memory.offsets[v], memory.offsets[v] + int(np.prod(shapes[v]))) for v in needed
        )
        assert all(first[1] <= second[0] for first, second in pairwise(spans))
        assert spans[-1][1] <= memory.size


def test_packed_words_hold_offset_fields():
    words = pack_lanes(np.array([[-2, 1, 0, -1]]), 2)
    assert words.tolist() == [[0 | 3 << 16 | 2 << 2 | 1 << 18 | 0xAAA0AAA0]]


def zoo_model(name: str) -> Program:
    return read(bundled("models") / name / "model.lanes")[0]


def test_the_self_test_notices_a_changed_weight(tmp_path):
    program = zoo_model("dense14")
    images = np.random.default_rng(1).integers(0, 16, (4, 1, 14, 14)).astype(np.uint8)
    files = c_files(program, images)
    name = c_name(program)
    files["main.c"] = harness(name)
    command = [compiler(), *STRICT, f"{name}.c", "main.c", "-o", "run"]
    build(files, tmp_path, command)
    assert subprocess.run([tmp_path / "run"], input=b"").returncode == 0
    table = files[f"{name}.c"].split("op2_bias[5] = {\n", 1)
    assert len(table) == 2
    at = table[1].index("0x") + 9
    wrong = "0" if table[1][at] != "0" else "1"
    files[f"{name}.c"] = table[0] + "op2_bias[5] = {\n" + table[1][:at] + wrong + table[1][at + 1 :]
    build(files, tmp_path, command)
    assert subprocess.run([tmp_path / "run"], input=b"").returncode == 3


def test_only_stdint_is_included_and_nothing_is_allocated():
    for text in c_files(zoo_model("dense14")).values():
        includes = [line for line in text.splitlines() if line.startswith("#include")]
        assert set(includes) <= {"#include <stdint.h>", '#include "dense14.h"'}
        assert "malloc" not in text and "mem" not in text.replace("memory", "")


def test_names_and_labels_of_any_script_become_c():
    op = Dense(np.ones((3, 1), np.int8), [0] * 3, 0, None)
    program = Program((1, 1, 1), 4, (op,), ('"\\??/', "Größe", "*/"), name="7 segments */")
    assert c_name(program) == "model_7_segments"
    assert np.array_equal(run_c(program, np.ones((1, 1, 1), np.uint8)), [[1, 1, 1]])
    with pytest.raises(UsageError, match="'thin' is unknown"):
        c_files(program, weights="thin")


def test_the_runtime_is_found_by_name():
    program = zoo_model("dense14-pen")
    images = np.random.default_rng(0).integers(0, 16, (300, 14, 14)).astype(np.uint8)
    assert np.array_equal(runtime("c")(program, images), logits(program, images))
