"""Starts programs in new processes, for `subprocess` and `multiprocessing`."""

import os


def fork_exec(args, executable_list, close_fds, fds_to_keep, cwd, env_list,
              p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite,
              errpipe_read, errpipe_write, restore_signals, start_new_session,
              process_group, gid, gids, uid, umask, preexec_fn, /):
    if preexec_fn is not None:
        # What another thread held when the process was copied would stay locked in the copy.
        raise RuntimeError("preexec_fn is not supported")
    if any(fd < 0 for fd in fds_to_keep) or list(fds_to_keep) != sorted(set(fds_to_keep)):
        raise ValueError("bad value(s) in fds_to_keep")
    if close_fds and errpipe_write < 3:
        raise ValueError("errpipe_write must be >= 3")
    if env_list is None:
        env_list = [name + b"=" + value for name, value in os.environb.items()]
    numbers = (p2cread, c2pwrite, errwrite, errpipe_write, bool(close_fds),
               bool(restore_signals), bool(start_new_session), process_group, umask)
    return _start([os.fsencode(arg) for arg in args], executable_list, env_list,
                  None if cwd is None else os.fsencode(cwd), fds_to_keep, numbers,
                  uid, gid, gids)
