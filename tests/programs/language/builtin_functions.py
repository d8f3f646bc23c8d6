x = 1
print(sorted([k for k in globals() if not k.startswith("_")]), "x" in vars(), dir()[-1])
def f(a, b=2, *c, **d):
    e = [a for a in c]
    return locals()
print(f(1, 3, 4, k=5))
def outer():
    n = 5
    def inner():
        return n, locals()
    return inner()
print(outer())
class C:
    z = 1
    def __init__(self): self.q = 2
    def m(self): pass
print(vars(C()), [n for n in dir(C()) if not n.startswith("__")], [n for n in dir(C) if not n.startswith("__")], "append" in dir([]), "__len__" in dir([]))
exec("y = x + 1\nprint(y)")
ns = {}
exec("def g(v): return v * 2", ns)
print(ns["g"](21), eval("1 + 2"), eval("a + b", {"a": 1, "b": 2}), eval("v", {}, {"v": 9}), y)
code = compile("x * 10", "<s>", "eval")
print(eval(code), eval(compile("3", "f", "eval")))
exec(compile("for i in range(2): print('i', i)", "f", "exec"))
print(list(iter([3, 2, 1].pop, 1)), list(zip([1, 2], "ab", strict=True)), list(zip()), list(zip([1])), ascii("é日"), callable(len), callable(1))
print(__import__("sys").__name__ if False else "", max(3, 1), min("ba"), max([], default=0), max([1, -5], key=abs), sorted("bca", reverse=True), any([0, 1]), all([]))
def attempt(*fs):
    for f in fs:
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__, e)
attempt(lambda: list(zip([1], [1, 2], strict=True)), lambda: list(zip([1, 2], [1], strict=True)), lambda: list(zip([1], [1], [], strict=True)), lambda: eval("nope"), lambda: exec(1), lambda: eval("1", 2), lambda: compile("a", "b", "c"), lambda: vars(1), lambda: iter(1, 2), lambda: iter(5), lambda: next(iter([])), lambda: len(5), lambda: sum(5), lambda: sorted([1, "a"]), lambda: getattr(1, "x"), lambda: setattr(1, "x", 1), lambda: chr(-1), lambda: hash([]), lambda: isinstance(1, 2), lambda: print(1, end=3), lambda: print(sep=1), lambda: max([]), lambda: reversed(5), lambda: ord(5), lambda: delattr(C(), "zz"))
class W:
    def __init__(self): self.s = []
    def write(self, t): self.s.append(t)
    def flush(self): self.s.append("F")
w = W()
print("a", 1, sep="-", end="!", file=w, flush=True)
print(w.s)
