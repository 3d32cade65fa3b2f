"""Many clients at a running `pvs serve` beside a writer: no error, no answer that mixes two states, memory flat.

    python docs/ci/serve_load.py URL PHOTO [PHOTO ...] [--clients 16] [--seconds 300]

Each client searches with one photo after another, by itself and in batches. A writer puts a photo in ever new versions,
and another one in and out. Every answer says which state of the index it is of: all answers of a state must have the
same version of the photo, and none may be of a state before a change that was acknowledged when it was asked for.
"""

import argparse
import http.client
import json
import random
import re
import sys
import threading
import time
import urllib.parse


def form(parts):
    body = b""
    for name, value in parts:
        file = '; filename="photo"' if isinstance(value, bytes) else ""
        body += (
            f'--x-x-x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
            + (value if isinstance(value, bytes) else str(value).encode())
            + b"\r\n"
        )
    return body + b"--x-x-x--\r\n", {"Content-Type": "multipart/form-data; boundary=x-x-x"}


class Load:
    def __init__(self, o):
        self.o = o
        at = urllib.parse.urlsplit(o.url)
        self.host, self.port = at.hostname, at.port
        self.lock = threading.Lock()
        self.times, self.wrong, self.of_state = [], [], {}
        self.answers = self.changes = self.refused = 0
        self.acknowledged = 0  # a state that has every change that was answered
        self.stop = threading.Event()

    def ask(self, c, method, path, body=None, headers=None):
        c.request(method, path, body, headers or {})
        r = c.getresponse()
        return r.status, r.read()

    def fault(self, text):
        with self.lock:
            self.wrong.append(text[:300])

    def look(self, answer, since, mine):
        """Compares what an answer shows of the writer's photos, where it asked for them, with others of its state."""
        seen = tuple(sorted(p["title"] for p in answer["products"]))
        with self.lock:
            self.answers += 1
            if mine and self.of_state.setdefault(answer["state"], seen) != seen:
                self.wrong.append(f"state {answer['state']} shows {seen} and {self.of_state[answer['state']]}")
        if answer["state"] < since:
            self.fault(f"state {answer['state']} after state {since} was acknowledged")

    def client(self, n):
        c = http.client.HTTPConnection(self.host, self.port, timeout=30)
        random.seed(n)
        while not self.stop.is_set():
            since, begun = self.acknowledged, time.time()
            batch, mine = random.random() < 0.1, random.random() < 0.5
            photos = random.sample(self.o.data, 3) if batch else [random.choice(self.o.data)]
            body, headers = form(
                [("photo", p) for p in photos] + [("k", 10)] + ([("category", "Load")] if mine else [])
            )
            try:
                status, text = self.ask(c, "POST", "/v1/search/batch" if batch else "/v1/search", body, headers)
            except (OSError, http.client.HTTPException) as e:
                self.fault(repr(e))
                c = http.client.HTTPConnection(self.host, self.port, timeout=30)
                continue
            took = time.time() - begun
            if status != 200:
                self.fault(f"status {status}: {text}")
                continue
            answer = json.loads(text)
            if batch:
                items = answer["answers"]
                if len({i["answer"]["state"] for i in items if "answer" in i}) != 1 or any("error" in i for i in items):
                    self.fault(f"a batch: {text}")
                    continue
                for i in items:
                    self.look(i["answer"], since, mine)
            else:
                self.look(answer, since, mine)
                with self.lock:
                    self.times.append(took)

    def writer(self):
        c = http.client.HTTPConnection(self.host, self.port, timeout=30)
        version, there = 0, False
        while not self.stop.is_set():
            version += 1
            self.version(c, version)
            if there:
                self.change(c, "DELETE", "/v1/photos/load-2")
            else:
                body, headers = form(
                    [("photo", self.o.data[1]), ("product", "load-second"), ("category", "Load"), ("title", "second")]
                )
                self.change(c, "PUT", "/v1/photos/load-2", body, headers)
            there = not there
            time.sleep(self.o.pause)

    def version(self, c, n):
        body, headers = form(
            [("photo", self.o.data[0]), ("product", "load-version"), ("category", "Load"), ("title", f"version {n}")]
        )
        self.change(c, "PUT", "/v1/photos/load-1", body, headers)

    def change(self, c, method, path, body=None, headers=None):
        status, text = self.ask(c, method, path, body, headers)
        if status not in (200, 201, 204):
            self.fault(f"{method} {path}: {status} {text}")
            return
        self.changes += 1
        _, text = self.ask(c, "GET", "/v1/index")
        self.acknowledged = json.loads(text)["state"]

    def memory(self):
        c = http.client.HTTPConnection(self.host, self.port, timeout=30)
        _, text = self.ask(c, "GET", "/metrics")
        return float(re.search(rb"^process_resident_memory_bytes ([\d.e+]+)", text, re.M)[1]) / 2**20


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--pause", type=float, default=0.05, help="between the writer's changes")
    o = parser.parse_args()
    o.data = [open(p, "rb").read() for p in o.photos]
    if len(o.data) < 3:
        sys.exit("three photos at least")
    load = Load(o)
    load.version(http.client.HTTPConnection(load.host, load.port, timeout=30), 0)
    threads = [threading.Thread(target=load.client, args=(n,)) for n in range(o.clients)]
    threads.append(threading.Thread(target=load.writer))
    begun = time.time()
    for t in threads:
        t.start()
    memory = []
    while time.time() - begun < o.seconds:
        time.sleep(min(o.seconds / 10, max(0.0, begun + o.seconds - time.time())))
        memory.append(load.memory())
    load.stop.set()
    for t in threads:
        t.join()
    seconds = time.time() - begun
    times = sorted(load.times)
    print(
        f"{o.clients} clients, {seconds:.0f} s: {load.answers} answers ({load.answers / seconds:.1f} a second), "
        f"{load.changes} changes ({load.changes / seconds:.1f} a second), {len(load.of_state)} states seen"
    )
    print(
        f"one photo to its answer: 50th percentile {1000 * times[len(times) // 2]:.0f} ms, "
        f"99th {1000 * times[len(times) * 99 // 100]:.0f} ms, longest {1000 * times[-1]:.0f} ms"
    )
    print("memory, MiB: " + ", ".join(f"{m:.0f}" for m in memory))
    if memory[-1] > 1.3 * memory[len(memory) // 3]:
        load.wrong.append(f"memory grew from {memory[len(memory) // 3]:.0f} to {memory[-1]:.0f} MiB")
    for w in load.wrong[:20]:
        print("WRONG", w)
    print(f"{len(load.wrong)} faults")
    sys.exit(1 if load.wrong else 0)


if __name__ == "__main__":
    main()
