"""Clicks on the results of a running `pvs serve --teach` as somebody does who looks for one family of products, and
measures what that is worth to queries that were not clicked on.

    python3 docs/ci/teach_clicks.py split CATALOG OUT
    python3 docs/ci/teach_clicks.py click URL OUT [--family CATEGORY] [--clicks 20] [--wrong] [--seed 1]

split writes OUT/photos.csv: of each product two photos are the index, one is clicked on (split train), the others are
queries. click chooses the family, a top category, whose photos to be clicked on find another product first most often,
if none is named, and clicks: "not it" on the first product where that is another one, "same product" on the right one
among the first ten. With --wrong it says "same product" of another one of the ten, and "not it" of the right one.
It prints one JSON object.
"""

import argparse
import collections
import csv
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
import uuid

RESAMPLES = 2000


def form(url, fields, files=()):
    """Posts a form and returns the JSON of the answer."""
    edge = uuid.uuid4().hex
    body = b""
    for name, value in fields:
        body += f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, path in files:
        body += f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="photo.jpg"\r\n\r\n'.encode()
        with open(path, "rb") as photo:
            body += photo.read() + b"\r\n"
    body += f"--{edge}--\r\n".encode()
    request = urllib.request.Request(url, body, {"Content-Type": "multipart/form-data; boundary=" + edge})
    for attempt in range(20):
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503) or attempt == 19:
                raise
            time.sleep(1)  # a busy machine


def get(url):
    with urllib.request.urlopen(url, timeout=120) as answer:
        return json.load(answer)


def split(source, out):
    of = collections.defaultdict(list)
    with open(os.path.join(source, "photos.csv"), encoding="utf-8") as file:
        for row in csv.DictReader(file):
            row["path"] = os.path.abspath(os.path.join(source, row["path"]))
            if row["product"]:
                of[row["product"]].append(row)
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "photos.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, "photo,path,split,product,category,title".split(","))
        writer.writeheader()
        for rows in of.values():
            rows.sort(key=lambda row: (row["split"] == "query", row["photo"]))  # the queries stay queries
            for i, row in enumerate(rows):
                writer.writerow(dict(row, split=("index", "index", "train")[i] if i < 3 else "query"))


def ranks(url, rows, taught):
    """Returns for each photo the rank of its own product among ten, or None."""
    found = {}
    for start in range(0, len(rows), 8):
        part = rows[start : start + 8]
        answer = form(
            url + "v1/search/batch", [("k", 10), ("taught", taught)], [("photo", row["path"]) for row in part]
        )
        for row, item in zip(part, answer["answers"]):
            products = [p["product"] for p in item["answer"]["products"]]
            found[row["photo"]] = products.index(row["product"]) + 1 if row["product"] in products else None
            row["found"] = item["answer"]["products"]
    return found


def interval(values, seed):
    rng = random.Random(seed)
    means = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(RESAMPLES))
    return [means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES)]]


def compare(rows, before, after, seed):
    out = {"queries": len(rows)}
    for name, score in (
        ("recall_at_1", lambda rank: float(rank == 1)),
        ("recall_at_5", lambda rank: float(rank is not None and rank <= 5)),
        ("mrr_at_10", lambda rank: 1 / rank if rank else 0.0),
    ):
        a, b = ([score(of[row["photo"]]) for row in rows] for of in (before, after))
        differences = [y - x for x, y in zip(a, b)]
        out[name] = [
            round(v, 4)
            for v in (sum(a) / len(a), sum(b) / len(b), sum(differences) / len(a), *interval(differences, seed))
        ]
    return out


def chosen(rows):
    """The top category whose photos find another product first most often."""
    wrong = collections.Counter(r["category"].split(" > ")[0] for r in rows if mistaken(r))
    return min(wrong, key=lambda category: (-wrong[category], category))


def mistaken(row):
    return row["found"][0]["product"] != row["product"]


def within(row, family):
    return (row["category"] + " > ").startswith(family + " > ")


def clicks_of(rows, options, rng):
    """What is clicked: photo, photo that was found, whether it is said to be the same product."""
    family = [row for row in rows if within(row, options.family)]
    rng.shuffle(family)
    family.sort(key=lambda row: not mistaken(row))  # they come first
    clicks = []
    for row in family:
        right = [p for p in row["found"] if p["product"] == row["product"]]
        others = [p for p in row["found"] if p["product"] != row["product"]]
        if options.wrong:
            clicks.append((row, rng.choice(others), True))
            if right:
                clicks.append((row, right[0], False))
            continue
        if mistaken(row):
            clicks.append((row, row["found"][0], False))
        if right:
            clicks.append((row, right[0], True))
    return clicks[: options.clicks]


def click(options):
    url, rng = options.url, random.Random(options.seed)
    with open(os.path.join(options.catalog, "photos.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    teaching = [row for row in rows if row["split"] == "train"]
    queries = [row for row in rows if row["split"] == "query"]
    ranks(url, teaching, 0)
    options.family = options.family or chosen(teaching)
    if get(url + "v1/teach")["clicks"]:
        sys.exit("there are clicks already: begin with another file")
    clicks = clicks_of(teaching, options, rng)
    for row, found, same in clicks:
        form(
            url + "v1/teach/pairs",
            [("found", found["photo"]), ("same", str(same).lower()), ("who", "script")],
            [("photo", row["path"])],
        )
    while True:
        state = get(url + "v1/teach")
        if not state["fitting"] and state.get("fit", {}).get("state") == state["state"]:
            break
        time.sleep(0.2)
    before, after = ranks(url, queries, 0), ranks(url, queries, 1)
    own = [row for row in queries if within(row, options.family)]
    others = [row for row in queries if not within(row, options.family)]
    fit = state["fit"]
    print(
        json.dumps(
            {
                "family": options.family,
                "clicks": len(clicks),
                "same": sum(same for _, _, same in clicks),
                "wrong": options.wrong,
                "own": compare(own, before, after, options.seed),
                "others": compare(others, before, after, options.seed),
                "verdict": fit["verdict"],
                "says": fit["says"],
                "seconds": fit["seconds"],
            }
        )
    )


def main():
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(required=True)
    one = verbs.add_parser("split")
    one.add_argument("source")
    one.add_argument("out")
    one.set_defaults(run=lambda options: split(options.source, options.out))
    two = verbs.add_parser("click")
    two.add_argument("url")
    two.add_argument("catalog")
    two.add_argument("--family")
    two.add_argument("--clicks", type=int, default=20)
    two.add_argument("--wrong", action="store_true")
    two.add_argument("--seed", type=int, default=1)
    two.set_defaults(run=click)
    options = parser.parse_args()
    options.run(options)


main()
