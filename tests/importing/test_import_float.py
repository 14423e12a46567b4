# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Foreign networks: read as their own runtimes run them, quantized with little loss, or refused."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from command_line import run
from lanewise.errors import ModelFileError
from lanewise.export.lanes import read
from lanewise.importing.load import load_bytes
from lanewise.importing.net import Net, forward
from lanewise.importing.quantize import Precision, quantize, real_inputs
from lanewise.integer.certificate import certify
from lanewise.integer.reference import logits
from lanewise.runtimes.base import runtime

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")
torch = pytest.importorskip("torch", reason="torch is not installed")

from foreign_models import keras_like  # noqa: E402
from lanewise.runtimes.onnx import session  # noqa: E402
from lanewise.runtimes.tflite import litert  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class SmallCnn(torch.nn.Module):
    """The kind of network people bring: 6 k weights, batch norm, ReLU6, pooling, softmax."""

    def __init__(self) -> None:
        super().__init__()
        nn = torch.nn
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU6(), nn.MaxPool2d(2),
            nn.Conv2d(8, 8, 3, groups=8, bias=False), nn.ReLU(), nn.Conv2d(8, 16, 1), nn.ReLU(),
            nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16 * 36, 10), nn.Softmax(dim=1),
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def as_onnx(model: torch.nn.Module) -> bytes:
    out = io.BytesIO()
    example = torch.zeros(1, 1, 28, 28)
    torch.onnx.export(model.eval(), example, out, dynamo=False, opset_version=17)
    return out.getvalue()


@pytest.fixture(scope="module")
def untrained() -> torch.nn.Module:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    return SmallCnn().train()


def test_an_onnx_network_is_read_as_onnxruntime_runs_it(untrained):
    data = as_onnx(untrained)
    net = load_bytes(data, ".onnx", "small")
    assert isinstance(net, Net)
    rng = np.random.default_rng(0)
    x = rng.random((5, 1, 28, 28), np.float32)
    engine = session(data)
    expected = np.concatenate(
        [engine.run(None, {engine.get_inputs()[0].name: one[None]})[0] for one in x]
    )
    found = forward(net, x)
    share = np.exp(found) / np.exp(found).sum(axis=1, keepdims=True)
    assert np.allclose(share, expected, atol=1e-5)


@pytest.mark.parametrize("quantized", [False, True])
def test_a_tflite_network_is_read_as_litert_runs_it(quantized):
    data = keras_like(np.random.default_rng(4), quantized)
    net = load_bytes(data, ".tflite", "keras")
    assert isinstance(net, Net)
    rng = np.random.default_rng(1)
    ink = rng.integers(0, 256, (20, 12, 12, 1)).astype(np.uint8)
    interpreter = litert(data)
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]
    expected = []
    for one in ink:
        given = one.astype(np.int16) - 128 if quantized else one / np.float32(255)
        interpreter.set_tensor(source, given.astype(np.int8 if quantized else np.float32)[None])
        interpreter.invoke()
        made = interpreter.get_tensor(target)[0].astype(np.float32)
        expected.append((made + 128) / 256 if quantized else made)
    found = forward(net, real_inputs(net, ink.transpose(0, 3, 1, 2), 8))
    share = np.exp(found) / np.exp(found).sum(axis=1, keepdims=True)
    assert np.abs(share - np.array(expected)).max() < (0.03 if quantized else 1e-5)
    program = quantize(net, ink.transpose(0, 3, 1, 2), tuple("0123456789"))
    integers = logits(program, ink.transpose(0, 3, 1, 2)) / program.logits_per_nat
    assert np.abs(integers - found).max() < 0.05 * np.abs(found).max()
    assert certify(program).engines


def test_what_is_not_supported_is_listed_before_any_work(tmp_path):
    data = keras_like(np.random.default_rng(4), last="LOGISTIC")
    with pytest.raises(ModelFileError, match="cannot be imported: operator LOGISTIC at 4"):
        load_bytes(data, ".tflite", "keras")
    nn = torch.nn
    odd = nn.Sequential(nn.Flatten(), nn.Linear(784, 4), nn.Tanh(), nn.Linear(4, 10), nn.Sigmoid())
    (tmp_path / "odd.onnx").write_bytes(as_onnx(odd))
    status, _, err = run("import", tmp_path / "odd.onnx", "--out", tmp_path / "odd.lanes")
    assert status == 1 and len(err.splitlines()) == 1
    assert "operator Tanh at 2" in err and "operator Sigmoid at 4" in err
    assert not (tmp_path / "odd.lanes").exists()


def test_an_input_that_begins_below_zero_is_folded_into_the_bias():
    torch.manual_seed(2)
    nn = torch.nn
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 10))
    net = load_bytes(as_onnx(model), ".onnx", "normalized", low=-0.42, high=2.82)
    ink = np.random.default_rng(3).integers(0, 256, (50, 1, 28, 28)).astype(np.uint8)
    program = quantize(net, ink, tuple("0123456789"))
    found = forward(net, real_inputs(net, ink, 8))
    integers = logits(program, ink) / program.logits_per_nat
    assert np.abs(integers - found).max() < 0.05 * np.abs(found).max()
    padded = load_bytes(as_onnx(SmallCnn()), ".onnx", "padded", low=-0.42, high=2.82)
    with pytest.raises(ModelFileError, match="needs a first layer without padding"):
        quantize(padded, ink, tuple("0123456789"))


@pytest.mark.parametrize(("bits", "storage"), [(4, "int4"), (8, "int8"), (2, "ternary")])
def test_any_precision_makes_a_program_that_certifies(untrained, bits, storage):
    net = load_bytes(as_onnx(untrained), ".onnx", "small")
    ink = np.random.default_rng(3).integers(0, 1 << bits, (20, 1, 28, 28)).astype(np.uint8)
    program = quantize(net, ink, tuple("0123456789"), Precision(bits, bits, storage))
    assert certify(program).engines
    assert np.array_equal(runtime("c")(program, ink[:, 0]), logits(program, ink))


def test_a_trained_network_loses_at_most_half_a_percent(mnist_dir, tmp_path):
    from lanewise.data.mnist import load_mnist

    torch.manual_seed(1)
    torch.set_num_threads(1)
    model = SmallCnn().train()
    assert sum(weight.numel() for weight in model.parameters()) < 20_000
    digits = load_mnist("train", mnist_dir).take(slice(6_000))
    images = torch.from_numpy(digits.images.copy())[:, None].float() / 255
    labels = torch.from_numpy(digits.labels.astype(np.int64))
    optimizer = torch.optim.Adam(model.parameters(), 4e-3)
    for part in torch.randperm(len(images)).split(50):
        loss = torch.nn.functional.cross_entropy(model.layers[:-1](images[part]), labels[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    (tmp_path / "mine.onnx").write_bytes(as_onnx(model))
    data = ("--data-dir", mnist_dir)
    out = tmp_path / "mine.lanes"
    status, printed, err = run(
        "import", tmp_path / "mine.onnx", "--calibrate", "mnist", *data, "--out", out, "--json"
    )
    assert status == 0, err
    report = json.loads(printed)
    assert report["float_accuracy"] > 0.9
    assert report["float_accuracy"] - report["accuracy"] <= 0.005
    program = read(out)[0]
    ink = load_mnist("test", mnist_dir).images[:2]
    assert np.array_equal(runtime("device:plain")(program, ink), logits(program, ink))
    status, _, err = run("import", tmp_path / "mine.onnx", "--calibrate", "pen", "--out", out)
    assert status == 2 and "--force" in err
