"""Kills `pvs sync` (kill -9) at random moments: the index is that of yesterday's feed or of today's, never a mixture.

    python docs/ci/sync_kills.py PVS FOLDER PHOTO [PHOTO ...] [--kills 300] [--seed 1]

A server on this machine has the photos, a feed names them, and each night some are new and some gone.
FOLDER, which must not be there, is for the catalogue and the index, whose state is read from its database (SQLite),
as anybody may.
"""

import argparse
import hashlib
import http.server
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time

PRODUCTS = 60


class Shop:
    """The photos behind the addresses, and the feed."""

    def __init__(self, o):
        self.o = o
        self.rng = random.Random(o.seed)
        self.photos = {f"product-{n}": self.photo() for n in range(PRODUCTS)}
        self.made = PRODUCTS

    def photo(self):
        """A JPEG that is no other one: a few bytes behind its end."""
        return self.rng.choice(self.o.data) + self.rng.randbytes(4)

    def serve(self):
        shop = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                data = shop.photos.get(self.path.strip("/").removesuffix(".jpg"))
                tag = data and f'"{hashlib.sha256(data).hexdigest()}"'
                code = 404 if data is None else 304 if self.headers.get("If-None-Match") == tag else 200
                self.send_response(code)
                if data is not None:
                    self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(data) if code == 200 else 0))
                self.end_headers()
                if code == 200:
                    self.wfile.write(data)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"

    def night(self):
        """Three photos go, three come. (A photo that was asked for a moment ago is not asked for again.)"""
        names = sorted(self.photos)
        for name in self.rng.sample(names, 3):
            del self.photos[name]
            self.photos[f"product-{self.made}"] = self.photo()
            self.made += 1

    def feed(self, path):
        with open(path, "w") as f:
            print("url,product,title", file=f)
            for name, data in sorted(self.photos.items()):
                print(f"{self.url}/{name}.jpg,{name},{name}", file=f)

    def state(self):
        """What the index must hold, if it is of this feed."""
        return {(name, hashlib.sha256(data).hexdigest()) for name, data in self.photos.items()}


def held(index):
    """What the index holds: product and digest of each photo."""
    db = sqlite3.connect(f"file:{index}/index.db?mode=ro", uri=True)
    try:
        return set(db.execute("SELECT product, digest FROM list"))
    finally:
        db.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pvs")
    parser.add_argument("folder")
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    o = parser.parse_args()
    o.data = [open(p, "rb").read() for p in o.photos]
    os.makedirs(o.folder)
    catalog, index, feed = (os.path.join(o.folder, n) for n in ("catalog", "index", "feed.csv"))
    shop = Shop(o)
    shop.serve()
    shop.feed(feed)

    def pvs(*args):
        r = subprocess.run([o.pvs, *args], capture_output=True, text=True)
        if r.returncode != 0:
            sys.exit(f"{args}: {r.stderr.strip()}")

    pvs("import", "list", feed, "--out", catalog, "--allow-private")
    pvs("index", "create", catalog, "--out", index)
    sync = [o.pvs, "sync", feed, "--catalog", catalog, "--index", index, "--allow-private"]
    kills = nights = old = new = 0
    took = 2.0
    while kills < o.kills:
        before = shop.state()
        shop.night()
        shop.feed(feed)
        for _ in range(shop.rng.randint(1, 4)):
            p = subprocess.Popen(sync, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(shop.rng.random() * took)
            if p.poll() is None:
                kills += 1
            p.send_signal(signal.SIGKILL)
            p.wait()
            got = held(index)
            if got not in (before, shop.state()):
                sys.exit(f"after {kills} kills the index is a mixture: {sorted(got ^ shop.state())[:6]}")
            old, new = old + (got == before), new + (got != before)
        begun = time.time()
        pvs(*sync[1:])
        took = 0.5 * took + 0.5 * (time.time() - begun)
        nights += 1
        if held(index) != shop.state():
            sys.exit(f"after a whole sync the index is not of the feed: {sorted(held(index) ^ shop.state())[:6]}")
        if nights % 20 == 0 or kills >= o.kills:
            pvs("index", "verify", index)
            print(f"{kills} kills in {nights} nights: {old} times the index was yesterday's, {new} times today's, "
                  "never a mixture; each night ended with today's, and whole files", flush=True)


main()
