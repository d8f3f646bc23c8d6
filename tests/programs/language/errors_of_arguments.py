# Errors of calls: too many arguments beside keyword-only ones, bases named twice, bases of numbers.
def t(f):
  try: print(f())
  except Exception as e: print(type(e).__name__, e)
t(lambda: format(5,'z')); t(lambda: format(5,'zd'));t(lambda: format(True,'z')); t(lambda: format('a','z')); t(lambda: format(5,'z.2f'))
class A: pass
t(lambda: type('X',(A,A),{}))
t(lambda: type('X',(A,int,A),{}))
t(lambda: int(5.0,1)); t(lambda: int(5.0,2)); t(lambda: int('5','x')); t(lambda: int(5, 10**30)); t(lambda: int('1',10**30))
t(lambda: int('z', 36)); t(lambda: int('z', 35)); t(lambda: int(b'11', 2))
def f(*,k=1): pass
def g(a,*,k=1,m=2): pass
def h(a,b=2,*,k): pass
t(lambda: f(1,2,k=3)); t(lambda: g(1,2,k=3,m=4)); t(lambda: g(1,2,3)); t(lambda: h(1,2,3,k=1)); t(lambda: h(1,2,3)); t(lambda: f(1,k=2)); t(lambda: f(1))
