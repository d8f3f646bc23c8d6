"""Threads that make circles while others collect: every finaliser runs, once, and memory does not grow."""
import gc
import threading
import weakref

THREADS, ROUNDS = 4, 400
gc.set_threshold(100)
finalised = [0] * THREADS
told = []


class Node:
    def __init__(self, thread):
        self.thread = thread
        self.items = [self]
        self.table = {"me": self, self: {self}}

    def __del__(self):
        finalised[self.thread] += 1


shared = []


def work(thread):
    for number in range(ROUNDS):
        node = Node(thread)
        shared.append(node)
        # A copy: others remove nodes meanwhile.
        some = shared[:] or [node]
        node.other = some[number % len(some)]
        del some

        def again(node=node):
            return again, node

        generator = (again for again in [again])
        next(generator)
        node.items.append(generator)
        reference = weakref.ref(node, told.append)
        told.append(None)
        node.items.append(reference)
        if number % 50 == 0:
            gc.collect()
        if len(shared) > 20:
            del shared[:10]


threads = [threading.Thread(target=work, args=(thread,)) for thread in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
shared.clear()
gc.collect()
gc.collect()
# A weak reference that is still in a variable of its thread is called back.
print(finalised, len(told) >= THREADS * ROUNDS)
