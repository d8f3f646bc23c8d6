"""An operating system's scheduler in miniature: tasks, priorities, packets, a bit each of state."""

IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = range(6)
DEVICE_PACKET, WORK_PACKET = range(2)
LETTERS = 4


class Packet:
    def __init__(self, link, owner, kind):
        self.link = link
        self.owner = owner
        self.kind = kind
        self.datum = 0
        self.data = [0] * LETTERS

    def append_to(self, queue):
        self.link = None
        if queue is None:
            return self
        last = queue
        while last.link is not None:
            last = last.link
        last.link = self
        return queue


class Status:
    def __init__(self, waiting=False, holding=False, pending=False):
        self.waiting = waiting
        self.holding = holding
        self.pending = pending

    def is_stopped(self):
        return self.holding or (self.waiting and not self.pending)

    def is_waiting_with_packet(self):
        return self.pending and self.waiting and not self.holding


class Task(Status):
    def __init__(self, system, name, priority, queue, waiting):
        super().__init__(waiting=waiting, pending=queue is not None)
        self.system = system
        self.name = name
        self.priority = priority
        self.queue = queue
        self.next = system.tasks
        system.tasks = self
        system.table[name] = self

    def step(self, packet):
        raise NotImplementedError

    def receive(self, packet, sender):
        if self.queue is None:
            self.queue = packet
            self.pending = True
            if self.priority > sender.priority:
                return self
        else:
            packet.append_to(self.queue)
        return sender

    def run(self):
        packet = None
        if self.is_waiting_with_packet():
            packet = self.queue
            self.queue = packet.link
            self.waiting = False
            self.pending = self.queue is not None
        return self.step(packet)

    def wait(self):
        self.waiting = True
        return self

    def hold(self):
        self.system.holds += 1
        self.holding = True
        return self.next

    def release(self, name):
        task = self.system.find(name)
        task.holding = False
        return task if task.priority > self.priority else self

    def send(self, packet):
        task = self.system.find(packet.owner)
        self.system.sent += 1
        packet.link = None
        packet.owner = self.name
        return task.receive(packet, self)


class IdleTask(Task):
    def __init__(self, system, count):
        super().__init__(system, IDLE, 0, None, False)
        self.control = 1
        self.count = count

    def step(self, packet):
        self.count -= 1
        if self.count == 0:
            return self.hold()
        if self.control & 1 == 0:
            self.control //= 2
            return self.release(DEVICE_A)
        self.control = self.control // 2 ^ 0xD008
        return self.release(DEVICE_B)


class WorkTask(Task):
    def __init__(self, system, priority, queue):
        super().__init__(system, WORKER, priority, queue, True)
        self.destination = HANDLER_A
        self.letter = 0

    def step(self, packet):
        if packet is None:
            return self.wait()
        self.destination = HANDLER_B if self.destination == HANDLER_A else HANDLER_A
        packet.owner = self.destination
        packet.datum = 0
        for place in range(LETTERS):
            self.letter += 1
            if self.letter > 26:
                self.letter = 1
            packet.data[place] = 64 + self.letter
        return self.send(packet)


class HandlerTask(Task):
    def __init__(self, system, name, priority, queue):
        super().__init__(system, name, priority, queue, True)
        self.work = None
        self.devices = None

    def step(self, packet):
        if packet is not None:
            if packet.kind == WORK_PACKET:
                self.work = packet.append_to(self.work)
            else:
                self.devices = packet.append_to(self.devices)
        work = self.work
        if work is None:
            return self.wait()
        place = work.datum
        if place >= LETTERS:
            self.work = work.link
            return self.send(work)
        device = self.devices
        if device is None:
            return self.wait()
        self.devices = device.link
        device.datum = work.data[place]
        work.datum = place + 1
        return self.send(device)


class DeviceTask(Task):
    def __init__(self, system, name, priority):
        super().__init__(system, name, priority, None, True)
        self.kept = None

    def step(self, packet):
        if packet is None:
            packet = self.kept
            if packet is None:
                return self.wait()
            self.kept = None
            return self.send(packet)
        self.kept = packet
        self.system.trace += packet.datum
        return self.hold()


class System:
    def __init__(self):
        self.tasks = None
        self.table = {}
        self.holds = 0
        self.sent = 0
        self.trace = 0

    def find(self, name):
        task = self.table[name]
        if task is None:
            raise LookupError(name)
        return task

    def schedule(self):
        task = self.tasks
        while task is not None:
            if task.is_stopped():
                task = task.next
            else:
                task = task.run()


def packets(owner, kind, count):
    queue = None
    for _ in range(count):
        queue = Packet(queue, owner, kind)
    return queue


def once(count):
    system = System()
    IdleTask(system, count)
    WorkTask(system, 1000, packets(WORKER, WORK_PACKET, 2))
    HandlerTask(system, HANDLER_A, 2000, packets(DEVICE_A, DEVICE_PACKET, 3))
    HandlerTask(system, HANDLER_B, 3000, packets(DEVICE_B, DEVICE_PACKET, 3))
    DeviceTask(system, DEVICE_A, 4000)
    DeviceTask(system, DEVICE_B, 5000)
    system.schedule()
    return system.sent, system.holds, system.trace


results = {once(10_000) for _ in range(8)}
print(results)
