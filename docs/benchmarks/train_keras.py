"""Training of each phase beside the same phase in Keras 2.15 (tensorflow-cpu), in alternating rounds.

EfficientNet-B0 at 224 x 224, photos in memory, a classifier of 1000, dropout 0.2, stochastic depth 0.2, Adam: what the
device does. Last the Siamese head: Dense(512) on features in batches of 512, with TensorFlow Addons' semi-hard loss.
Compilation is left out on both sides.

  python docs/benchmarks/train_keras.py --pvs PVS --h5 efficientnetb0_notop.h5 [--batch 8] [--rounds 3]
"""
import argparse
import json
import os
import subprocess
import sys
import time

import alternate

PHASES = ["new_top", "block7a", "full", "full_batchnorm"]
SIAMESE_BATCH, VIEWS = 512, 6


def keras(h5, batch, seconds):
    """Steps of each phase in this process; prints images a second as JSON."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np
    import tensorflow as tf

    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (batch, 224, 224, 3)).astype("float32")
    labels = rng.integers(0, 1000, batch)
    rates = {}

    def measure(phase, model, inputs, labels):
        step = model.make_train_function()
        batches = iter(tf.data.Dataset.from_tensors((inputs, labels)).repeat())
        step(batches)
        start, n = time.time(), 0
        while time.time() - start < seconds:
            step(batches)
            n += 1
        rates[phase] = n * len(labels) / (time.time() - start)

    for phase in PHASES:
        tf.keras.backend.clear_session()
        base = tf.keras.applications.EfficientNetB0(include_top=False, weights=h5, pooling="avg", input_shape=(224, 224, 3))
        from_block7a = False
        for layer in base.layers:
            from_block7a = from_block7a or layer.name.startswith("block7a")
            norm = isinstance(layer, tf.keras.layers.BatchNormalization)
            if norm:
                layer.trainable = phase == "full_batchnorm"
            else:
                layer.trainable = phase.startswith("full") or (phase == "block7a" and from_block7a)
        x = tf.keras.layers.BatchNormalization()(base.output)
        x = tf.keras.layers.Dropout(0.2)(x)
        model = tf.keras.Model(base.input, tf.keras.layers.Dense(1000, activation="softmax")(x))
        model.compile(tf.keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy")
        measure(phase, model, images, labels)

    import tensorflow_addons as tfa

    tf.keras.backend.clear_session()
    features = tf.keras.Input((1280,))
    unit = tf.keras.layers.Lambda(lambda x: tf.math.l2_normalize(x, axis=1))(tf.keras.layers.Dense(512)(features))
    model = tf.keras.Model(features, unit)
    model.compile(tf.keras.optimizers.Adam(1e-5), tfa.losses.TripletSemiHardLoss(0.5, "angular"))
    measure("siamese", model, rng.normal(size=(SIAMESE_BATCH, 1280)).astype("float32"), np.arange(SIAMESE_BATCH) // VIEWS)
    print(json.dumps(rates))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--pvs", default="pvs")
    p.add_argument("--h5", required=True)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--seconds", type=float, default=8)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--keras", action="store_true", help="only Keras, in this process")
    a = p.parse_args()
    if a.keras:
        keras(a.h5, a.batch, a.seconds)
        return
    ours, theirs = [], []
    for _ in range(a.rounds):
        ours.append(alternate.pvs(a.pvs, "bench", "train", "--weights", a.h5, "--model", "b0", "--batch", str(a.batch), "--seconds", str(a.seconds)))
        out = subprocess.run([sys.executable, __file__, "--keras", "--h5", a.h5, "--batch", str(a.batch), "--seconds", str(a.seconds)],
                             check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        theirs.append(json.loads(out.strip().splitlines()[-1]))
    for phase in [*PHASES, "siamese"]:
        print(f"== {phase}, batch {SIAMESE_BATCH if phase == 'siamese' else a.batch}")
        rounds = iter(zip(ours, theirs))
        pair = {}

        def mine():
            pair["now"] = next(rounds)
            return pair["now"][0][f"train_{phase}_images_per_second"]

        alternate.compare("images/s", a.rounds, mine, {"Keras 2.15": lambda: pair["now"][1][phase]})


if __name__ == "__main__":
    main()
