"""Methods found through caches run to their end when they delete themselves from their class."""

import gc


def make():
    class M:
        def __enter__(self):
            del M.__enter__
            gc.collect()
            junk = [lambda: 1 for _ in range(1000)]
            return self.go(3)

        def go(self, n):
            del M.go
            gc.collect()
            junk = [lambda: 1 for _ in range(1000)]
            return n + 1

        def __exit__(self, *a):
            del M.__exit__
            gc.collect()
            junk = [lambda: 1 for _ in range(1000)]
            return a[0] is None

        def __getattr__(self, name):
            del M.__getattr__
            gc.collect()
            junk = [lambda: 1 for _ in range(1000)]
            return name * 2

    return M


def use(m):
    with m as x:
        return x, m.what


for _ in range(50):
    r = use(make()())
print(r)
