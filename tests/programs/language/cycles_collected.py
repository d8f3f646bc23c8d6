"""What refers only to itself in a circle goes when it is collected, whatever the circle is of."""
import collections
import gc
import itertools
import weakref

gc.disable()


class Node:
    pass


def watched(make):
    """Makes a circle with a node in it; whether the node goes with a collection, not before."""
    node = Node()
    node.held = make(node)
    reference = weakref.ref(node)
    del node
    alive = reference() is not None
    gc.collect()
    return alive, reference() is None


def in_list(node):
    return [node]


def in_dict_value(node):
    return {"node": node}


def in_dict_key(node):
    return {node: 1}


def in_set(node):
    return {node}


def in_frozen_set(node):
    return frozenset([node])


def in_tuple(node):
    return (1, (node, 2))


def in_closure(node):
    return lambda: node


def in_default(node):
    def function(node=node, *, other=node):
        return node, other

    return function


def in_function_attribute(node):
    def function():
        pass

    function.node = node
    return function


def in_method(node):
    class Bound:
        def method(self):
            pass

    bound = Bound()
    bound.node = node
    return bound.method


def in_generator(node):
    def generate():
        mine = node
        yield
        yield mine

    generator = generate()
    next(generator)
    return generator


def in_fresh_generator(node):
    def generate(node):
        yield node

    return generate(node)


def in_nested_generator(node):
    def inner():
        yield node

    def outer():
        yield from inner()

    generator = outer()
    next(generator)
    return generator


def in_coroutine(node):
    class Wait:
        def __await__(self):
            yield

    async def wait():
        mine = [node]
        await Wait()
        return mine

    coroutine = wait()
    coroutine.send(None)
    return coroutine


def in_async_generator(node):
    async def generate():
        yield node

    return generate()


def in_class(node):
    class Holder:
        held = node

    return Holder


def in_instance_of_class(node):
    class Holder:
        __slots__ = ("held",)

    holder = Holder()
    holder.held = node
    Holder.last = holder
    return holder


def in_derived_int(node):
    class Number(int):
        pass

    number = Number(5)
    number.node = node
    return number


def in_derived_str(node):
    class Text(str):
        pass

    text = Text("text")
    text.node = node
    return text


def in_derived_list(node):
    class Items(list):
        pass

    items = Items()
    items.node = node
    return items


def in_property(node):
    def get(self):
        return node

    return property(get)


def in_class_method(node):
    return classmethod(lambda cls: node)


def in_exception(node):
    try:
        raise ValueError(node)
    except ValueError as error:
        return error


def in_context(node):
    try:
        try:
            raise ValueError(node)
        except ValueError:
            raise KeyError("later")
    except KeyError as error:
        return error


def in_cause(node):
    error = ValueError("effect")
    error.__cause__ = KeyError(node)
    return error


def in_group(node):
    return ExceptionGroup("group", [ValueError(node)])


def in_iterator(node):
    return iter([node])


def in_dict_iterator(node):
    return iter({"node": node}.values())


def in_view(node):
    return {"node": node}.items()


def in_set_iterator(node):
    return iter({node})


def in_map(node):
    return map(lambda item: item, [node])


def in_zip(node):
    return zip([1], [node])


def in_chain(node):
    return itertools.chain([node])


def in_deque(node):
    return collections.deque([node])


def in_default_dict(node):
    made = collections.defaultdict(lambda: node)
    made["node"] = node
    return made


def in_slice(node):
    return slice(node, None)


def in_alias(node):
    return list[node]


def in_super(node):
    class Base:
        pass

    class Derived(Base):
        def up(self):
            return super(Derived, self)

    derived = Derived()
    derived.node = node
    return derived.up()


def in_weak_callback(node):
    target = Node()
    node.target = target
    return weakref.ref(target, lambda reference: node)


def in_builtin_method(node):
    return [node].append


def in_namespace(node):
    namespace = {"node": node}
    exec("def function(): return node", namespace)
    return namespace["function"]


def in_memory_view(node):
    class Buffer(bytearray):
        pass

    buffer = Buffer(b"bytes")
    buffer.node = node
    return memoryview(buffer)


for name, make in sorted(globals().items()):
    if name.startswith("in_"):
        print(name, *watched(make))
