"""Threads and locks: the classes that programs use and derive from, over `_thread`."""

import _thread
from time import monotonic as _now

Lock = _thread.lock
RLock = _thread.RLock
ThreadError = _thread.error
get_ident = _thread.get_ident
get_native_id = _thread.get_native_id
TIMEOUT_MAX = 9223372036.0

_active = {}
_counter = [0]


def _number():
    _counter[0] += 1
    return _counter[0]


class Condition:
    """A place to wait for a change of what a lock guards."""

    def __init__(self, lock=None):
        self._lock = RLock() if lock is None else lock
        self._waiters = []
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def __enter__(self):
        return self._lock.__enter__()

    def __exit__(self, *args):
        return self._lock.__exit__(*args)

    def _check(self, what):
        if not self._lock._is_owned():
            raise RuntimeError("cannot " + what + " on un-acquired lock")

    def wait(self, timeout=None):
        self._check("wait")
        waiter = Lock()
        waiter.acquire()
        self._waiters.append(waiter)
        times = self._lock._release_save()
        woken = False
        try:
            if timeout is None:
                woken = waiter.acquire()
            elif timeout > 0:
                woken = waiter.acquire(True, timeout)
            else:
                woken = waiter.acquire(False)
            return woken
        finally:
            self._lock._acquire_restore(times)
            if not woken:
                try:
                    self._waiters.remove(waiter)
                except ValueError:
                    pass

    def wait_for(self, predicate, timeout=None):
        deadline = None if timeout is None else _now() + timeout
        result = predicate()
        while not result:
            left = None
            if deadline is not None:
                left = deadline - _now()
                if left <= 0:
                    break
            self.wait(left)
            result = predicate()
        return result

    def notify(self, n=1):
        self._check("notify")
        while n > 0 and self._waiters:
            waiter = self._waiters.pop(0)
            try:
                waiter.release()
            except RuntimeError:
                continue
            n -= 1

    def notify_all(self):
        self.notify(len(self._waiters))


class Semaphore:
    """Lets a number of threads in at once."""

    def __init__(self, value=1):
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self._cond = Condition(Lock())
        self._value = value

    def acquire(self, blocking=True, timeout=None):
        if not blocking and timeout is not None:
            raise ValueError("can't specify timeout for non-blocking acquire")
        with self._cond:
            if blocking:
                if not self._cond.wait_for(lambda: self._value > 0, timeout):
                    return False
            elif self._value == 0:
                return False
            self._value -= 1
            return True

    def release(self, n=1):
        if n < 1:
            raise ValueError("n must be one or more")
        with self._cond:
            self._value += n
            self._cond.notify(n)

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *args):
        self.release()


class BoundedSemaphore(Semaphore):
    """A semaphore whose value never exceeds its first one."""

    def __init__(self, value=1):
        super().__init__(value)
        self._initial_value = value

    def release(self, n=1):
        if n < 1:
            raise ValueError("n must be one or more")
        with self._cond:
            if self._value + n > self._initial_value:
                raise ValueError("Semaphore released too many times")
            self._value += n
            self._cond.notify(n)


class Event:
    """A flag to wait for."""

    def __init__(self):
        self._cond = Condition(Lock())
        self._flag = False

    def is_set(self):
        return self._flag

    def set(self):
        with self._cond:
            self._flag = True
            self._cond.notify_all()

    def clear(self):
        with self._cond:
            self._flag = False

    def wait(self, timeout=None):
        with self._cond:
            return self._cond.wait_for(lambda: self._flag, timeout)


class Thread:
    """A thread of control that calls a function, or `run` of a derived class."""

    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
        if group is not None:
            raise AssertionError("group argument must be None for now")
        if name is None:
            name = f"Thread-{_number()}"
            if target is not None:
                name += f" ({getattr(target, '__name__', target)})"
        self._name = str(name)
        self._target = target
        self._args = args
        self._kwargs = {} if kwargs is None else kwargs
        self._daemon = current_thread().daemon if daemon is None else bool(daemon)
        self._ident = None
        self._started = Event()
        self._done = Event()
        self._initialized = True

    def start(self):
        if self._started.is_set():
            raise RuntimeError("threads can only be started once")
        _thread._start(self._bootstrap, self._name, self._daemon)
        self._started.wait()

    def _bootstrap(self):
        self._ident = get_ident()
        _active[self._ident] = self
        self._started.set()
        try:
            self.run()
        finally:
            _active.pop(self._ident, None)
            self._done.set()

    def run(self):
        try:
            if self._target is not None:
                self._target(*self._args, **self._kwargs)
        finally:
            del self._target, self._args, self._kwargs

    def join(self, timeout=None):
        if not self._started.is_set():
            raise RuntimeError("cannot join thread before it is started")
        if self is current_thread():
            raise RuntimeError("cannot join current thread")
        self._done.wait(timeout)

    def is_alive(self):
        return self._started.is_set() and not self._done.is_set()

    @property
    def name(self):
        return self._name

    @name.setter
    def name(self, name):
        self._name = str(name)

    @property
    def ident(self):
        return self._ident

    @property
    def daemon(self):
        return self._daemon

    @daemon.setter
    def daemon(self, daemon):
        if self._started.is_set():
            raise RuntimeError("cannot set daemon status of active thread")
        self._daemon = bool(daemon)

    def __repr__(self):
        status = "initial"
        if self._started.is_set():
            status = "stopped" if self._done.is_set() else "started"
        if self._daemon:
            status += " daemon"
        if self._ident is not None:
            status += f" {self._ident}"
        return f"<{type(self).__name__}({self._name}, {status})>"


class Timer(Thread):
    """A thread that waits before it calls a function, unless it is cancelled."""

    def __init__(self, interval, function, args=None, kwargs=None):
        super().__init__()
        self.interval = interval
        self.function = function
        self.args = [] if args is None else args
        self.kwargs = {} if kwargs is None else kwargs
        self.finished = Event()

    def cancel(self):
        self.finished.set()

    def run(self):
        self.finished.wait(self.interval)
        if not self.finished.is_set():
            self.function(*self.args, **self.kwargs)
        self.finished.set()


class _MainThread(Thread):
    """The thread that runs the program."""

    def __init__(self):
        self._name = "MainThread"
        self._daemon = False
        self._ident = get_ident()
        self._started = Event()
        self._started.set()
        self._done = Event()
        _active[self._ident] = self


class _DummyThread(Thread):
    """A thread that was started without `Thread`."""

    def __init__(self):
        self._name = f"Dummy-{_number()}"
        self._daemon = True
        self._ident = get_ident()
        self._started = Event()
        self._started.set()
        self._done = Event()
        _active[self._ident] = self


def current_thread():
    thread = _active.get(get_ident())
    return _DummyThread() if thread is None else thread


def main_thread():
    return _main_thread


def enumerate():
    return list(_active.values())


def active_count():
    return len(_active)


_main_thread = _MainThread()

# It looks for what is above in this module.
from _threading_local import local
