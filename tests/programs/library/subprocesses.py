"""Other programs, what they read and write, and how they end."""

import os
import select
import selectors
import subprocess

done = subprocess.run(["echo", "one", "two words"], capture_output=True, text=True)
print(done.returncode, repr(done.stdout), repr(done.stderr))

script = "cat; echo wrong >&2; exit 3"
done = subprocess.run(["sh", "-c", script], input=b"given\n", capture_output=True)
print(done)
mixed = "echo both; echo mixed >&2"
print(subprocess.check_output(mixed, shell=True, stderr=subprocess.STDOUT, text=True).split())

for arguments in (["no such program at all"], ["/dev/null"]):
    try:
        subprocess.run(arguments)
    except OSError as error:
        print(type(error).__name__, error)
try:
    subprocess.run(["true"], cwd="/no/such folder")
except OSError as error:
    print(type(error).__name__, error)
try:
    subprocess.run(["false"], check=True)
except subprocess.CalledProcessError as error:
    print(error)
try:
    subprocess.run(["sleep", "60"], timeout=0.05)
except subprocess.TimeoutExpired as error:
    print(error.cmd, error.timeout)
print(subprocess.run(["sh", "-c", "kill -9 $$"]).returncode)

print(subprocess.check_output(["pwd"], cwd="/", text=True))
print(subprocess.check_output(["sh", "-c", "echo $MINE-$OTHER"], env={"MINE": "a", "PATH": "/bin:/usr/bin"}))
os.environ["MINE"] = "set by the program"
print(subprocess.check_output(["sh", "-c", "echo $MINE"], text=True))

# A descriptor is the program's only if it is given to it.
reader, writer = os.pipe()
test = ["sh", "-c", f"echo through >&{writer}"]
print(subprocess.run(test, stderr=subprocess.DEVNULL).returncode != 0)
print(subprocess.run(test, pass_fds=[writer]).returncode, os.read(reader, 100))

# Both at once are more than a pipe holds.
text = "line\n" * 50_000
done = subprocess.run(["cat"], input=text, stdout=subprocess.PIPE, text=True)
print(done.stdout == text)

process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(process.poll(), process.communicate(b"late"), process.wait(), process.poll())
print(subprocess.run(["sh", "-c", "umask"], umask=0o27, stdout=subprocess.PIPE).stdout)
poll = select.poll()
poll.register(reader, select.POLLIN)
poll.register(writer)
print(poll.poll(0) == [(writer, select.POLLOUT)])
os.write(writer, b"!")
print(sorted(poll.poll()) == sorted([(reader, select.POLLIN), (writer, select.POLLOUT)]))
print(select.select([reader], [writer], [], 0) == ([reader], [writer], []))
os.read(reader, 1)
print(select.select([reader], [], [], 0.01), select.select([], [writer], [])[1] == [writer])
poll.modify(writer, 0)
poll.unregister(reader)
print(poll.poll(1))
try:
    poll.unregister(reader)
except KeyError as error:
    print(error.args == (reader,))
for wrong in (lambda: poll.modify(reader, 1),
              lambda: select.select([-1], [], []), lambda: select.select(["x"], [], []),
              lambda: select.select([], [], [], -1)):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
os.close(writer)
with selectors.PollSelector() as waiting:
    waiting.register(reader, selectors.EVENT_READ, "the end")
    print([(key.data, events) for key, events in waiting.select()])
