# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs every NAME.tflite of a folder on NAME.npy with tflite-runtime 2.14 (numpy below 2).

Run by an interpreter of its own environment; prints one JSON line a model: name and logits.
"""

import json
import sys
from pathlib import Path

import numpy as np
from tflite_runtime.interpreter import Interpreter, OpResolverType

for path in sorted(Path(sys.argv[1]).glob("*.tflite")):
    interpreter = Interpreter(
        str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
    )
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    rows = []
    for one in np.load(str(path.with_suffix(".npy"))):
        interpreter.set_tensor(source, one[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(target)[0].tolist())
    print(json.dumps([path.stem, rows]))
