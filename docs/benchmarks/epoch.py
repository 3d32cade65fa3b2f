"""Whole epochs from block7a, from photo files to the checkpoint: `pvs train` beside Keras 2.15's fit.

Photos are decoded, padded, resized and turned into six views; batches of 128, shuffled in each epoch; validation on the
original view of the val photos; a checkpoint and a line of CSV. The first epoch is left out: Keras compiles in it, and
pvs computes and caches the input of block7a. Keras's fit decodes photos in every epoch, prefetched on all cores.

  python docs/benchmarks/epoch.py --pvs PVS --h5 efficientnetb0_notop.h5 [--catalog DIR] [--rounds 3] [--epochs 3]
"""
import argparse
import csv
import os
import statistics
import tempfile
import time

import alternate

BATCH, LEARNING_RATE, DROPOUT = 128, 1e-4, 0.2


def photos(catalog, split, classes=None):
    """The paths and the classes of a split's photos."""
    with open(os.path.join(catalog, "photos.csv"), newline="") as f:
        rows = [r for r in csv.DictReader(f) if r["split"] == split]
    classes = classes or {c: i for i, c in enumerate(sorted({r["category"] for r in rows}))}
    rows = [r for r in rows if r["category"] in classes]
    return [os.path.join(catalog, r["path"]) for r in rows], [classes[r["category"]] for r in rows], classes


def keras(a):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    from images import views_of

    def views(path, label):
        return views_of(tf.io.read_file(path)), tf.repeat(label, 6)

    def dataset(paths, labels, train):
        d = tf.data.Dataset.from_tensor_slices((paths, labels))
        if train:
            d = d.shuffle(len(paths))
        d = d.map(views, num_parallel_calls=tf.data.AUTOTUNE)
        d = d.unbatch() if train else d.map(lambda x, label: (x[0], label[0]))
        return d.batch(BATCH).prefetch(tf.data.AUTOTUNE)

    paths, labels, classes = photos(a.catalog, "train")
    val_paths, val_labels, _ = photos(a.catalog, "val", classes)
    base = tf.keras.applications.EfficientNetB0(include_top=False, weights=a.h5, pooling="avg",
        input_shape=(224, 224, 3))
    from_block7a = False
    for layer in base.layers:
        from_block7a = from_block7a or layer.name.startswith("block7a")
        layer.trainable = from_block7a and not isinstance(layer, tf.keras.layers.BatchNormalization)
    x = tf.keras.layers.BatchNormalization()(base.output)
    x = tf.keras.layers.Dropout(DROPOUT)(x)
    model = tf.keras.Model(base.input, tf.keras.layers.Dense(len(classes), activation="softmax")(x))
    model.compile(tf.keras.optimizers.Adam(LEARNING_RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])

    starts = []

    class Clock(tf.keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            starts.append(time.perf_counter())

        def on_train_end(self, logs=None):
            starts.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        model.fit(dataset(paths, labels, True), validation_data=dataset(val_paths, val_labels, False), epochs=a.epochs,
            verbose=0, callbacks=[Clock(), tf.keras.callbacks.CSVLogger(os.path.join(folder, "log.csv")),
                tf.keras.callbacks.ModelCheckpoint(os.path.join(folder, "{epoch}.h5"))])
    alternate.report(seconds=[b - a for a, b in zip(starts, starts[1:])], views=6 * len(paths))


def ours(a):
    with tempfile.TemporaryDirectory() as folder:
        phases = os.path.join(folder, "phases.toml")
        with open(phases, "w") as f:
            f.write(f'[[phase]]\nname = "last"\ntrains = "from block7a"\nlearning_rate = {LEARNING_RATE}\n'
                f'dropout = {DROPOUT}\nepochs = {a.epochs}\nbatch = {BATCH}\n')
        r = alternate.pvs(a.pvs, "train", a.catalog, "--scale", "full", "--phases", phases, "--run", "last",
            "--weights", a.h5, "--model", "b0", "--out", folder)
    return r | {"seconds": [e["seconds"] for e in r["epochs"]], "views": r["epochs"][0]["train"]["Rows"]}


def numbers(r):
    """The median time of the epochs from the second on, and the time of all before them."""
    later = r["seconds"][1:]
    one = statistics.median(later)
    return r | {"epoch_seconds": one, "views_per_second": r["views"] / one,
        "before_seconds": r["process_seconds"] - sum(later)}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--pvs", default="pvs")
    p.add_argument("--h5", required=True)
    p.add_argument("--catalog",
        help="a catalogue with photos in the splits train and val; some 600 and 85 are drawn if not given")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--peer", choices=["keras"])
    a = p.parse_args()
    if a.peer:
        keras(a)
        return
    with tempfile.TemporaryDirectory() as folder:
        if not a.catalog:
            a.catalog = os.path.join(folder, "catalog")
            alternate.pvs(a.pvs, "data", "synth", "--out", a.catalog, "--products", "1", "--train", "235",
                "--size", "500")
        flags = ["--h5", a.h5, "--catalog", a.catalog, "--epochs", str(a.epochs)]
        results = alternate.rounds(a.rounds,
            {"pvs": lambda: numbers(ours(a)), "Keras": lambda: numbers(alternate.peer("keras", *flags))})
    alternate.table("an epoch from the second on, s", results, "epoch_seconds", less=True)
    alternate.table("views a second", results, "views_per_second")
    alternate.table("start to the end of the first epoch, s", results, "before_seconds", less=True)
    alternate.table("peak memory, GiB", results, "peak_gib", less=True)


if __name__ == "__main__":
    main()
