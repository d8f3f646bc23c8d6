"""What the process may use."""

import resource

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 1, hard))
print(resource.getrlimit(resource.RLIMIT_NOFILE) == (soft - 1, hard))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
print(resource.getrlimit(resource.RLIMIT_CORE))
for wrong in (lambda: resource.getrlimit(1000), lambda: resource.getrusage(1000),
              lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 0)),
              lambda: resource.setrlimit(resource.RLIMIT_CORE, (1,))):
    try:
        wrong()
    except ValueError as error:
        print(error)
used = resource.getrusage(resource.RUSAGE_SELF)
print(type(used).__name__, len(used), used.ru_maxrss > 1000, used.ru_utime >= 0)
print(resource.getpagesize() % 1024, resource.RLIM_INFINITY, resource.error)
