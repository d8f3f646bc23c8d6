"""What `importlib` asks of the VM: modules are found and loaded by the VM itself."""

import sys as _sys

extension_suffixes = list
check_hash_based_pycs = "default"
pyc_magic_number_token = 3627


class _Importer:
    """Finds what the VM finds."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        """The module's specification."""
        origin = _find(fullname, path)
        if origin is None:
            return None
        from importlib._bootstrap import ModuleSpec

        file, folders = origin
        spec = ModuleSpec(fullname, cls, origin=file, is_package=folders is not None)
        if file is not None:
            spec.has_location = True
        if folders is not None:
            spec.submodule_search_locations = folders
        return spec

    @staticmethod
    def create_module(spec):
        """The module, its code run."""
        return _load(spec.name)

    @staticmethod
    def exec_module(module):
        """Nothing is left to be done."""

    @staticmethod
    def get_source(fullname):
        """The module's text."""
        return _source(fullname)

    @classmethod
    def is_package(cls, fullname):
        """Whether there can be modules in the module."""
        origin = _find(fullname, None)
        return origin is not None and origin[1] is not None


_sys.meta_path.append(_Importer)


def lock_held():
    """Whether somebody holds the lock, which is one a module here."""
    return False


def acquire_lock():
    """Each module has its own lock."""


def release_lock():
    """Each module has its own lock."""


def is_builtin(name):
    """Whether the module is native."""
    return int(name in _sys.builtin_module_names)


def is_frozen(name):
    """Whether the module's code is part of the VM."""
    return False


def is_frozen_package(name):
    """Whether the package's code is part of the VM."""
    return False


def find_frozen(name, /, *, withdata=False):
    """Nothing: no code is part of the VM in that way."""
    return None


def create_builtin(spec):
    """A native module."""
    return _load(spec.name)


def exec_builtin(module):
    """Nothing is left to be done."""
    return 0


def _fix_co_filename(code, path):
    """Code knows its file from the beginning."""
