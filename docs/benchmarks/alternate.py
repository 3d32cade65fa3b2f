"""Runs several programs for one task alternately, so that changes of the machine's speed affect all alike."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def run(*command, env=None):
    """Runs a command and returns the JSON object of its last line, with the seconds and the memory that it took."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True,
                                                           env=env) as p:
        out = p.stdout.read()
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        if p.returncode:
            log.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{log.read()[-2000:]}")
    result = json.loads(out.strip().splitlines()[-1])
    return {"process_seconds": time.perf_counter() - start, "peak_gib": usage.ru_maxrss / 2**20, **result}


def pvs(binary, *args, backend=None):
    """Runs the command pvs, on the backend that it chooses or on a named one."""
    env = {k: v for k, v in os.environ.items() if k != "GOMLX_BACKEND"}
    return run(binary, *args, "--json", env=env | ({"GOMLX_BACKEND": backend} if backend else {}))


def peer(name, *args):
    """Runs the calling script with --peer NAME in a process of its own, which ends with report."""
    return run(sys.executable, sys.argv[0], "--peer", name, *args)


def report(**numbers):
    """Ends a peer's process with its numbers."""
    print(json.dumps(numbers))


def for_seconds(seconds, step):
    """Calls step again and again and returns the calls a second."""
    start, n = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        step()
        n += 1
    return n / (time.perf_counter() - start)


def rounds(n, runs):
    """Calls every run once a round and returns the results of each."""
    results = {name: [] for name in runs}
    for i in range(n):
        for name, call in runs.items():
            results[name].append(call())
            print(f"round {i + 1} of {n}: {name}", file=sys.stderr, flush=True)
    return results


def table(title, results, key, less=False):
    """Prints median, range and the median of the rounds' ratios of the first run to each other one."""
    n = len(next(iter(results.values())))
    print(f"\n| {title} | median [range] of {n} | pvs is better by a factor of |\n|---|---|---|")
    ours = [r[key] for r in next(iter(results.values()))]
    for name, all_rounds in results.items():
        if key not in all_rounds[0]:
            continue
        theirs = [r[key] for r in all_rounds]
        ratio = statistics.median(b / a if less else a / b for a, b in zip(ours, theirs))
        digits = 1 if statistics.median(theirs) >= 10 else 2
        text = f"{statistics.median(theirs):,.{digits}f} [{min(theirs):,.{digits}f}, {max(theirs):,.{digits}f}]"
        print(f"| {name} | {text} | {'' if theirs is ours or ours == theirs else f'{ratio:.2f}'} |", flush=True)


def cores():
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0))
