"""Threads that read and write attributes of the same instances while classes change."""
import _weakref
import threading

class A:
    kind = 0
    def __init__(self, v):
        self.v = v
        self.w = v
    def m(self):
        return self.v
    @property
    def p(self):
        return self.w
class B(A):
    def m(self):
        return self.v + 1
class S:
    __slots__ = ("a", "b")
shared = [A(i) for i in range(8)] + [B(i) for i in range(8)]
sl = S()
sl.a = 0
sl.b = 0
N = 6000
def reader(n):
    t = 0
    for i in range(N):
        o = shared[i % 16]
        t += o.v + o.m() + o.p + o.kind
        sl.a = i
        t += sl.b
        x = A(i)
        x.extra = i
        y = B(i)
        y.other = i
    out.append(t >= 0)
def writer(n):
    for i in range(N):
        o = shared[i % 16]
        o.v = i
        o.w = i
        setattr(o, "t%d" % (i % 4), [i])
        sl.b = i
        if i % 500 == 0:
            A.kind = i
            B.kind = 1
            A.m = lambda self: self.v
            try:
                del B.kind
            except AttributeError:
                pass
        if i % 100 == 0:
            if hasattr(o, "t1"):
                try:
                    del o.t1
                except AttributeError:
                    pass
        if i % 3000 == 0:
            vars(o)["z"] = i
        if i % 300 == 0:
            shared[i % 16] = (A if i % 16 < 8 else B)(i)
            r = _weakref.ref(shared[i % 16])
            assert r() is None or r().w >= 0
    out.append(True)
def classer(n):
    for i in range(N // 10):
        o = shared[15]
        o.__class__ = A if i % 2 else B
        class T(A):
            x = 1
        T(1).m()
    out.append(True)
out = []
ts = [threading.Thread(target=f, args=(k,)) for k, f in enumerate([reader, writer, reader, writer, classer])]
for t in ts:
    t.start()
for t in ts:
    t.join()
print(out)
