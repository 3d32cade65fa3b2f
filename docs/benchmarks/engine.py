"""Compares searches of several `pvs serve` with exact ones, and counts the photos in a Weaviate (docs/engine.sh).

    python docs/benchmarks/engine.py count WEAVIATE [--least N | --all N]
    python docs/benchmarks/engine.py same INDEX EXACT URL
    python docs/benchmarks/engine.py search INDEX EXACT URL [URL ...] [--queries 300] [--clients 1] [--truth FILE.json]

Each query is a photo of the index INDEX, by its id, whose own product is left out. EXACT is a server of that index.
FILE.json has what an exact search finds (docs/benchmarks/exact.py), where a server's would take longer than it may.
"""

import argparse
import json
import random
import sqlite3
import sys
import threading
import time
import urllib.parse
import urllib.request


def count(o):
    """Lists all photos, as a node has them."""
    ids, after = set(), ""
    while True:
        query = urllib.parse.urlencode({"class": "Photo", "limit": 2000, "after": after})
        try:
            with urllib.request.urlopen(f"{o.url}/v1/objects?{query}") as r:
                page = json.load(r)["objects"]
        except OSError:
            return 1
        if not page:
            break
        ids.update(p["properties"]["photo"] for p in page)
        after = page[-1]["id"]
        if o.least and len(ids) >= o.least:
            return 0
    if o.least:
        return 1
    print(f"{o.url} has {len(ids)} photos")
    return int(o.all is not None and len(ids) != o.all)


def search(url, photo, exact, **fields):
    fields |= {"id": photo} | ({"exact": "true"} if exact else {})
    body = "".join(
        f'--x-x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    r = urllib.request.Request(f"{url}/v1/search", (body + "--x-x--\r\n").encode())
    r.add_header("Content-Type", "multipart/form-data; boundary=x-x")
    begun = time.perf_counter()
    with urllib.request.urlopen(r) as answer:
        found = json.load(answer)
    return found, 1000 * (time.perf_counter() - begun)


def compare(o):
    rows = sqlite3.connect(f"{o.index}/index.db").execute("SELECT photo FROM photos ORDER BY photo").fetchall()
    queries = [r[0] for r in random.Random(1).sample(rows, o.queries)]
    if o.truth:
        with open(o.truth, encoding="utf-8") as f:
            want = json.load(f)
    else:
        want = {q: [p["product"] for p in search(o.exact, q, True)[0]["products"]] for q in queries}
    for url in [o.exact, *o.urls]:
        for q in queries[:20]:
            try:
                search(url, q, False)
            except OSError:
                pass
        times, found, wanted, missing, failed, lock = [], [0], [0], [0], [0], threading.Lock()

        def ask(part):
            for q in part:
                try:
                    answer, took = search(url, q, False)
                except OSError:  # 503 among them
                    with lock:
                        failed[0] += 1
                    continue
                got = [p["product"] for p in answer["products"]]
                with lock:
                    times.append(took)
                    found[0] += len(set(got) & set(want[q]))
                    wanted[0] += len(want[q])
                    missing[0] += len(answer.get("missing") or []) > 0

        threads = [threading.Thread(target=ask, args=(queries[i :: o.clients],)) for i in range(o.clients)]
        begun = time.perf_counter()
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        seconds = time.perf_counter() - begun
        times.sort()
        if not times:
            print(f"{url}: all queries failed")
            return 1
        print(
            f"{url}: recall@10 {found[0] / wanted[0]:.4f}, p50 {times[len(times) // 2]:.1f} ms, "
            f"p99 {times[int(0.99 * len(times))]:.1f} ms, {len(times) / seconds:.0f} a second, "
            f"{missing[0]} not whole, {failed[0]} failed"
        )
    return 0


def same(o):
    """Searches with all kinds of filters, and compares the answers with those of an exact search."""
    rows = sqlite3.connect(f"{o.index}/index.db").execute("SELECT photo, product, category FROM list").fetchall()
    equal, asked, apart = 0, 0, 0.0
    for photo, _, category in random.Random(2).sample(rows, 30):
        other = random.Random(photo).choice(rows)
        top = category.split(" > ")[0]
        product = "product=" + other[1]
        for f in ({}, {"category": category}, {"category": top}, {"filter": product}, {"min_score": 0.3}, {"k": 50}):
            want, got = search(o.exact, photo, True, **f)[0], search(o.url, photo, False, **f)[0]
            asked += 1
            equal += [p["photo"] for p in want["products"]] == [p["photo"] for p in got["products"]]
            for a, b in zip(want["products"], got["products"]):
                apart = max(apart, abs(a["score"] - b["score"])) if a["photo"] == b["photo"] else apart
    print(f"{o.url}: {equal} of {asked} answers to all kinds of queries are the same, scores within {apart:.0e}")
    return int(equal < 0.9 * asked)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = p.add_subparsers(dest="verb", required=True)
    c = verbs.add_parser("count")
    c.add_argument("url")
    c.add_argument("--least", type=int)
    c.add_argument("--all", type=int)
    e = verbs.add_parser("same")
    for name in ("index", "exact", "url"):
        e.add_argument(name)
    s = verbs.add_parser("search")
    s.add_argument("index")
    s.add_argument("exact")
    s.add_argument("urls", nargs="*")
    s.add_argument("--queries", type=int, default=300)
    s.add_argument("--clients", type=int, default=1)
    s.add_argument("--truth")
    o = p.parse_args()
    sys.exit({"count": count, "same": same, "search": compare}[o.verb](o))


main()
