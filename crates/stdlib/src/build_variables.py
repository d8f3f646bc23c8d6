"""What the VM was built as, for `sysconfig`."""

import sys

build_time_vars = {
    "ABIFLAGS": sys.abiflags,
    "EXT_SUFFIX": ".so",
    "MULTIARCH": "",
    "Py_DEBUG": 0,
    "Py_GIL_DISABLED": int(not sys._is_gil_enabled()),
    "SHLIB_SUFFIX": ".so",
    "SIZEOF_VOID_P": 8,
    "TZPATH": "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo",
    "VERSION": "3.14",
    "WITH_DOC_STRINGS": 0,
}
