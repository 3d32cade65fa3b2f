"""Training steps of each phase: pvs beside Keras 2.15 and timm on PyTorch.

EfficientNet-B0 at 224 x 224, photos in memory, a classifier of 1000, dropout 0.2, stochastic depth 0.2, Adam: what the
device does. Last the Siamese head: Dense(512) on features in batches of 512, with TensorFlow Addons' semi-hard loss.
Compilation is left out of the rates and given as the first call.

  python docs/benchmarks/train.py --pvs PVS --h5 efficientnetb0_notop.h5 [--batch 8] [--rounds 3] [--phases block7a ...]
"""
import argparse
import os
import time

import alternate

PHASES = ["new_top", "block7a", "full", "full_batchnorm"]
ALL = [*PHASES, "siamese"]
CLASSES, SIAMESE_BATCH, VIEWS = 1000, 512, 6


def measured(numbers, phase, step, seconds, batch):
    """First call, then the rate."""
    start = time.perf_counter()
    step()
    numbers[f"train_{phase}_first_call_seconds"] = time.perf_counter() - start
    for _ in range(2):
        step()
    numbers[f"train_{phase}_images_per_second"] = batch * alternate.for_seconds(seconds, step)


def keras(a):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np
    import tensorflow as tf
    import tensorflow_addons as tfa

    rng = np.random.default_rng(1)
    numbers = {}

    def run(phase, model, inputs, labels):
        step = model.make_train_function()
        batches = iter(tf.data.Dataset.from_tensors((inputs, labels)).repeat())
        measured(numbers, phase, lambda: step(batches), a.seconds, len(labels))

    images = rng.integers(0, 256, (a.batch, 224, 224, 3)).astype("float32")
    for phase in a.phases:
        if phase == "siamese":
            continue
        tf.keras.backend.clear_session()
        base = tf.keras.applications.EfficientNetB0(include_top=False, weights=a.h5, pooling="avg",
            input_shape=(224, 224, 3))
        from_block7a = False
        for layer in base.layers:
            from_block7a = from_block7a or layer.name.startswith("block7a")
            if isinstance(layer, tf.keras.layers.BatchNormalization):
                layer.trainable = phase == "full_batchnorm"
            else:
                layer.trainable = phase.startswith("full") or (phase == "block7a" and from_block7a)
        x = tf.keras.layers.BatchNormalization()(base.output)
        x = tf.keras.layers.Dropout(0.2)(x)
        model = tf.keras.Model(base.input, tf.keras.layers.Dense(CLASSES, activation="softmax")(x))
        model.compile(tf.keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy")
        run(phase, model, images, rng.integers(0, CLASSES, a.batch))

    if "siamese" not in a.phases:
        return numbers
    tf.keras.backend.clear_session()
    features = tf.keras.Input((1280,))
    unit = tf.keras.layers.Lambda(lambda x: tf.math.l2_normalize(x, axis=1))(tf.keras.layers.Dense(512)(features))
    model = tf.keras.Model(features, unit)
    model.compile(tf.keras.optimizers.Adam(1e-5), tfa.losses.TripletSemiHardLoss(0.5, "angular"))
    run("siamese", model, rng.normal(size=(SIAMESE_BATCH, 1280)).astype("float32"), np.arange(SIAMESE_BATCH) // VIEWS)
    return numbers


def torch_way(a, channels_last):
    import timm
    import torch
    from torch import nn

    torch.set_num_threads(alternate.cores())
    layout = torch.channels_last if channels_last else torch.contiguous_format
    numbers = {}
    images = torch.rand(a.batch, 3, 224, 224).contiguous(memory_format=layout)
    labels = torch.randint(0, CLASSES, (a.batch,))
    for phase in a.phases:
        if phase == "siamese":
            continue
        base = timm.create_model("tf_efficientnet_b0", num_classes=0, drop_path_rate=0.2)
        model = nn.Sequential(base, nn.BatchNorm1d(1280, eps=1e-3), nn.Dropout(0.2),
            nn.Linear(1280, CLASSES)).to(memory_format=layout)
        model.train()
        for name, parameter in base.named_parameters():  # timm's last stage, blocks.6, is Keras's block 7
            last = name.startswith(("blocks.6", "conv_head"))
            parameter.requires_grad = phase.startswith("full") or (phase == "block7a" and last)
        if phase != "full_batchnorm":
            for m in base.modules():
                if isinstance(m, nn.BatchNorm2d):
                    m.eval()
                    for parameter in m.parameters():
                        parameter.requires_grad = False
        adam = torch.optim.Adam([q for q in model.parameters() if q.requires_grad], 1e-5)
        loss = nn.CrossEntropyLoss()

        def step():
            adam.zero_grad(set_to_none=True)
            loss(model(images), labels).backward()
            adam.step()

        measured(numbers, phase, step, a.seconds, a.batch)
    return numbers


WAYS = {"keras": keras, "torch": lambda a: torch_way(a, False), "torch_channels_last": lambda a: torch_way(a, True)}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--pvs", default="pvs")
    p.add_argument("--h5", required=True)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--seconds", type=float, default=8)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--phases", nargs="+", choices=ALL, default=ALL)
    p.add_argument("--peer", choices=WAYS)
    a = p.parse_args()
    if a.peer:
        alternate.report(**WAYS[a.peer](a))
        return
    flags = ["--h5", a.h5, "--batch", str(a.batch), "--seconds", str(a.seconds), "--phases", *a.phases]
    results = alternate.rounds(a.rounds, {
        "pvs": lambda: alternate.pvs(a.pvs, "bench", "train", "--weights", a.h5, "--model", "b0",
            "--batch", str(a.batch), "--seconds", str(a.seconds), "--phases", ",".join(a.phases)),
        "Keras": lambda: alternate.peer("keras", *flags),
        "timm on PyTorch": lambda: alternate.peer("torch", *flags),
        "timm, channels last": lambda: alternate.peer("torch_channels_last", *flags),
    })
    for phase in a.phases:
        batch = SIAMESE_BATCH if phase == "siamese" else a.batch
        alternate.table(f"{phase}, images/s, batch {batch}", results, f"train_{phase}_images_per_second")
    # The peers compute the frozen layers in every epoch.
    for phase in [p for p in a.phases if p in ("new_top", "block7a")]:
        rates = {}
        for name, rs in results.items():
            key = f"train_{phase}_{'kept_' if name == 'pvs' else ''}images_per_second"
            rates[name] = [{"rate": r[key]} for r in rs]
        alternate.table(f"{phase} from the second epoch on, images/s", rates, "rate")
    for phase in a.phases:
        alternate.table(f"{phase}, first call, s", results, f"train_{phase}_first_call_seconds", less=True)
    alternate.table("peak memory of these phases in one process, GiB", results, "peak_gib", less=True)


if __name__ == "__main__":
    main()
