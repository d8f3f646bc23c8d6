"""What is in circles at the end is finalised while the names of its module are there."""
import atexit
import gc

gc.disable()
greeting = "hello"


class Node:
    def __init__(self, name):
        self.name = name
        self.me = self

    def __del__(self):
        print(greeting, self.name, helper())


def helper():
    return Node.__name__


node = Node("global")
lost = Node("lost")
del lost
atexit.register(print, "exit functions first")
