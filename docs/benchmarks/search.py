"""Exact search, top 10: pvs beside FAISS's flat index, on the same files of clustered vectors.

The results are compared, too.

  python docs/benchmarks/search.py --pvs PVS [--rows 100000] [--queries 1000] [--rounds 5]
"""
import argparse
import csv
import os
import tempfile
import time

import alternate


def faiss_way(a):
    import faiss
    import numpy as np

    faiss.omp_set_num_threads(alternate.cores())
    rows, queries = np.load(a.folder + "/index.npy"), np.load(a.folder + "/query.npy")
    flat = faiss.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    del rows
    flat.search(queries[:8], 10)
    start = time.perf_counter()
    _, found = flat.search(queries, 10)
    seconds = time.perf_counter() - start
    np.save(a.folder + "/faiss.npy", found)
    alternate.report(queries_per_second=len(queries) / seconds)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--pvs", default="pvs")
    p.add_argument("--rows", type=int, default=100_000)
    p.add_argument("--queries", type=int, default=1000)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--folder", help="where the vectors are, or will be written")
    p.add_argument("--peer", choices=["faiss"])
    a = p.parse_args()
    if a.peer:
        faiss_way(a)
        return
    with tempfile.TemporaryDirectory() as folder:
        a.folder = a.folder or folder
        if not os.path.exists(a.folder + "/index.ids"):
            alternate.pvs(a.pvs, "data", "vectors", "--index", str(a.rows), "--queries", str(a.queries),
                "--out", a.folder)
        results = alternate.rounds(a.rounds, {
            "pvs": lambda: alternate.pvs(a.pvs, "search", "--index", a.folder + "/index",
                "--queries", a.folder + "/query", "--out", a.folder + "/ranked.csv"),
            "FAISS IndexFlatIP": lambda: alternate.peer("faiss", "--folder", a.folder),
        })
        alternate.table(f"{a.queries:,} queries in {a.rows:,} x 512, queries/s", results, "queries_per_second")
        alternate.table("peak memory, GiB", results, "peak_gib", less=True)

        import numpy as np

        with open(a.folder + "/index.ids") as f:
            place = {line.strip(): i for i, line in enumerate(f)}
        found = {}
        with open(a.folder + "/ranked.csv") as f:
            for row in csv.DictReader(f):
                found.setdefault(row["query"], set()).add(place[row["index"]])
        want = np.load(a.folder + "/faiss.npy")
        with open(a.folder + "/query.ids") as f:
            same = sum(len(found[line.strip()] & set(w.tolist())) for line, w in zip(f, want))
        print(f"\n{same} of {want.size} results are the same as FAISS's")


if __name__ == "__main__":
    main()
