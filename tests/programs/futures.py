"""Calls handed to threads, and their results as they come back."""

from concurrent.futures import ThreadPoolExecutor, as_completed


def square(n):
    return n * n


def fail(text):
    raise ValueError(text)


with ThreadPoolExecutor(max_workers=2) as pool:
    futures = [pool.submit(square, n) for n in range(10)]
    print([future.result() for future in futures])
    print(list(pool.map(square, range(5))))
    print(sum([future.result() for future in as_completed(futures)]))

    failed = pool.submit(fail, "no such thing")
    try:
        failed.result()
    except ValueError as error:
        print("raised:", error)
    print(repr(failed.exception()), failed.done(), failed.cancelled())

    called = []
    futures[0].add_done_callback(lambda future: called.append(future.result()))
    print(called)

try:
    pool.submit(square, 1)
except RuntimeError as error:
    print(error)
