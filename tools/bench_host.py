# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The integer reference against onnxruntime and LiteRT on the same int8 networks, on this machine.

    python tools/bench_host.py [MODEL ...] [--data mnist] [--repetitions 7] [--json]

One run, one thread each, CPU time of all test images, batches as each likes best (tried first);
repetitions are interleaved, so that a busy machine is busy for all, and each begins with another
contestant, so that nobody always follows the same; a tenth of the images goes untimed before, so
that everyone finds the caches filled with what is its own. The median is printed. Everyone's logits
are compared with the definition's before anything is timed. The work is done in a process of its
own in which every library picks its kernels for this processor itself: what the environment
sets for OpenBLAS is left out there unless ``--keep-blas`` is given.
"""

from __future__ import annotations

import ctypes
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from lanewise.commands.options import data_dir_option, data_option
from lanewise.endings import run_tool

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
MODELS = ("dense14", "swift", "pebble", "stone", "slate", "granite", "braid")
BATCHES = (1, 10, 50, 200, 1000)
TRIED = 1000
"""Images of the trial that chooses a batch size."""
SLOW_S = 1.0
"""A contestant slower than this is timed once."""


@dataclass
class Contestant:
    """Runs all images in batches: ``run(batch size)``; or says why it cannot."""

    name: str
    run: Callable[[int, int], Any] | None = None
    sizes: tuple[int, ...] = BATCHES
    why_not: str = ""
    batch: int = 0
    seconds: float = 0.0


def reference(program: Any, images: Any) -> Contestant:
    """The integer reference, which chooses its blocks itself."""
    from lanewise.integer.reference import Reference

    runner = Reference(program)

    def run(count: int, batch: int) -> Any:
        return runner.logits(images[:count])

    return Contestant("lanewise", run, sizes=(0,))


def onnx(program: Any, images: Any, flavour: str) -> Contestant:
    """onnxruntime on the export of one flavour."""
    import numpy as np

    from lanewise.errors import LanewiseError
    from lanewise.export.onnx import onnx_bytes
    from lanewise.runtimes.onnx import session

    try:
        engine = session(onnx_bytes(program, flavour))
    except LanewiseError as error:
        return Contestant(f"onnxruntime, {flavour}", why_not=str(error))
    batch_of = np.ascontiguousarray(images).reshape(-1, *program.input_shape)

    def run(count: int, batch: int) -> Any:
        starts = range(0, count, batch)
        parts = [engine.run(["logits"], {"ink": batch_of[at : at + batch]})[0] for at in starts]
        return np.concatenate(parts)

    return Contestant(f"onnxruntime, {flavour}", run)


def tflite(program: Any, images: Any, name: str, plain: bool, sizes: tuple[int, ...]) -> Contestant:
    """LiteRT on the TFLite export; a size above one on a copy with that batch dimension."""
    import numpy as np

    from lanewise.errors import LanewiseError
    from lanewise.export.tflite import tflite_bytes
    from lanewise.runtimes.tflite import litert, tensors_of

    try:
        model = tflite_bytes(program)
    except LanewiseError as error:
        return Contestant(name, why_not=str(error))
    tensors = tensors_of(program, images)
    ready: dict[int, Any] = {}

    def run(count: int, batch: int) -> Any:
        if batch not in ready:
            ready[batch] = litert(in_batches(model, batch) if batch > 1 else model, plain)
        engine = ready[batch]
        source = engine.get_input_details()[0]["index"]
        target = engine.get_output_details()[0]["index"]
        parts = []
        for at in range(0, count, batch):
            engine.set_tensor(source, tensors[at : at + batch])
            engine.invoke()
            parts.append(engine.get_tensor(target))
        return np.concatenate(parts)

    return Contestant(name, run, sizes)


def in_batches(model: bytes, batch: int) -> bytes:
    """A TFLite model of one image at a time, with ``batch`` for the first dimension throughout."""
    import flatbuffers
    import numpy as np
    from ai_edge_litert import schema_py_generated as schema

    tree = schema.ModelT.InitFromPackedBuf(model, 0)
    for graph in tree.subgraphs:
        for tensor in graph.tensors:
            data = tree.buffers[tensor.buffer].data
            if data is None or len(data) == 0:
                tensor.shape = [batch, *list(tensor.shape)[1:]]
        for op in graph.operators:
            if isinstance(op.builtinOptions, schema.ReshapeOptionsT):
                shape = np.array([batch, *list(op.builtinOptions.newShape)[1:]], np.int32)
                op.builtinOptions.newShape = list(shape)
                stored = tree.buffers[graph.tensors[op.inputs[1]].buffer]
                stored.data = np.frombuffer(shape.tobytes(), np.uint8)
    builder = flatbuffers.Builder(1024)
    builder.Finish(tree.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of this process."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def contest(program: Any, images: Any, repetitions: int) -> list[Contestant]:
    """All contestants on one model, timed; raises ``SystemExit`` where one is not exact."""
    import numpy as np

    from lanewise.integer.reference import trace

    count = len(images)
    everyone = [
        reference(program, images),
        onnx(program, images, "qlinear"),
        onnx(program, images, "integer"),
        tflite(program, images, "LiteRT", False, (1,)),
        tflite(program, images, "LiteRT, in batches", False, BATCHES[1:]),
        tflite(program, images, "LiteRT, reference kernels", True, (1,)),
    ]
    shape = (-1, *program.input_shape)
    expected = trace(program, images[:TRIED].reshape(shape))[-1].reshape(TRIED, -1)
    able = [one for one in everyone if one.run]
    for one in able:
        assert one.run
        trials = {}
        for size in one.sizes:
            if not np.array_equal(one.run(TRIED, size), expected):
                raise SystemExit(f"{program.name}: {one.name} is not equal to the definition")
            once = partial(one.run, TRIED, size)
            trials[size] = min(seconds(once), seconds(once))
        one.batch = min(trials, key=trials.__getitem__)
        one.seconds = trials[one.batch] * count / TRIED
    times: dict[str, list[float]] = {one.name: [] for one in able}
    for number in range(repetitions):
        for one in able[number % len(able) :] + able[: number % len(able)]:
            if number == 0 or one.seconds < SLOW_S:
                assert one.run
                one.run(TRIED, one.batch)
                times[one.name].append(seconds(partial(one.run, count, one.batch)))
    for one in able:
        one.seconds = statistics.median(times[one.name])
    return everyone


def blas_kernels() -> str:
    """Which kernels NumPy's OpenBLAS chose for this processor, if it says."""
    import numpy as np

    folder = Path(np.__file__).parent
    for path in [*folder.parent.glob("numpy.libs/*openblas*"), *folder.glob(".dylibs/*openblas*")]:
        library = ctypes.CDLL(str(path))
        for name in ("scipy_openblas_get_corename64_", "openblas_get_corename"):
            if hasattr(library, name):
                ask = getattr(library, name)
                ask.restype = ctypes.c_char_p
                return str(ask().decode())
    return "unknown"


