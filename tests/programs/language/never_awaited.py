"""What is printed about a coroutine that nobody awaits, and of an unhandled group."""


async def forgotten():
    pass


forgotten()


def suggest(obj):
    try:
        obj.appendd
    except AttributeError as e:
        print(e.name, e.obj)


suggest([])
error = ExceptionGroup("several", [ValueError("one"), ExceptionGroup("inner", [KeyError("two")])])
error.add_note("a note")
raise error
