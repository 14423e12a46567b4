# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Does what a command from the serial console or the button says (docs/serial.md).

In memory only while a command is obeyed.
"""

import gc
import os

from lanecam.saving import say_frame

ALL = "hold, go, status, save LABEL, model NAME and numbers on|off are known"


def obey(app, words):
    """Do what a command says, or say why not."""
    name = words[0]
    refusal = refused(app, name, words[1:])
    if refusal:
        app.say("REFUSED %s: %s" % (name, refusal))
        return
    if name == "status":
        gc.collect()
        words.append("frames=%d" % app.frames)
        words.append("free=%d" % (gc.mem_free() if hasattr(gc, "mem_free") else -1))
    app.say("OK " + " ".join(words))
    if name == "hold" or name == "go":
        app.held = name == "hold"
    elif name == "save":
        if app.held:
            say_frame(app.say, app.camera, words[1])
        else:
            app.save_as = words[1]
    elif name != "status":
        app.held = False
        if name == "numbers":
            app.change(app.model_path, words[1] == "on")
        else:
            app.change(beside(app.model_path, words[1]), app.numbers)


def refused(app, name, rest):
    """Why a command cannot be obeyed, None if it can."""
    count = len(rest)
    if name in ("hold", "go", "status") and not count:
        return None
    if count != 1 or name not in ("save", "model", "numbers"):
        return ALL
    if name == "numbers":
        return None if rest[0] in ("on", "off") else ALL
    if name == "model":
        return None if is_name(rest[0], 32) else "a model is named by letters, digits, - or _"
    if not is_name(rest[0], 16):
        return "a label is up to 16 letters, digits, - or _"
    return None if app.camera and app.camera.is_open else "there is no frame"


def is_name(text, longest):
    """Letters, digits, ``-`` and ``_`` only: no path leads out of the folder."""
    for letter in text:
        if not ("a" <= letter <= "z" or "A" <= letter <= "Z" or "0" <= letter <= "9"):
            if letter not in "-_":
                return False
    return 0 < len(text) <= longest


def beside(path, name):
    """The path of a model in the folder of another."""
    return path[: path.rfind("/") + 1] + name + ".lanes"


def pressed(app, press):
    """Do what a button says: a short press holds and goes on, a long one takes the next model."""
    if press == "short":
        obey(app, ["go" if app.held else "hold"])
        return
    name = next_model(app.model_path)
    if name:
        obey(app, ["model", name])


def next_model(path):
    """The name after that of the present model among those in its folder, None if alone."""
    folder = path[: path.rfind("/") + 1]
    try:
        names = sorted([n[:-6] for n in os.listdir(folder or ".") if n.endswith(".lanes")])
    except OSError:
        return None
    present = path[len(folder) : -6]
    if present not in names:
        return names[0] if names else None
    following = names[(names.index(present) + 1) % len(names)]
    return following if following != present else None
