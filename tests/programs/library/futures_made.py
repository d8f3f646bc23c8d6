"""Futures that programs complete themselves, and waiting for some of them."""

import concurrent.futures as futures
import threading


def tell(work):
    try:
        print(work())
    except Exception as error:
        print(type(error).__name__, str(error).partition(" at ")[0])


one = futures.Future()
print(one.done(), one.running(), one.cancelled())
one.add_done_callback(lambda future: print("done", future.result()))
print(one.set_running_or_notify_cancel(), one.running(), one.cancel())
tell(one.set_running_or_notify_cancel)
one.set_result(["result"])
print(one.result(), one.exception(), one.done())
tell(lambda: one.set_result(2))
tell(lambda: one.set_exception(ValueError()))

failed = futures.Future()
failed.set_exception(ValueError("this"))
tell(failed.result)
print(repr(failed.exception()))

given_up = futures.Future()
print(given_up.cancel(), given_up.set_running_or_notify_cancel(), given_up.cancelled())
try:
    given_up.set_result(1)
except futures.InvalidStateError as error:
    print(str(error).startswith("CANCELLED"))
tell(given_up.result)
tell(lambda: futures.Future().result(0.01))
try:
    futures.Future(1)
except TypeError:
    print("takes no arguments")

waiting = futures.Future()
threading.Timer(0.01, waiting.set_result, ["by a thread"]).start()
print(waiting.result())


class Named(futures.Future):
    def __init__(self, name):
        super().__init__()
        self.name = name


named = Named("n")
named.set_result(3)
print(named.name, named.result(), isinstance(named, futures.Future))

left = futures.Future()
done, not_done = futures.wait([one, failed, left], timeout=0.01)
print(done == {one, failed}, not_done == {left})
result = futures.wait([left, one], return_when=futures.FIRST_COMPLETED)
print(result.done == {one}, len(result.not_done), type(result).__name__)
print(len(futures.wait([failed, left], return_when=futures.FIRST_EXCEPTION).done))
tell(lambda: futures.wait([left], return_when="sometime"))
with futures.ThreadPoolExecutor(2) as pool:
    calls = [pool.submit(pow, 2, n) for n in range(5)]
    print(sorted(future.result() for future in futures.wait(calls).done))

# Types that cannot be called.
for kind in (type(iter({})), type(len), type({}.keys()), type(x for x in ())):
    tell(kind)
