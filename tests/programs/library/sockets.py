"""Sockets of each kind: connections, datagrams, addresses, times that run out, and what is sent
beside the data."""

import os
import select
import socket
import threading


def tell(work):
    try:
        print(work())
    except Exception as error:
        print(type(error).__name__, error)


one, other = socket.socketpair()
print(one.family, one.type, one.proto, one.timeout)
print(one.send(b"hello"), other.recv(2), other.recv(100))
view = bytearray(4)
other.sendall(b"abcdef")
print(one.recv_into(view), view, one.recv_into(view, 1), view, one.recv(9))
one.settimeout(0.01)
tell(lambda: one.recv(1))
one.setblocking(False)
tell(lambda: one.recv(1))
print(one.gettimeout(), one.getblocking(), other.getblocking())
tell(lambda: one.recv(-1))
tell(lambda: one.send("text"))
tell(lambda: one.settimeout(-1))
other.shutdown(socket.SHUT_WR)
print(one.recv(1))
other.close()
print(other, other.fileno())
tell(lambda: one.send(b"to nobody"))
tell(lambda: other.send(b"from nobody"))
one.close()

# More than the system keeps goes through while the other side reads.
one, other = socket.socketpair()
much = bytes(range(256)) * 4096


def drain():
    got = bytearray()
    while part := other.recv(65536):
        got += part
    print(len(got), got == much)


reader = threading.Thread(target=drain)
reader.start()
one.sendall(much)
one.close()
reader.join()
other.close()

# Connections, with files on them.
with socket.create_server(("127.0.0.1", 0)) as server:
    address = server.getsockname()

    served = []

    def serve():
        connection, peer = server.accept()
        with connection, connection.makefile("rw") as lines:
            served.append((peer[0], connection.getsockname() == address))
            for line in lines:
                lines.write(line.upper())
                lines.flush()

    thread = threading.Thread(target=serve)
    thread.start()
    with socket.create_connection(address, timeout=10) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
        print(client.getpeername() == address, client.gettimeout())
        with client.makefile("rwb") as lines:
            for line in (b"first\n", b"second\n"):
                lines.write(line)
                lines.flush()
                print(lines.readline())
        client.shutdown(socket.SHUT_WR)
        print(client.recv(1))
    thread.join()
    print(served)
with socket.socket() as nobody:
    nobody.bind(("127.0.0.1", 0))
    closed_port = nobody.getsockname()
tell(lambda: socket.create_connection(closed_port, timeout=5))
with socket.socket() as client:
    print(client.connect_ex(closed_port))

# Datagrams.
with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
    one.bind(("localhost", 0))
    other.bind(("", 0))
    print(other.getsockname()[0])
    print(other.sendto(b"message", one.getsockname()))
    data, address = one.recvfrom(100)
    print(data, address[1] == other.getsockname()[1])
    tell(lambda: one.sendto(b"x", ("localhost", 70000)))
    tell(lambda: one.sendto(b"x", ["localhost", 1]))
    tell(lambda: one.sendto(b"x", ("localhost",)))

# Descriptors pass to who is at the other end.
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
reader, writer = os.pipe()
rights = reader.to_bytes(4, "little")
print(one.sendmsg([b"one ", b"file"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]))
data, beside, flags, address = other.recvmsg(100, socket.CMSG_SPACE(4))
print(data, [(level, kind, len(part)) for level, kind, part in beside], flags, address)
passed = int.from_bytes(beside[0][2], "little")
os.write(writer, b"through the pipe")
print(passed != reader, os.read(passed, 100))
for fd in (reader, writer, passed):
    os.close(fd)

# Waiting on several.
with select.epoll() as waiting:
    waiting.register(one, select.EPOLLIN)
    print(waiting.poll(0), waiting.closed)
    other.send(b"!")
    print(waiting.poll() == [(one.fileno(), select.EPOLLIN)])
    waiting.modify(one, select.EPOLLOUT)
    print(waiting.poll(1, 1) == [(one.fileno(), select.EPOLLOUT)])
    waiting.unregister(one)
    tell(lambda: waiting.unregister(one))
    tell(lambda: waiting.poll(0, 0))
tell(waiting.fileno)
one.close()
other.close()

# Names and numbers.
print(socket.inet_aton("1.2.3.4"), socket.inet_ntoa(b"\x7f\0\0\1"), socket.inet_aton("127.1"))
print(socket.inet_pton(socket.AF_INET6, "::1"), socket.inet_ntop(socket.AF_INET6, bytes(15) + b"\1"))
print(socket.htons(1), socket.ntohl(0x01020304), socket.CMSG_LEN(4), socket.CMSG_SPACE(5))
print(socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM))
print(socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV))
print(socket.gethostbyname("127.0.0.1"), socket.gethostname() != "")
tell(lambda: socket.inet_aton("1.2.3.4.5"))
tell(lambda: socket.inet_pton(socket.AF_INET, "a.b.c.d"))
tell(lambda: socket.getaddrinfo("127.0.0.1", None, flags=1 << 20))
tell(lambda: socket.htons(-1))
print(issubclass(socket.gaierror, OSError), socket.timeout is TimeoutError, socket.error is OSError)
socket.setdefaulttimeout(3)
with socket.socket() as timed:
    print(timed.gettimeout(), repr(timed).partition("family")[2])
    tell(lambda: timed.no_such_attribute)
socket.setdefaulttimeout(None)

# More than any memory holds.
one, other = socket.socketpair()
with one, other:
    other.send(b"!")
    tell(lambda: one.recv(1 << 62))
    tell(lambda: one.recvmsg(1 << 62))
    print(one.recv(1))
