"""Kills `pvs serve` (kill -9) at random moments while photos are put and removed over HTTP and the index is compacted.

    python docs/ci/serve_kills.py PVS INDEX PHOTO [PHOTO ...] [--kills 1000] [--seed 1]

INDEX is changed. After each kill the server is started again: every change that was answered must be there,
none may be there that was not asked for, a photo whose change was cut off is as before or as after it,
and a search finds all of it.
Every 50 kills `pvs index verify` reads all files.
"""

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from serve_load import form

PHOTOS = 40


class Shop:
    """What must be in the index: the title of each photo that the clients put, None for one that is removed."""

    def __init__(self, o):
        self.o = o
        self.rng = random.Random(o.seed)
        self.title = {}
        self.open = {}  # changes that were sent and not answered: photo -> title
        self.number = self.changes = self.searches = 0
        self.wrong = []

    def fault(self, text):
        self.wrong.append(text)
        print("WRONG", text, flush=True)

    def start(self):
        self.said = tempfile.NamedTemporaryFile("w+")
        self.server = subprocess.Popen(
            [self.o.pvs, "serve", "--index", self.o.index, "--addr", "127.0.0.1:0", "--json"],
            stdout=self.said, stderr=subprocess.DEVNULL,
        )
        while not open(self.said.name).read().endswith("}\n"):
            if self.server.poll() is not None:
                sys.exit("the server did not start")
            time.sleep(0.01)
        at = urllib.parse.urlsplit(json.loads(open(self.said.name).read())["url"])
        self.host, self.port = at.hostname, at.port

    def ask(self, method, path, parts=None):
        c = http.client.HTTPConnection(self.host, self.port, timeout=30)
        body, headers = form(parts) if parts else (None, {})
        c.request(method, path, body, headers)
        r = c.getresponse()
        return r.status, r.read()

    def write(self, rng, own):
        """Changes photos, one after the other, until the server is gone."""
        try:
            while True:
                photo = f"kills-{own}-{rng.randrange(PHOTOS)}"
                self.number += 1
                title = f"change {self.number}" if rng.random() < 0.7 else None
                if title is None and self.title.get(photo) is None:
                    continue
                self.open[photo] = title
                if title is None:
                    status, text = self.ask("DELETE", "/v1/photos/" + photo)
                else:
                    status, text = self.ask("PUT", "/v1/photos/" + photo, [
                        ("photo", rng.choice(self.o.data)), ("product", photo), ("category", "Kills"),
                        ("title", title)])
                if status == 503:  # another process writes, as a compaction does
                    del self.open[photo]
                    continue
                if status not in (200, 201, 204):
                    self.fault(f"{photo}: status {status}: {text[:200]}")
                    return
                self.title[photo] = self.open.pop(photo)
                self.changes += 1
        except (OSError, http.client.HTTPException):
            return  # killed

    def round(self):
        rngs = [random.Random(self.rng.random()) for _ in range(3)]
        writers = [threading.Thread(target=self.write, args=(r, n)) for n, r in enumerate(rngs)]
        for w in writers:
            w.start()
        compaction = None
        if self.rng.random() < 0.2:
            compaction = subprocess.Popen([self.o.pvs, "index", "compact", self.o.index],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.rng.random() * 0.4)
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        if compaction:
            if self.rng.random() < 0.5:
                compaction.send_signal(signal.SIGKILL)
            compaction.wait()
        for w in writers:
            w.join()

    def look(self):
        """Compares the index with what must be in it."""
        for photo, title in list(self.title.items()) + list(self.open.items()):
            status, text = self.ask("GET", "/v1/photos/" + photo)
            got = json.loads(text)["title"] if status == 200 else None
            if status not in (200, 404):
                self.fault(f"{photo}: status {status}")
            elif got not in ([self.title.get(photo), self.open[photo]] if photo in self.open else [title]):
                self.fault(f"{photo} is {got!r}, not {title!r}")
            self.title[photo] = got
        self.open.clear()
        status, text = self.ask("POST", "/v1/search", [("photo", self.o.data[0]), ("k", 200), ("category", "Kills")])
        found = {p["photo"]: p["title"] for p in json.loads(text)["products"]} if status == 200 else status
        want = {p: t for p, t in self.title.items() if t is not None}
        if found != want and (want or status != 404):  # a category without photos is none
            self.fault(f"a search finds {found}, not {want}")
        self.searches += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pvs")
    parser.add_argument("index")
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    o = parser.parse_args()
    o.pvs = os.path.abspath(o.pvs)
    o.data = [open(p, "rb").read() for p in o.photos]
    shop = Shop(o)
    verified = 0
    for kill in range(1, o.kills + 1):
        shop.start()
        shop.look()
        shop.round()
        if kill % 50 == 0 or kill == o.kills:
            r = subprocess.run([o.pvs, "index", "verify", o.index], capture_output=True, text=True)
            verified += 1
            if r.returncode != 0:
                shop.fault("index verify: " + r.stderr.strip())
            print(f"{kill} kills, {shop.changes} changes acknowledged, {shop.searches} searches, {verified} times "
                  f"verified, {len(shop.wrong)} faults", flush=True)
        if shop.wrong:
            sys.exit(1)


main()
