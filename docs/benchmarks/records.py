"""TFRecords read and written by pvs/records and by TensorFlow, alternately, on one core:
photos as {image: 50 KB, label} and embeddings as {emb: float32[1280], idx}, every checksum
verified and every record decoded. The files are in memory (--dir /dev/shm).

go test -c -o records.test ./pvs/records
taskset -c 0 python docs/benchmarks/records.py --go ./records.test --dir /dev/shm/records
"""
import argparse
import os
import re
import subprocess
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import numpy as np
import tensorflow as tf

import alternate

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--go", required=True)
parser.add_argument("--dir", required=True)
parser.add_argument("--rounds", type=int, default=5)
args = parser.parse_args()
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
os.makedirs(args.dir, exist_ok=True)
rng = np.random.default_rng(1)


def feature(**of):
    return tf.train.Example(features=tf.train.Features(feature=of)).SerializeToString()


def write(path, examples):
    with tf.io.TFRecordWriter(path) as out:
        for e in examples:
            out.write(e)


ints = lambda v: tf.train.Feature(int64_list=tf.train.Int64List(value=[v]))
vectors = rng.standard_normal((20_000, 1280)).astype(np.float32)
embedding = lambda i: feature(emb=tf.train.Feature(float_list=tf.train.FloatList(value=vectors[i])), idx=ints(i))
files = {name: os.path.join(args.dir, name + ".tfrecord") for name in ("photos", "embeddings", "written")}
write(files["photos"], (feature(image=tf.train.Feature(bytes_list=tf.train.BytesList(value=[rng.bytes(50_000)])),
    label=ints(i)) for i in range(4000)))
write(files["embeddings"], (embedding(i) for i in range(len(vectors))))
specs = {
    "photos": {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)},
    "embeddings": {"emb": tf.io.FixedLenFeature([1280], tf.float32), "idx": tf.io.FixedLenFeature([], tf.int64)},
}


def tensorflow_reads(name):
    start, n = time.perf_counter(), 0
    records = tf.data.TFRecordDataset(files[name], buffer_size=1 << 20)
    for batch in records.batch(256).map(lambda e: tf.io.parse_example(e, specs[name])):
        n += len(next(iter(batch.values())))
    return n / (time.perf_counter() - start)


def tensorflow_writes():
    start = time.perf_counter()
    write(files["written"], (embedding(i) for i in range(len(vectors))))
    return len(vectors) / (time.perf_counter() - start)


def go(bench, name=""):
    env = dict(os.environ, PVS_RECORDS_FILE=files.get(name, ""), TMPDIR=args.dir, GOMAXPROCS="1")
    out = subprocess.run([args.go, "-test.run", "XXX", "-test.bench", f"^Benchmark{bench}$", "-test.benchtime", "3x"],
        env=env, capture_output=True, text=True, check=True).stdout
    return float(re.search(r"([\d.e+]+) records/s", out)[1])


tasks = {
    "photos read": (lambda: go("ReadPhotos", "photos"), lambda: tensorflow_reads("photos")),
    "embeddings read": (lambda: go("ReadEmbeddings", "embeddings"), lambda: tensorflow_reads("embeddings")),
    "embeddings written": (lambda: go("WriteVectors"), tensorflow_writes),
}
for task, (ours, theirs) in tasks.items():
    theirs()  # the first traces its graph
    runs = {"pvs": lambda: {"rate": ours()}, "TensorFlow " + tf.__version__: lambda: {"rate": theirs()}}
    alternate.table(f"{task}, records/s", alternate.rounds(args.rounds, runs), "rate")
