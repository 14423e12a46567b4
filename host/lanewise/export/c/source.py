# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The header and the source of a program, its self test among them."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lanewise import __version__
from lanewise.errors import ProgramError, UsageError
from lanewise.export.c.conv import fused
from lanewise.export.c.memory import place
from lanewise.export.c.ops import Emitted, emit
from lanewise.files import write_together
from lanewise.integer.certificate import certify, require_engine
from lanewise.integer.program import Pool, Program
from lanewise.integer.reference import logits
from lanewise.integer.shapes import validate

WEIGHT_STYLES = ("packed", "wide")
"""``packed`` keeps the fields of the model's own storage in flash; ``wide`` spends 16 bits a weight
and saves the unpacking."""

_LICENCE = "SPDX-FileCopyrightText: 2026 The Lanewise developers\n   SPDX-License-Identifier: MIT"


def c_name(program: Program) -> str:
    """The program's name as a C identifier."""
    name = re.sub(r"[^0-9a-z]+", "_", program.name.lower()).strip("_") or "model"
    return name if name[0].isalpha() else f"model_{name}"


def c_files(
    program: Program, golden: NDArray[np.uint8] | None = None, weights: str = "packed"
) -> dict[str, str]:
    """``{NAME.h: text, NAME.c: text}``.

    golden: inputs (n, channels, height, width) of the self test; its logits are computed here.
    Raises ``CertificateError`` where 31 bits do not hold an accumulator, ``UsageError`` for an
    unknown weight style.
    """
    if weights not in WEIGHT_STYLES:
        raise UsageError(f"weight style {weights!r} is unknown; choose packed or wide")
    shapes = validate(program)
    proof = certify(program)
    require_engine(program, proof)
    bounds = {bound.op: bound for bound in proof.bounds}
    together = fused(program, bounds)
    memory = place(program, shapes, together)
    name = c_name(program)
    out = Emitted()
    channels, height, width = program.input_shape
    direct = channels == 1 or height * width == 1
    for index, op in enumerate(program.ops):
        if index - 1 in together:
            continue
        pool = program.ops[index + 1] if index in together else None
        assert pool is None or isinstance(pool, Pool)
        values = [
            "ink" if source == 0 and direct else f"(w->values + {memory.offsets[source]})"
            for source in op.inputs
        ]
        last = index == len(program.ops) - 1
        value = index + 2 if pool else index + 1
        values.append("logits" if last else f"(w->values + {memory.offsets[value]})")
        sources = [shapes[source] for source in op.inputs]
        made = shapes[index + 1]
        emit(out, op, index, sources, made, bounds.get(index), values, weights == "wide", pool)
    if golden is None:
        golden = np.zeros((1, *program.input_shape), np.uint8)
    test = _self_test(out, program, name, np.asarray(golden, np.uint8))
    if memory.size > 1 << 24 or out.acc_words + out.kernel_words > 1 << 22:
        raise ProgramError(f"{program.name}: {memory.size} bytes of activations are too many for C")
    header = _header(program, name, memory.size, out)
    source = _source(program, name, out, test, direct)
    return {f"{name}.h": header, f"{name}.c": source}


def write_c(
    program: Program,
    folder: Path,
    golden: NDArray[np.uint8] | None = None,
    weights: str = "packed",
    overwrite: bool = False,
) -> dict[str, int]:
    """Write both files into ``folder``; returns each one's size in bytes."""
    files = {name: text.encode() for name, text in c_files(program, golden, weights).items()}
    write_together({folder / name: data for name, data in files.items()}, overwrite)
    return {name: len(data) for name, data in files.items()}


def _header(program: Program, name: str, value_bytes: int, out: Emitted) -> str:
    proof = certify(program)
    upper = name.upper()
    inputs = math.prod(program.input_shape)
    kernel = f"\n    uint32_t kernel[{out.kernel_words}];" if out.kernel_words else ""
    return f"""\
/* {_LICENCE}

   {_comment(program.name)}: an integer network, by lanewise {__version__}. C99, no heap.

   Input: {" x ".join(map(str, program.input_shape))} (channels, rows, columns) ink values from 0
   (paper) to {upper}_MAX_INK. Accumulators need {proof.acc_bits} bits for any input (certified).
   Flash: {out.flash_bytes} bytes of tables. RAM: one {name}_workspace. */
#ifndef {upper}_H
#define {upper}_H

#include <stdint.h>

#define {upper}_INPUTS {inputs}
#define {upper}_MAX_INK {(1 << program.input_bits) - 1}
#define {upper}_LABELS {len(program.labels)}
#define {upper}_REJECT_MARGIN {program.reject_margin}
#define {upper}_LOGITS_PER_NAT {program.logits_per_nat}

/* Scratch memory of one inference; needs no initialization. */
typedef struct {{
    uint32_t acc[{out.acc_words}];{kernel}
    uint8_t values[{max(1, value_bytes)}];
}} {name}_workspace;

/* What each logit stands for, UTF-8. */
extern const char *const {name}_labels[{upper}_LABELS];

/* Logits of `ink`, exactly those of every other lanewise runtime. */
void {name}_logits({name}_workspace *w, const uint8_t ink[{upper}_INPUTS],
                   int32_t logits[{upper}_LABELS]);

/* Index of the largest logit (the first of equals); its lead over the next goes to *margin unless
   margin is 0. A margin below {upper}_REJECT_MARGIN means: unsure. */
int32_t {name}_best(const int32_t logits[{upper}_LABELS], uint32_t *margin);

#ifndef {upper}_NO_SELF_TEST
/* 0 when the golden vectors come out to the last bit, else 1 + the first that does not. */
int32_t {name}_self_test({name}_workspace *w);
#endif

#endif
"""


