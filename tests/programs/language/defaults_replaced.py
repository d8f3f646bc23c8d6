"""Defaults of a function that is given others while it runs."""


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name)


def take(one, two=Noisy("two"), three=Noisy("three")):
    take.__defaults__ = (Noisy("new"),)  # the old ones stay as long as they are in use
    print(one, two.name, three.name if three else None)
    return two


kept = take(1)
kept = None
try:
    take(1)
except TypeError as error:
    print(error)
take.__defaults__ = (5,)
try:
    take(1, kept)
except AttributeError as error:
    print(error)


class Thing:
    def __init__(self, part=Noisy("part")):
        Thing.__init__.__defaults__ = None
        self.part = part

    @property
    def shown(self, text=Noisy("text")):
        Thing.shown.fget.__defaults__ = ("short",)
        return text.name if isinstance(text, Noisy) else text


thing = Thing()
print(thing.part.name, thing.shown, thing.shown)


# Released here, not in the order in which a module ends.
take.__defaults__ = None
Thing.__init__ = None
del thing
