# `super` as a value: bound, unbound, and where it cannot know what it is for.


class Base:
    def who(self):
        return "base"

    @classmethod
    def make(cls):
        return cls.__name__


class Derived(Base):
    def who(self):
        parent = super()
        return "derived of " + parent.who()

    def through_getattr(self):
        return getattr(super(), "who")()

    def parts(self):
        parent = super()
        return parent.__thisclass__, parent.__self__ is self, parent.__self_class__

    @classmethod
    def make(cls):
        parent = super()
        return "class " + parent.make()

    def nested(self):
        try:
            return [super().who() for _ in range(1)]
        except (TypeError, RuntimeError) as error:
            return type(error).__name__

    def captured(self):
        def inner():
            return self

        parent = super()
        return parent.who(), inner() is self

    def deleted(self):
        del self
        return super()


derived = Derived()
print(derived.who(), derived.through_getattr(), derived.parts(), Derived.make())
print(derived.captured())
print(derived.nested())
unbound = super(Derived)
print(unbound.__self__, unbound.__thisclass__, unbound.__get__(derived).who())
print(repr(unbound))
try:
    unbound.who
except AttributeError as error:
    print(error)


def outside(self):
    return super()


def nothing():
    return super()


for call in (derived.deleted, lambda: outside(1), nothing, lambda: super(Derived, 1), lambda: super(1)):
    try:
        call()
    except (RuntimeError, TypeError) as error:
        print(type(error).__name__, error)
