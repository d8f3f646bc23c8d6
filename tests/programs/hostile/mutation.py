# Containers that change under an operation on them.
def attempt(name, f):
    try: print(name, f())
    except BaseException as e: print(name, type(e).__name__, e)
def dict_grow():
    d = {1: 1}
    for k in d: d[k + 1] = 1
attempt("dict", dict_grow)
def dict_del():
    d = {1: 1, 2: 2}
    for k in d: del d[k]
attempt("dict del", dict_del)
def dict_swap():
    d = {1: 1, 2: 2}
    for k in d:
        del d[k]; d[k + 10] = 1
        if len(d) > 100 or k > 100: break
    return d
attempt("dict swap", dict_swap)
def set_grow():
    s = {1}
    for k in s: s.add(k + 1)
attempt("set", set_grow)
def list_grow():
    l = [1]
    for x in l:
        if len(l) > 10: break
        l.append(x)
    return l
attempt("list", list_grow)
def list_clear():
    l = [1, 2, 3]
    for x in l: l.clear()
    return l
attempt("list clear", list_clear)
def sort_mutates():
    l = [3, 2, 1]
    l.sort(key=lambda x: l.append(x))
attempt("sort key", sort_mutates)
def sort_cmp():
    l = []
    class C:
        def __init__(s, v): s.v = v
        def __lt__(s, o):
            l.clear(); l.append(1); return s.v < o.v
    l[:] = [C(2), C(1)]
    l.sort()
attempt("sort lt", sort_cmp)
class Eq:
    def __init__(self, target): self.target = target
    def __eq__(self, other):
        self.target.clear(); return False
    def __hash__(self): return 1
def eq_list():
    l = []; l[:] = [Eq(l), Eq(l), Eq(l)]
    return 5 in l, l
attempt("in", eq_list)
def remove():
    l = []; l[:] = [Eq(l), Eq(l)]
    l.remove(5)
attempt("remove", remove)
def index():
    l = []; l[:] = [Eq(l), Eq(l)]
    return l.index(5)
attempt("index", index)
def count():
    l = []; l[:] = [Eq(l), Eq(l)]
    return l.count(5)
attempt("count", count)
def lists_eq():
    l = []; l[:] = [Eq(l), Eq(l)]
    return l == [1, 2], l
attempt("eq", lists_eq)
def dict_key():
    d = {}
    d[Eq(d)] = 1
    d[Eq(d)] = 2
    return len(d)
attempt("dict key", dict_key)
def dict_get():
    d = {}
    d[Eq(d)] = 1
    return d.get(Eq(d))
attempt("dict get", dict_get)
def dict_eq():
    d = {}
    d[1] = Eq(d)
    return d == {1: 2}
attempt("dict eq", dict_eq)
def set_add():
    s = set()
    s.add(Eq(s)); s.add(Eq(s))
    return len(s)
attempt("set add", set_add)
def repr_mutates():
    l = []
    class C:
        def __repr__(self): l.clear(); return "C"
    l[:] = [C(), C(), C()]
    return repr(l)
attempt("repr", repr_mutates)
def repr_set():
    l = set()
    class C:
        def __repr__(self): l.clear(); return "C"
    l.update({C(), C(), C()})
    return repr(l)
attempt("repr set", repr_set)
def slice_mutates():
    l = list(range(10))
    class I:
        def __index__(self): l.clear(); return 8
    return l[I():], l
attempt("slice", slice_mutates)
def index_mutates():
    l = list(range(10))
    class I:
        def __index__(self): l.clear(); return 8
    return l[I()]
attempt("getitem", index_mutates)
def set_mutates():
    l = list(range(10))
    class I:
        def __index__(self): l.clear(); return 8
    l[I()] = 1
attempt("setitem", set_mutates)
def del_mutates():
    l = list(range(10))
    class I:
        def __index__(self): l.clear(); return 8
    del l[I()]
attempt("delitem", del_mutates)
def insert_mutates():
    l = list(range(10))
    class I:
        def __index__(self): l.clear(); return 8
    l.insert(I(), 1)
    return l
attempt("insert", insert_mutates)
def pop_mutates():
    l = list(range(10))
    class I:
        def __index__(self): l.clear(); return 8
    return l.pop(I())
attempt("pop", pop_mutates)
def slice_assign():
    l = list(range(10))
    def g():
        l.clear(); yield 1; l.append(5); yield 2
    l[2:4] = g()
    return l
attempt("slice assign", slice_assign)
def ext_assign():
    l = list(range(10))
    def g():
        l.clear(); yield 1; yield 2; yield 3; yield 4; yield 5
    l[::2] = g()
    return l
attempt("extended", ext_assign)
def extend_mutates():
    l = [1]
    def g():
        for i in range(5):
            l.clear(); yield i
    l.extend(g())
    return l
attempt("extend", extend_mutates)
def mul():
    l = [1, 2]
    class I:
        def __index__(self): l.clear(); return 3
    return l * I()
attempt("mul", mul)
def imul():
    l = [1, 2]
    class I:
        def __index__(self): l.append(3); return 3
    l *= I()
    return l
attempt("imul", imul)
def reversed_shrinks():
    l = [1, 2, 3, 4]
    r = reversed(l)
    next(r); del l[1:]
    return list(r)
attempt("reversed", reversed_shrinks)
def bytearray_shrinks():
    b = bytearray(b"abcdef")
    class I:
        def __index__(self): b.clear(); return 3
    b[I()] = 5
attempt("bytearray", bytearray_shrinks)
def bytearray_value():
    b = bytearray(b"abcdef")
    class I:
        def __index__(self): b.clear(); return 3
    b[2] = I()
attempt("bytearray value", bytearray_value)
def bytearray_iter():
    b = bytearray(b"abcdef")
    out = []
    for x in b:
        out.append(x); del b[-1:]
    return out
attempt("bytearray iter", bytearray_iter)
def update_mutates():
    d = {}
    class K(dict):
        def keys(self):
            d.clear(); return ["a"]
        def __getitem__(self, k): d.clear(); return 1
    class Q:
        def keys(self):
            d.clear(); return ["a", "b"]
        def __getitem__(self, k): d.clear(); return 1
    d.update(Q())
    return d
attempt("update", update_mutates)
def popitem():
    d = {i: i for i in range(5)}
    for k in d: d.popitem()
attempt("popitem", popitem)
def itemsloop():
    d = {1: [2]}
    for k, v in d.items():
        d[k] = 3
    for v in d.values(): d[9] = 9
attempt("items", itemsloop)
def join():
    l = []
    class S(str): pass
    def g():
        l.clear(); yield "a"; l.append("b"); yield "b"
    l[:] = ["x"]
    return ",".join(g())
attempt("join", join)
def min_():
    l = []
    class C:
        def __lt__(self, o): l.clear(); return True
    l[:] = [C(), C(), C()]
    return type(min(l)).__name__, l
attempt("min", min_)
def unpack():
    l = [1, 2]
    class I:
        def __iter__(self):
            l.clear(); yield 1; yield 2
    a, *b = I()
    return a, b
attempt("unpack", unpack)
def setops():
    s = set()
    class C:
        def __init__(self, h): self.h = h
        def __hash__(self): return 1
        def __eq__(self, o): s.clear(); return False
    s.update([C(1)])
    out = []
    for op in ("union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint"):
        s.clear()
        set.add(s, C(1))
        r = getattr(s, op)([C(1), C(2)])
        out.append(len(r) if isinstance(r, set) else r)
    return out
attempt("set ops", setops)
