"""Coroutines driven by a scheduler of our own: awaiting one another, passing turns, queues."""


class Turn:
    def __await__(self):
        yield self


class Queue:
    def __init__(self):
        self.items = []
        self.start = 0

    def put(self, item):
        self.items.append(item)

    async def get(self):
        while self.start == len(self.items):
            await Turn()
        item = self.items[self.start]
        self.start += 1
        if self.start > 1000:
            del self.items[:self.start]
            self.start = 0
        return item


async def fib(n):
    if n < 2:
        return n
    return await fib(n - 1) + await fib(n - 2)


async def produce(queue, count):
    for number in range(count):
        queue.put(number)
        if number % 3 == 0:
            await Turn()
    queue.put(None)


async def consume(queue, results):
    total = 0
    while (item := await queue.get()) is not None:
        total += item
    results.append(total)


class Ticker:
    def __init__(self, limit):
        self.limit = limit
        self.now = 0

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.now >= self.limit:
            raise StopAsyncIteration
        self.now += 1
        return self.now


async def ticks(limit):
    for number in range(limit):
        yield number
        if number % 100 == 0:
            await Turn()


async def sum_of_ticks(limit, results):
    total = 0
    async for now in Ticker(limit):
        total += now
    async for now in ticks(limit):
        total += now
    results.append(total + sum([number async for number in ticks(limit)]))


def run(coroutines):
    waiting, switches = list(coroutines), 0
    while waiting:
        still = []
        for coroutine in waiting:
            try:
                coroutine.send(None)
                still.append(coroutine)
                switches += 1
            except StopIteration:
                pass
        waiting = still
    return switches


def main():
    results = []
    try:
        fib(25).send(None)
    except StopIteration as stop:
        results.append(stop.value)
    queues = [Queue() for _ in range(20)]
    tasks = [produce(queue, 10_000) for queue in queues]
    tasks += [consume(queue, results) for queue in queues]
    tasks.append(sum_of_ticks(250_000, results))
    print(run(tasks), len(results), sum(results))


main()