def _comment(text: str) -> str:
    return text.replace("*/", "* /").replace("/*", "/ *")


def _c_string(text: str) -> str:
    """A C string literal; bytes beyond ASCII as octal, which ends after three digits."""
    encoded = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}"
        for byte in text.encode()
    )
    return f'"{encoded}"'


def _self_test(out: Emitted, program: Program, name: str, golden: NDArray[np.uint8]) -> str:
    upper = name.upper()
    expected = logits(program, golden)
    flat = golden.reshape(len(golden), -1)
    packed = program.input_bits <= 4
    tables = Emitted()
    if packed:
        flat = np.pad(flat, ((0, 0), (0, flat.shape[1] % 2)))
        flat = (flat[:, 0::2] | flat[:, 1::2] << 4).astype(np.uint8)
    inputs = tables.table("golden_ink", flat)
    wanted = tables.table("golden_logits", expected.astype(np.int32))
    unpack = (
        f"(uint8_t)(({inputs}[n * {flat.shape[1]} + (i >> 1)] >> (4u * (i & 1u))) & 15)"
        if packed
        else f"{inputs}[n * {flat.shape[1]} + i]"
    )
    return f"""
#ifndef {upper}_NO_SELF_TEST
{"".join(tables.tables)}
int32_t {name}_self_test({name}_workspace *w) {{
    uint8_t ink[{upper}_INPUTS];
    int32_t found[{upper}_LABELS];
    uint32_t n, i;
    for (n = 0; n < {len(golden)}; n++) {{
        for (i = 0; i < {upper}_INPUTS; i++) ink[i] = {unpack};
        {name}_logits(w, ink, found);
        for (i = 0; i < {upper}_LABELS; i++)
            if (found[i] != {wanted}[n * {upper}_LABELS + i]) return (int32_t)n + 1;
    }}
    return 0;
}}
#endif
"""


def _source(program: Program, name: str, out: Emitted, test: str, direct: bool) -> str:
    upper = name.upper()
    body = "\n    ".join(out.calls)
    counters = [c for c in ("i", "row", "column") if f"for ({c} = " in body]
    if not direct:
        counters = sorted({*counters, "i", "row"})
    declared = [f"uint32_t {', '.join(counters)};"] if counters else []
    if "(acc" in body:
        declared.append("uint32_t *acc = w->acc;")
    if not direct:
        channels, height, width = program.input_shape
        pixels = height * width
        body = (
            f"for (i = 0; i < {pixels}; i++)\n"
            f"        for (row = 0; row < {channels}; row++)\n"
            f"            w->values[i * {channels} + row] = ink[row * {pixels} + i];\n    " + body
        )
    if "w->" not in body + "".join(declared):
        declared.append("(void)w;")
    labels = ", ".join(_c_string(label) for label in program.labels)
    head = "\n    ".join(declared)
    return f"""\
/* {_LICENCE}

   Written by lanewise {__version__}; see {name}.h. */
#include "{name}.h"

{chr(10).join(out.kernels.values())}
{"".join(out.tables)}
{chr(10).join(out.functions)}
const char *const {name}_labels[{upper}_LABELS] = {{{labels}}};

void {name}_logits({name}_workspace *w, const uint8_t ink[{upper}_INPUTS],
                   int32_t logits[{upper}_LABELS]) {{
    {head}
    {body}
}}

int32_t {name}_best(const int32_t logits[{upper}_LABELS], uint32_t *margin) {{
    int32_t best = 0, at;
    uint32_t lead = UINT32_MAX;
    for (at = 1; at < {upper}_LABELS; at++)
        if (logits[at] > logits[best]) best = at;
    for (at = 0; at < {upper}_LABELS; at++) {{
        uint32_t behind = (uint32_t)logits[best] - (uint32_t)logits[at];
        if (at != best && behind < lead) lead = behind;
    }}
    if (margin) *margin = lead;
    return best;
}}
{test}"""