def work(models: list[str], data: str, data_dir: Path | None, repetitions: int) -> dict[str, Any]:
    """Every model's contest, as a dict for ``json``."""
    import lanewise.data.sources as sources
    from lanewise.export.lanes import read
    from lanewise.runtimes.inputs import model_inputs
    from lanewise.zoo.shelf import model_path

    digits = sources.load(data, "test", data_dir=data_dir)
    images = digits.images[: len(digits.images) // TRIED * TRIED]  # whole batches for everyone
    if not len(images):
        raise SystemExit(f"{data} has {len(digits.images)} images, the trial needs {TRIED}")
    found: dict[str, Any] = {"images": len(images), "blas": blas_kernels(), "models": {}}
    for model in models:
        program, _ = read(model_path(Path(model)))
        rows = contest(program, model_inputs(program, images), repetitions)
        found["models"][program.name] = [
            {"name": row.name, "ms": round(row.seconds * 1e3, 2), "batch": row.batch}
            if row.run
            else {"name": row.name, "why_not": row.why_not}
            for row in rows
        ]
        print(f"{program.name} done", file=sys.stderr)
    return found


def table(found: dict[str, Any]) -> str:
    """Milliseconds for all images, batch sizes, and the reference's time relative to each."""
    names = [row["name"] for row in next(iter(found["models"].values()))]
    lines = [
        f"CPU milliseconds for {found['images']:,} images on one thread; in brackets the batch "
        f"size and how often the reference's time goes into it (OpenBLAS: {found['blas']}).",
        "",
        "| model | " + " | ".join(names) + " |",
        "| --- " * (len(names) + 1) + "|",
    ]
    notes = []
    for model, rows in found["models"].items():
        ours = rows[0]["ms"]
        cells = [f"{ours:,.1f}"]
        for row in rows[1:]:
            if "why_not" in row:
                cells.append("-")
                notes.append(f"{row['name']}: {row['why_not']}")
            else:
                cells.append(f"{row['ms']:,.1f} ({row['batch']}; {row['ms'] / ours:.2f})")
        lines.append(f"| {model} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"- {note}" for note in dict.fromkeys(notes))])


@click.command()
@click.argument("models", nargs=-1)
@data_option("mnist")
@data_dir_option
@click.option("--repetitions", type=click.IntRange(min=1), default=7, show_default=True)
@click.option(
    "--keep-blas",
    is_flag=True,
    help="Keep OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE as they are set here.",
)
@click.option("--json", "as_json", is_flag=True)
@click.option("--worker", is_flag=True, hidden=True)
def main(
    models: tuple[str, ...],
    data_name: str,
    data_dir: Path | None,
    repetitions: int,
    keep_blas: bool,
    as_json: bool,
    worker: bool,
) -> None:
    """Time MODELS (all of the zoo's MNIST models by default)."""
    chosen = list(models or MODELS)
    if worker:
        print(json.dumps(work(chosen, data_name, data_dir, repetitions)))
        return
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    if not keep_blas:
        for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
            environment.pop(name, None)
    command = [sys.executable, __file__, "--worker", *chosen, "--data", data_name]
    command += ["--repetitions", str(repetitions)]
    command += ["--data-dir", str(data_dir)] if data_dir else []
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    found = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(found) if as_json else table(found))


if __name__ == "__main__":
    run_tool(main)
