# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Reads frames: vision finds and frames the digit, an engine runs the model, frames vote."""

import gc

from lanecam.clock import elapsed_us, ticks_us
from lanecam.errors import ModelError
from lanecam.vision import outcome
from lanecam.vision.look import Vision
from lanecam.vote import Vote

ROOM = (8000, 5000, 3000, 1000)
"""Bytes that no engine may take, as far as there are any: each frame makes some garbage."""


class Reading:
    """What one frame said, with those before it.

    outcome: one of ``lanecam.vision.outcome``; digit: the label, or None unless the outcome is
    ``DIGIT`` (or ``NUMBER``); guess: the best label, also where it was too close to choose; margin:
    best logit minus second best of the vote; confidence: 0..1; box: (x, y, width, height) in frame
    pixels, or None; frames: how many are in the vote; logits: this frame's own, integers, or None
    where the network was not asked; figures: of a number, its digits (numbers.py); vision_us,
    network_us: time taken.
    """

    def __init__(self):
        self.outcome = outcome.NOTHING
        self.box = None
        self.vision_us = 0
        self.clear()

    def clear(self):
        """Forget what the network said."""
        self.digit = self.guess = self.logits = None
        self.margin = self.frames = self.network_us = 0
        self.confidence = 0.0
        self.figures = ()


class Reader:
    """Reads frames of one size and colour space with one model; buffers are made here, once."""

    numbers = False
    """Is one digit all that it reads?"""

    def __init__(
        self, model, engine, width, height, colorspace, vote=1, confidence=None, vision=None
    ):
        """``engine.run(ink)`` gives the logits; ``vote``: frames that a reading rests on;
        ``confidence``: from ``confidence_for``; ``vision``: from ``vision_for``, if it was made
        before the engine. ModelError if the model is not for ink."""
        self.model = model
        self.engine = engine
        if confidence is None:
            from lanecam.confidence import Softmax

            confidence = Softmax(model.reject_margin, model.logits_per_nat)
        self.confidence = confidence
        self.vote = Vote(len(model.labels), vote)
        self.vision = vision or vision_for(model, width, height, colorspace)
        self._reading = Reading()

    def read(self, frame):
        """The ``Reading`` of the frame: one object, which the next call writes over."""
        reading = self._reading
        start = ticks_us()
        reading.outcome = self.vision.look(frame)
        reading.vision_us = elapsed_us(start)
        reading.box = self.vision.box
        reading.clear()
        if reading.outcome == outcome.DIGIT:
            start = ticks_us()
            reading.logits = self.engine.run(self.vision.ink)
            reading.network_us = elapsed_us(start)
            self._judge(reading)
        else:
            self.vote.clear()
        return reading

    def _judge(self, reading):
        """From logits to digit, margin and confidence."""
        vote = self.vote
        best, margin = best_and_margin(reading.logits)
        vote.add(reading.logits, reading.box, best, margin // (self.confidence.reject or 1))
        best, margin = best_and_margin(vote.logits)
        reading.frames = vote.frames
        reading.guess = self.model.labels[best]
        reading.margin = margin
        reading.confidence = self.confidence.of(margin, vote.logits)
        if margin < self.confidence.reject:
            reading.outcome = outcome.UNSURE
        else:
            reading.digit = reading.guess


def leaving_room(choose, model):
    """``choose(model)``, an engine, that leaves memory for what a frame needs in passing."""
    room = None
    for size in ROOM:
        try:
            room = bytearray(size)
            break
        except MemoryError:
            gc.collect()
    engine = choose(model)
    del room
    gc.collect()
    return engine


def vision_for(model, width, height, colorspace, planes=None):
    """The vision that frames digits for ``model``; ModelError if the model is not for ink.

    ``planes``: what it calculates with, if they are made already.
    """
    if model.channels != 1 or model.height != model.width:
        raise ModelError(
            "model %s takes %d x %d x %d, vision gives one square of ink"
            % (model.name, model.channels, model.height, model.width)
        )
    return Vision(width, height, colorspace, model.width, model.input_bits, model.crop, made=planes)


def best_and_margin(logits):
    """Index of the largest logit (the first of equals) and its distance to the second largest."""
    best = 0
    second = None
    for index in range(1, len(logits)):
        value = logits[index]
        if value > logits[best]:
            second = logits[best]
            best = index
        elif second is None or value > second:
            second = value
    return best, logits[best] - second if second is not None else 0
