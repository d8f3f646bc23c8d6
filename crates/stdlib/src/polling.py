"""Waiting until a descriptor can be read or written."""

import math
import time
from posix import close as _close


def _descriptor(file):
    if not isinstance(file, int):
        method = getattr(file, "fileno", None)
        if method is None:
            raise TypeError("argument must be an int, or have a fileno() method.")
        file = method()
        if not isinstance(file, int):
            raise TypeError("fileno() returned a non-integer")
    if file < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({file})")
    return file


def _until_ready(wait, seconds):
    """What `wait` says within the time, given milliseconds; what interrupts it is no end."""
    until = None if seconds is None else time.monotonic() + seconds
    while True:
        left = -1
        if until is not None:
            left = math.ceil(max(until - time.monotonic(), 0) * 1000)
            if left > 0x7FFF_FFFF:
                raise OverflowError("timeout is too large")
        try:
            return wait(left)
        except InterruptedError:
            continue


def _wait(pairs, seconds):
    """The pairs of descriptors and events that are ready."""
    return _until_ready(lambda left: _poll(pairs, left), seconds)


class poll:
    """Descriptors, and the events that are waited for."""

    def __init__(self):
        self._events = {}

    def register(self, fd, eventmask=None, /):
        if eventmask is None:
            eventmask = POLLIN | POLLPRI | POLLOUT
        if not 0 <= eventmask <= 0xFFFF:
            raise OverflowError("event mask does not fit in 16 bits")
        self._events[_descriptor(fd)] = eventmask

    def modify(self, fd, eventmask, /):
        if _descriptor(fd) not in self._events:
            raise FileNotFoundError(2, "No such file or directory")
        self.register(fd, eventmask)

    def unregister(self, fd, /):
        del self._events[_descriptor(fd)]

    def poll(self, timeout=None, /):
        if timeout is not None:
            timeout = None if timeout < 0 else timeout / 1000
        return _wait(list(self._events.items()), timeout)


class epoll:
    """Descriptors that the system itself keeps, and the events that are waited for."""

    def __init__(self, sizehint=-1, flags=0):
        if sizehint != -1 and sizehint <= 0:
            raise ValueError("negative sizehint")
        if flags & ~EPOLL_CLOEXEC:
            raise OSError(22, "Invalid argument")
        self._fd = _epoll_create()

    @classmethod
    def fromfd(cls, fd, /):
        self = cls.__new__(cls)
        self._fd = fd
        return self

    def __enter__(self):
        self._check()
        return self

    def __exit__(self, *error):
        self.close()

    def __del__(self):
        self.close()

    def _check(self):
        if self._fd < 0:
            raise ValueError("I/O operation on closed epoll object")

    def close(self):
        fd, self._fd = getattr(self, "_fd", -1), -1
        if fd >= 0:
            _close(fd)

    @property
    def closed(self):
        return self._fd < 0

    def fileno(self):
        self._check()
        return self._fd

    def register(self, fd, eventmask=0x7):
        self._check()
        _epoll_control(self._fd, EPOLL_CTL_ADD, _descriptor(fd), eventmask)

    def modify(self, fd, eventmask):
        self._check()
        _epoll_control(self._fd, EPOLL_CTL_MOD, _descriptor(fd), eventmask)

    def unregister(self, fd):
        self._check()
        _epoll_control(self._fd, EPOLL_CTL_DEL, _descriptor(fd), 0)

    def poll(self, timeout=None, maxevents=-1):
        self._check()
        if maxevents == -1:
            maxevents = 1023
        elif maxevents <= 0:
            raise ValueError(f"maxevents must be greater than 0, got {maxevents}")
        seconds = None if timeout is None or timeout < 0 else timeout
        return _until_ready(lambda left: _epoll_wait(self._fd, maxevents, left), seconds)


def select(rlist, wlist, xlist, timeout=None, /):
    if timeout is not None and timeout < 0:
        raise ValueError("timeout must be non-negative")
    lists = [[(_descriptor(file), file) for file in files] for files in (rlist, wlist, xlist)]
    events = {}
    for files, wanted in zip(lists, (POLLIN, POLLOUT, POLLPRI)):
        for fd, _ in files:
            events[fd] = events.get(fd, 0) | wanted
    ready = dict(_wait(list(events.items()), timeout))
    if any(got & POLLNVAL for got in ready.values()):
        raise OSError(9, "Bad file descriptor")
    # The end of a file, and an error, are news to readers; an error is to writers.
    news = (POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI)
    return tuple(
        [file for fd, file in files if ready.get(fd, 0) & kinds]
        for files, kinds in zip(lists, news)
    )
