"""Exact search, 1,000 queries in 100,000 vectors of 512 values, top 10: pvs against
FAISS's flat index, alternately, on the same files. Results are compared too."""
import argparse
import csv
import os
import tempfile
import time

import faiss
import numpy as np

from alternate import compare, pvs

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--pvs", required=True)
parser.add_argument("--rounds", type=int, default=5)
args = parser.parse_args()
faiss.omp_set_num_threads(os.cpu_count())

rng = np.random.default_rng(1)
centres = rng.normal(size=(2000, 512)).astype("float32")


def clustered(n):
    v = centres[rng.integers(2000, size=n)] + 0.7 * rng.normal(size=(n, 512)).astype("float32")
    return v / np.linalg.norm(v, axis=1, keepdims=True)


with tempfile.TemporaryDirectory() as folder:
    sets = {"index": clustered(100_000), "query": clustered(1000)}
    for name, v in sets.items():
        np.save(f"{folder}/{name}.npy", v)
        with open(f"{folder}/{name}.ids", "w") as f:
            f.writelines(f"{name}{i:06d}\n" for i in range(len(v)))
    flat = faiss.IndexFlatIP(512)
    flat.add(sets["index"])

    def ours():
        return pvs(args.pvs, "search", "--index", folder + "/index", "--queries", folder + "/query", "--out", folder + "/ranked.csv")["queries_per_second"]

    def theirs():
        flat.search(sets["query"], 10)
        start = time.time()
        flat.search(sets["query"], 10)
        return 1000 / (time.time() - start)

    print(f"FAISS {faiss.__version__}, {os.cpu_count()} threads, {args.rounds} rounds")
    compare("queries/s", args.rounds, ours, {"FAISS IndexFlatIP": theirs})
    found = {}
    with open(folder + "/ranked.csv") as f:
        for row in csv.DictReader(f):
            found.setdefault(row["query"], []).append(int(row["index"][5:]))
    _, want = flat.search(sets["query"], 10)
    same = sum(len(set(found[f"query{i:06d}"]) & set(w.tolist())) for i, w in enumerate(want))
    print(f"{same} of {want.size} results are the same as FAISS's")
