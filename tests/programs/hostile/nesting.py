# Deep nesting of source and of data ends in an exception, not in a crash.
def attempt(name, action):
    try:
        result = action()
    except BaseException as error:
        print(name, type(error).__name__)
    else:
        print(name, "done", result)

def deep_list(depth):
    data = []
    for _ in range(depth):
        data = [data]
    return data

def deep_tuple(depth):
    data = ()
    for _ in range(depth):
        data = (data,)
    return data

def deep_dict(depth):
    data = {}
    for _ in range(depth):
        data = {1: data}
    return data

attempt("repr list", lambda: len(repr(deep_list(100_000))))
attempt("repr tuple", lambda: len(repr(deep_tuple(100_000))))
attempt("repr dict", lambda: len(repr(deep_dict(100_000))))
attempt("eq list", lambda: deep_list(1_000_000) == deep_list(1_000_000))
attempt("eq tuple", lambda: deep_tuple(100_000) == deep_tuple(100_000))
attempt("lt tuple", lambda: deep_tuple(100_000) < deep_tuple(100_000))
attempt("eq dict", lambda: deep_dict(100_000) == deep_dict(100_000))
attempt("hash tuple", lambda: isinstance(hash(deep_tuple(1_000)), int))
attempt("drop", lambda: deep_list(1_000_000) is None)
attempt("drop tuple", lambda: deep_tuple(1_000_000) is None)
attempt("drop dict", lambda: deep_dict(1_000_000) is None)
attempt("isinstance", lambda: isinstance(1, deep_tuple(1_000_000)))
class Node:
    def __init__(self, next): self.next = next
def chain(n):
    node = None
    for _ in range(n): node = Node(node)
    return node
attempt("chain", lambda: chain(1_000_000) is None)
def closures(n):
    f = None
    for _ in range(n):
        def g(f=f): return f
        f = g
    return f
attempt("closures", lambda: closures(300_000) is None)
def gens(n):
    g = iter(())
    for _ in range(n):
        g = (x for x in g)
    return g
attempt("generator chain dropped", lambda: gens(300_000) is None)
def maps(n):
    g = iter((1,))
    for _ in range(n): g = map(abs, g)
    return g
attempt("map chain dropped", lambda: maps(100_000) is None)
attempt("map chain", lambda: list(maps(100)))
def excs(n):
    e = None
    for _ in range(n):
        x = ValueError()
        x.__context__ = e
        e = x
    return e
attempt("exception chain dropped", lambda: excs(300_000) is None)
for text in ["(" * 50, "(" * 1000, "[" * 150 + "]" * 150]:
    try:
        compile(text, "x", "exec"); print("compiled")
    except (SyntaxError, MemoryError, RecursionError) as e:
        print("rejected", type(e).__name__)
