"""Runs a program and tells what it and all that it started have cost: `measure.py COMMAND...`.

The last line of standard error is JSON: `code`, `cpuSeconds` (user and system, of every process that has ended),
`wallSeconds`, `peakPssMb` and `peakRssMb` of the whole tree, sampled, and `memoryAt` (s) of the peak. Linux only.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_S = 0.25


def main(command):
    # What its parent leaves behind becomes a child of this process: nothing is missed.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    began = time.monotonic()
    child = subprocess.Popen(command)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda number, _: child.send_signal(number))
    peak = {"pss": 0.0, "rss": 0.0, "at": 0.0}
    while child.poll() is None:
        sample(os.getpid(), peak, began)
        time.sleep(SAMPLE_S)
    wall = time.monotonic() - began
    wait_for_the_rest()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        json.dumps(
            {
                "code": child.returncode,
                "cpuSeconds": round(usage.ru_utime + usage.ru_stime, 2),
                "wallSeconds": round(wall, 2),
                "peakPssMb": round(peak["pss"]),
                "peakRssMb": round(peak["rss"]),
                "memoryAt": round(peak["at"], 1),
            }
        ),
        file=sys.stderr,
        flush=True,
    )


def wait_for_the_rest():
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def sample(root, peak, began):
    sizes = [memory_of(pid) for pid in descendants(root)]
    pss, rss = sum(each[0] for each in sizes), sum(each[1] for each in sizes)
    if pss > peak["pss"]:
        peak["pss"], peak["at"] = pss, time.monotonic() - began
    peak["rss"] = max(peak["rss"], rss)


def memory_of(pid):
    """PSS and RSS in MiB; zeros for a process that has just ended."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            lines = dict(line.split(":", 1) for line in file if ":" in line)
        return tuple(int(lines[name].split()[0]) / 1024 for name in ("Pss", "Rss"))
    except (OSError, KeyError, ValueError):
        return (0.0, 0.0)


def descendants(root):
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            children.setdefault(parent_of(entry), []).append(int(entry))
    found, waiting = [], [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            text = file.read()
        return int(text[text.rindex(")") + 2 :].split()[1])
    except OSError:
        return 0


main(sys.argv[1:])
