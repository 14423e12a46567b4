# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A model from a ``.lanes`` file (docs/lanes-format.md), which is what it says it is.

The file is read once, front to back, straight into the arrays that stay; nothing is imported as
Python source. Length, table and CRC are checked on the way, then the certificate is recomputed
from the weights: a model whose accumulators may leave their interval is refused.
"""

from lanecam.errors import ModelError
from lanecam.unload import LOADING, unload_where_scarce


class Model:
    """A loaded model: ``name``, ``labels``, input ``channels, height, width, input_bits``, ``ops``.

    ``crop``: the input shows the middle ``crop`` 28ths of the framed square.
    ``logits_per_nat`` turns logits into confidence, ``reject_margin`` is the least margin between
    the two best logits that counts as a reading.
    """

    def __init__(self, fields, text):
        (_, _, _, _, self.channels, self.height, self.width) = fields[:7]
        (self.input_bits, label_count, self.logits_per_nat, self.reject_margin) = fields[7:11]
        lines = text.split("\n")
        if len(lines) != label_count + 1:
            raise ModelError("%d labels promised, %d found" % (label_count, len(lines) - 1))
        self.crop = fields[12]
        if not 2 <= self.crop <= 28 or self.crop & 1:
            raise ModelError("crop %d is not an even number from 2 to 28" % self.crop)
        self.name = lines[0]
        self.labels = lines[1:]
        self.ops = []
        self.acc_lo = 0
        self.acc_hi = 0
        self.engine = None
        self.path = None

    def restore(self):
        """Read again the ops whose weights an engine has let go, so that another can be made."""
        self.ops = ()
        self.ops = load(self.path).ops
        unload_where_scarce(LOADING)

    def explain(self):
        """One line: which engine was chosen to run the model, and why."""
        if self.engine is None:
            return "%s: no engine chosen yet" % self.name
        return "%s runs on %s: %s" % (self.name, self.engine.name, self.engine.reason)


def load(path, beside=0):
    """Read the model at ``path``; raises ``ModelError`` that says what is wrong with it.

    ``beside``: bytes of memory that it must leave for what comes after it.
    """
    from lanecam.loader import read_model

    try:
        file = open(path, "rb")
    except OSError as error:
        raise ModelError("%s cannot be read: %s" % (path, error))
    try:
        model = read_model(file, beside)
        model.path = path
        return model
    except ModelError as error:
        raise type(error)("%s: %s" % (path, error))
    finally:
        file.close()
