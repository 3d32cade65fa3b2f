"""Runs two measurements alternately, so that a drifting machine hits both alike."""
import json
import statistics
import subprocess


def pvs(binary, *args):
    """Runs the command and returns the JSON object of its last line."""
    out = subprocess.run([binary, *args, "--json"], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(out.strip().splitlines()[-1])


def compare(unit, rounds, ours, peers):
    """Prints median, range and ratio of ours to each peer; all are called once a round."""
    rates = {name: [] for name in ["ours", *peers]}
    for _ in range(rounds):
        rates["ours"].append(ours())
        for name, run in peers.items():
            rates[name].append(run())
    for name, r in rates.items():
        ratio = statistics.median(a / b for a, b in zip(rates["ours"], r))
        print(f"{name:34} {statistics.median(r):9.1f} {unit}  [{min(r):.1f}, {max(r):.1f}]  ours is {ratio:.2f} times as fast")
