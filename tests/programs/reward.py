"""Two threads update two counters in one dictionary, ten million turns each.

Adding to an item with `+=` is one statement, which nothing tears between two safe points: with an
interpreter lock every turn is counted. The reward goes through a call, which is a safe point:
between reading and storing it the other thread may store its own, so some rewards get lost.
"""

import threading

TURNS = 10_000_000

counters = {"pieces": 0, "reward": 0}


def raised(reward):
    return reward + 1


def work(turns):
    for turn in range(turns):
        counters["pieces"] += 1
        if turn % 10 == 0:
            counters["reward"] = raised(counters["reward"])
        else:
            counters["turn"] = turn % 7


threads = [threading.Thread(target=work, args=(TURNS,)) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(counters)
