# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A float CNN of under 20 k weights, trained on MNIST by torch: what importing it costs.

``pytest -m slow -s tests/importing/test_import_trained.py`` prints the figures of docs/exports.md:
accuracy in float and in integers on the hold-out (the last 10,000 training images) and on the test
set, from ONNX, float TFLite and int8 TFLite.
"""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from click.testing import CliRunner

from lanewise.cli import main
from lanewise.data.mnist import load_mnist
from lanewise.export.lanes import read
from lanewise.importing.load import load_bytes
from lanewise.importing.net import Net, forward
from lanewise.importing.quantize import real_inputs
from lanewise.integer.program import Program
from lanewise.integer.reference import logits
from lanewise.runtimes.base import runtime

pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")
torch = pytest.importorskip("torch", reason="torch is not installed")

from foreign_models import net_as_tflite  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
EPOCHS = 2


@pytest.fixture(scope="module")
def trained(tmp_path_factory, mnist_dir):
    """The network as a file of each format."""
    torch.manual_seed(7)
    torch.set_num_threads(1)
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3), nn.ReLU(), nn.BatchNorm2d(32), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(0.2), nn.Linear(288, 10),
    )  # fmt: skip
    assert sum(weight.numel() for weight in model.parameters()) < 20_000
    digits = load_mnist("train", mnist_dir)
    images = torch.from_numpy(digits.images.copy())[:, None].float() / 255
    labels = torch.from_numpy(digits.labels.astype(np.int64))
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    steps = EPOCHS * -(-len(images) // 100)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps)
    for _ in range(EPOCHS):
        for part in torch.randperm(len(images)).split(100):
            loss = nn.functional.cross_entropy(model(images[part]), labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    out = io.BytesIO()
    example = torch.zeros(1, 1, 28, 28)
    torch.onnx.export(model.eval(), example, out, dynamo=False, opset_version=17)
    folder = tmp_path_factory.mktemp("trained")
    (folder / "onnx.onnx").write_bytes(out.getvalue())
    net = load_bytes(out.getvalue(), ".onnx", "trained")
    assert isinstance(net, Net)
    (folder / "float.tflite").write_bytes(net_as_tflite(net))
    (folder / "int8.tflite").write_bytes(net_as_tflite(net, digits.images[:500, None]))
    return folder


def float_accuracy(net: Net, images: np.ndarray, labels: np.ndarray) -> float:
    parts = [
        forward(net, real_inputs(net, images[at : at + 500, None], 8)).argmax(axis=1)
        for at in range(0, len(images), 500)
    ]
    return float((np.concatenate(parts) == labels).mean())


def integer_accuracy(program: Program, images: np.ndarray, labels: np.ndarray) -> float:
    parts = [
        logits(program, images[at : at + 1000]).argmax(axis=1) for at in range(0, len(images), 1000)
    ]
    return float((np.concatenate(parts) == labels).mean())


@pytest.mark.parametrize("name", ["onnx.onnx", "float.tflite", "int8.tflite"])
def test_a_trained_cnn_loses_at_most_half_a_percent(trained, mnist_dir, tmp_path, name):
    out = tmp_path / "mine.lanes"
    command = ["import", str(trained / name), "--calibrate", "mnist", "--data-dir", str(mnist_dir)]
    result = CliRunner().invoke(main, [*command, "--out", str(out), "--limit", "10000", "--json"])
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    program, _ = read(out)
    net = load_bytes((trained / name).read_bytes(), (trained / name).suffix, "trained")
    held = load_mnist("validation", mnist_dir)
    test = load_mnist("test", mnist_dir)
    for what, digits in (("hold-out", held), ("test", test)):
        real = float_accuracy(net, digits.images, digits.labels)
        integers = integer_accuracy(program, digits.images, digits.labels)
        print(f"\n{name} {what}: float {100 * real:.2f} %, integers {100 * integers:.2f} %")
        assert real > 0.97 and real - integers <= 0.005
    assert report["float_accuracy"] - report["accuracy"] <= 0.005 and report["n"] == 10_000
    assert set(report["engines"]) >= {"plain", "bigint"}
    ink = test.images[:2]
    for engine in ("device", "device:plain", "device:bigint", "c"):
        assert np.array_equal(runtime(engine)(program, ink), logits(program, ink)), engine
