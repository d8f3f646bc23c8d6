"""Programs of `asyncio`: tasks, timers, queues, locks, streams and what ends them."""

import asyncio
import contextvars
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor


async def count(name, times, pause):
    for at in range(times):
        await asyncio.sleep(pause)
        log.append((name, at))
    return name, times


async def tasks():
    results = await asyncio.gather(count("a", 2, 0.02), count("b", 1, 0.01), count("c", 0, 1))
    print(results, log)
    task = asyncio.create_task(count("late", 1, 60), name="slow")
    await asyncio.sleep(0)
    print(task.get_name(), task.cancel(), task.done())
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled", task.cancelled())
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(60)
    except TimeoutError as error:
        print("too late", repr(error))
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    except asyncio.TimeoutError as error:
        print("too late", repr(error))
    done, pending = await asyncio.wait(
        [asyncio.create_task(asyncio.sleep(0.001, "quick")), asyncio.create_task(asyncio.sleep(9))],
        return_when=asyncio.FIRST_COMPLETED)
    print([task.result() for task in done], len(pending))
    for task in pending:
        task.cancel()
    for each in asyncio.as_completed([asyncio.sleep(0.03, "3"), asyncio.sleep(0.01, "1")]):
        print(await each)


async def fails(pause, error):
    await asyncio.sleep(pause)
    raise error


async def groups():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails(0, ValueError("one")))
            group.create_task(fails(0, KeyError("two")))
            other = group.create_task(asyncio.sleep(60))
    except* ValueError as caught:
        print(caught.exceptions)
    except* KeyError as caught:
        print(caught.exceptions)
    print(other.cancelled())
    print(await asyncio.gather(fails(0, ValueError("x")), asyncio.sleep(0, 1), return_exceptions=True))


async def queues():
    queue, got = asyncio.Queue(2), []

    async def consume():
        while True:
            item = await queue.get()
            got.append(item)
            queue.task_done()

    consumer = asyncio.create_task(consume())
    for item in range(5):
        await queue.put(item)
    await queue.join()
    consumer.cancel()
    print(got, queue.empty())
    lock, event, inside = asyncio.Lock(), asyncio.Event(), []

    async def enter(name):
        await event.wait()
        async with lock:
            inside.append(name)
            await asyncio.sleep(0)
            inside.append(name)

    entering = [asyncio.create_task(enter(name)) for name in "xy"]
    await asyncio.sleep(0)
    event.set()
    await asyncio.gather(*entering)
    print(inside, lock.locked())
    limit, most, now = asyncio.Semaphore(2), 0, 0

    async def limited():
        nonlocal most, now
        async with limit:
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.001)
            now -= 1

    await asyncio.gather(*(limited() for _ in range(6)))
    print(most)
    condition = asyncio.Condition()

    async def notified():
        async with condition:
            await condition.wait()
            return "notified"

    waiting = asyncio.create_task(notified())
    await asyncio.sleep(0)
    async with condition:
        condition.notify()
    print(await waiting)


async def streams():
    async def serve(reader, writer):
        while line := await reader.readline():
            writer.write(line[::-1].strip() + b"\n")
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address)
        for text in (b"abc\n", b"defg\n"):
            writer.write(text)
            print(await reader.readuntil(b"\n"))
        writer.write_eof()
        print(await reader.read())
        writer.close()
        await writer.wait_closed()


async def elsewhere():
    variable.set("of the task")
    loop = asyncio.get_running_loop()
    print(await asyncio.to_thread(lambda: (variable.get(), threading.current_thread() is main)))
    with ThreadPoolExecutor(2) as pool:
        print(await asyncio.gather(*(loop.run_in_executor(pool, pow, 2, n) for n in range(4))))
    future = loop.create_future()
    threading.Thread(target=lambda: loop.call_soon_threadsafe(future.set_result, "from outside")).start()
    print(await future)
    order = []
    loop.call_later(0.02, order.append, "later")
    loop.call_soon(order.append, "soon")
    loop.call_at(loop.time() + 0.01, order.append, "between")
    loop.call_later(0.015, order.append, "never").cancel()
    await asyncio.sleep(0.03)
    print(order)
    future = asyncio.run_coroutine_threadsafe(asyncio.sleep(0.01, "by thread"), loop)
    print(await asyncio.wrap_future(future))


async def generate(count):
    try:
        for at in range(count):
            await asyncio.sleep(0)
            yield at
    finally:
        print("generator closed")


async def generators():
    print([at async for at in generate(3)])
    async for at in generate(3):
        break
    print({at: -at async for at in generate(2)})


async def programs():
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", "read line; echo got $line; exit 3",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    print(await process.communicate(b"this\n"), process.returncode)
    process = await asyncio.create_subprocess_shell("sleep 60")
    process.kill()
    print(await process.wait())


variable = contextvars.ContextVar("variable")
main = threading.current_thread()
log = []
for program in (tasks, groups, queues, streams, elsewhere, generators, programs):
    print(f"-- {program.__name__}")
    began = time.monotonic()
    asyncio.run(program())
    if time.monotonic() - began > 30:
        print("took too long")
try:
    asyncio.run(fails(0, RuntimeError("out of the program")))
except RuntimeError as error:
    print(error)
with asyncio.Runner() as runner:
    print(runner.run(asyncio.sleep(0, "run")), runner.run(asyncio.sleep(0, "again")))
try:
    asyncio.get_running_loop()
except RuntimeError as error:
    print(error)
