# Recursion through every kind of special method ends in RecursionError.
class R:
    def __repr__(self): return repr(self)
class S:
    def __str__(self): return str(self)
class F:
    def __format__(self, spec): return format(self, spec)
class E:
    def __eq__(self, other): return self == other
class L:
    def __lt__(self, other): return self < other
class H:
    def __hash__(self): return hash(self)
class G:
    def __getattr__(self, name): return getattr(self, name + "x"[:0])
class GA:
    def __getattribute__(self, name): return self.name
class SA:
    def __setattr__(self, name, value): self.name = value
class I:
    def __getitem__(self, i): return self[i]
class A:
    def __add__(self, other): return self + other
class RA:
    def __radd__(self, other): return other + self
class IA:
    def __iadd__(self, other):
        self += other
        return self
class N:
    def __neg__(self): return -self
class B:
    def __bool__(self): return bool(self)
class LE:
    def __len__(self): return len(self)
class LB:
    def __len__(self): return bool(self)
class C:
    def __contains__(self, x): return x in self
class IT:
    def __iter__(self): return iter(self)
class NX:
    def __iter__(self): return self
    def __next__(self): return next(self)
class CA:
    def __call__(self): return self()
class IN:
    def __init__(self): IN()
class NE:
    def __new__(cls): return cls()
class EN:
    def __enter__(self):
        with self: pass
    def __exit__(self, *a): pass
class IX:
    def __index__(self): return range(10)[self]
class INT:
    def __int__(self): return int(self)
class FL:
    def __float__(self): return float(self)
class D:
    def __delattr__(self, n): del self.n
class P:
    @property
    def p(self): return self.p
class DE:
    def __get__(self, o, t): return o.d
class HD:
    d = DE()
class M(type):
    def __instancecheck__(cls, x): return isinstance(x, cls)
    def __subclasscheck__(cls, x): return issubclass(x, cls)
class MM(metaclass=M): pass
def iadd():
    x = IA()
    x += 1
def gen():
    yield from gen()
def gen2():
    for x in gen2(): yield x
def direct(): return direct()
def kw(**k): return kw(**k)
def star(*a): return star(*a)
def deflt(a=1): return deflt()
def lam(): return (lambda: lam())()
def srt(): return sorted([2, 1], key=lambda x: srt())
def mp(): return list(map(lambda x: mp(), [1]))
def comp(): return [comp() for x in [1]]
def fin():
    try:
        return fin()
    finally:
        pass
def exc():
    try: exc()
    except ValueError: pass
def ev(): return eval("ev()")
def ex(): exec("ex()")
def mx(): return max([1, 2], key=lambda x: mx())
def cl():
    class X:
        cl()
def deco():
    @lambda f: deco()
    def f(): pass
def mat():
    match mat():
        case 1: pass
def attempt(name, action):
    try:
        action()
    except RecursionError as error:
        print(name, "RecursionError", str(error).split(" in ")[0].split(" while")[0])
    except BaseException as error:
        print(name, type(error).__name__, error)
    else:
        print(name, "done")
tests = dict(R=lambda: repr(R()), S=lambda: str(S()), F=lambda: f"{F()}", E=lambda: E() == 1, L=lambda: L() < 1,
  H=lambda: hash(H()), G=lambda: G().x, GA=lambda: GA().x, SA=lambda: setattr(SA(), "q", 1), I=lambda: I()[0],
  A=lambda: A()+1, RA=lambda: 1+RA(), IA=iadd, N=lambda: -N(), B=lambda: bool(B()), LE=lambda: len(LE()), LB=lambda: len(LB()),
  C=lambda: 1 in C(), IT=lambda: iter(IT()), NX=lambda: list(NX()), CA=lambda: CA()(), IN=IN, NE=NE, EN=lambda: EN().__enter__(),
  IX=lambda: [1][IX()], INT=lambda: int(INT()), FL=lambda: float(FL()), D=lambda: delattr(D(), "q"), P=lambda: P().p, HD=lambda: HD().d,
  MM=lambda: isinstance(1, MM), MS=lambda: issubclass(int, MM), gen=lambda: list(gen()), gen2=lambda: list(gen2()), direct=direct, kw=kw, star=star,
  deflt=deflt, lam=lam, srt=srt, mp=mp, comp=comp, fin=fin, exc=exc, ev=ev, ex=ex, mx=mx, cl=cl, deco=deco, mat=mat,
  keys=lambda: {H(): 1}, sets=lambda: {H()}, inlist=lambda: E() in [E()], count=lambda: [E()].count(E()), sort=lambda: sorted([L(), L()]), index=lambda: [E()].index(E()),
  dictrepr=lambda: repr({1: R()}), listrepr=lambda: repr([R()]), pct=lambda: "%s" % S(), fmt=lambda: "{}".format(F()), join=lambda: print(S()), sum=lambda: sum([A(), A()]),
  excstr=lambda: str(ValueError(S())), minmax=lambda: max(L(), L()))
for name, action in tests.items():
    attempt(name, action)
