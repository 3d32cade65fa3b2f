"""Makes a data set in eProduct's layout and size, of empty photos: 1.3 M train, 10,000 val and query, 1.1 M index.

python3 docs/benchmarks/make_eproduct.py DIR [SHARE]     # some minutes and 2.5 M inodes
"""
import csv
import os
import random
import sys
import uuid

root, share = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1
random.seed(1)
words = [uuid.UUID(int=random.getrandbits(128)).hex[:random.randint(3, 9)] for _ in range(20000)]
leaves = [(f"Department {i % 16}", f"Shelf {i % 120}", f"Leaf, no. {i}") for i in range(1000)]
os.makedirs(os.path.join(root, "metadata"), exist_ok=True)
for part, n in {"train": 1_300_000, "val": 10_000, "index": 1_180_000, "query": 10_000}.items():
    os.makedirs(os.path.join(root, part), exist_ok=True)
    with open(os.path.join(root, "metadata", part + ".csv"), "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["image", "level1", "level2", "leaf", "title", "product"])
        for i in range(int(n * share)):
            name = uuid.UUID(int=random.getrandbits(128)).hex + ".jpg"
            os.close(os.open(os.path.join(root, part, name), os.O_CREAT | os.O_WRONLY))
            title = " ".join(random.choices(words, k=9)) + random.choice(["", ', 12"', ", new"])
            searched = part in ("index", "query")
            out.writerow([name, *random.choice(leaves), title, random.randrange(400_000) if searched else ""])
