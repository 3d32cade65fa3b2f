"""python docs/benchmarks/exact.py INDEX EXPORTED OUT.json [QUERIES]: the ten nearest products of the photos that
docs/benchmarks/engine.py searches for in INDEX, by all cosines of its export. Needs numpy."""
import csv
import json
import random
import sqlite3
import sys

import numpy as np

index, exported, out, count = sys.argv[1], sys.argv[2], sys.argv[3], int(([*sys.argv, "300"])[4])
photos = [r[0] for r in sqlite3.connect(f"{index}/index.db").execute("SELECT photo FROM photos ORDER BY photo")]
queries = random.Random(1).sample(photos, count)
del photos
with open(f"{exported}/photos.csv", encoding="utf-8", newline="") as f:
    product = {r["photo"]: r["product"] for r in csv.DictReader(f)}
with open(f"{exported}/index.ids", encoding="utf-8") as f:
    ids = f.read().split("\n")[:-1]
rows = np.load(f"{exported}/index.npy", mmap_mode="r")
asked = set(queries)
at = {photo: i for i, photo in enumerate(ids) if photo in asked}
wanted = rows[[at[q] for q in queries]]
most, block = 200, 1 << 17  # rows that surely have ten products
best = [[] for _ in queries]
for start in range(0, len(ids), block):
    scores = np.asarray(rows[start : start + block]) @ wanted.T
    few = min(most, len(scores))
    near = np.argpartition(-scores, few - 1, axis=0)[:few]
    for q in range(count):
        best[q] = sorted(best[q] + [(-float(scores[r, q]), ids[start + r]) for r in near[:, q]])[:most]
found = {}
for q, list_ in zip(queries, best):
    products = dict.fromkeys(product[photo] for _, photo in list_)
    products.pop(product[q], None)
    found[q] = list(products)[:10]
with open(out, "w", encoding="utf-8") as f:
    json.dump(found, f)
