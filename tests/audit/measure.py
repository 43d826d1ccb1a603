#!/usr/bin/env python3
"""Runs one program and says what it took: a line of JSON with code, cpu, bytes and output.

usage: measure.py PROGRAM ARGS..
A process of its own, and small: on Linux the peak memory of a child counts what its parent held
when it was forked. `cpu` is user and system time in seconds, so other programs on the machine do
not count; `code` is the exit code, negative for a signal. A program that hangs is ended after
SECONDS of processor time. May be wrong: memory is what was resident, not what was asked for.
"""
import json
import os
import resource
import sys
import tempfile

SECONDS = 20
SHOWN = 6000  # of the output


def main():
    with tempfile.TemporaryFile() as output:
        pid = os.fork()
        if pid == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            for number in (1, 2):
                os.dup2(output.fileno(), number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            try:
                os.execv(sys.argv[1], sys.argv[1:])
            finally:
                os._exit(127)
        _, status, used = os.wait4(pid, 0)
        output.seek(0)
        text = output.read(SHOWN).decode("utf-8", "replace")
        size = output.seek(0, os.SEEK_END)
    print(json.dumps({"code": os.waitstatus_to_exitcode(status),
                      "cpu": used.ru_utime + used.ru_stime, "bytes": used.ru_maxrss * 1024,
                      "output": text, "written": size}))


if __name__ == "__main__":
    main()
