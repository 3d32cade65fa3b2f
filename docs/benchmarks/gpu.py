"""EfficientNet-B0 at 224 x 224 on a GPU: pvs beside timm on PyTorch and Keras on JAX; docs/gpu.sh runs it.

Forward passes, and steps of full training with frozen BatchNorms (a classifier of 1000, Adam), inputs on the device.
Reduced precision is bfloat16: pvs's, PyTorch's autocast, Keras's mixed precision. Weights are random, the same kind for
all: they do not matter for speed. The first call, with compilation, is given apart.

  python docs/benchmarks/gpu.py --pvs PVS [--device cuda] [--batch 128] [--rounds 3] [--seconds 5]
"""
import argparse
import os
import tempfile
import time

import alternate

CLASSES = 1000
PRECISIONS = ["float32", "bfloat16"]


def measured(step, seconds, batch, wait):
    """The seconds of the first call, then images per second; wait ends what the device still computes."""
    start = time.perf_counter()
    step()
    wait()
    first = time.perf_counter() - start
    for _ in range(3):
        step()
    wait()
    start, n = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        for _ in range(4):
            step()
        wait()
        n += 4
    return {"images_per_second": batch * n / (time.perf_counter() - start), "first_call_seconds": first}


def torch_peer(a):
    """channels last, torch.compile, autocast for bfloat16."""
    import timm
    import torch
    from torch import nn

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    wait = torch.cuda.synchronize if a.device == "cuda" else lambda: None
    layout = {"memory_format": torch.channels_last}
    images = torch.rand(a.batch, 3, 224, 224, device=a.device).contiguous(**layout)
    labels = torch.randint(0, CLASSES, (a.batch,), device=a.device)
    reduced = torch.autocast(a.device, torch.bfloat16, enabled=a.precision == "bfloat16")
    base = timm.create_model("tf_efficientnet_b0", num_classes=0, drop_path_rate=0.2)
    if a.what == "embed":
        model = torch.compile(base.eval().to(a.device, **layout))

        def step():
            with torch.inference_mode(), reduced:
                model(images)

        return measured(step, a.seconds, a.batch, wait)
    model = nn.Sequential(base, nn.BatchNorm1d(1280, eps=1e-3), nn.Dropout(0.2), nn.Linear(1280, CLASSES))
    model.to(a.device, **layout).train()
    for m in base.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.eval().requires_grad_(False)
    adam = torch.optim.Adam([q for q in model.parameters() if q.requires_grad], 1e-5)
    compiled, loss = torch.compile(model), nn.CrossEntropyLoss()

    def step():
        adam.zero_grad(set_to_none=True)
        with reduced:
            error = loss(compiled(images), labels)
        error.backward()
        adam.step()

    return measured(step, a.seconds, a.batch, wait)


def jax_peer(a):
    """Keras 3 on JAX, compiled by XLA as pvs's graph is."""
    os.environ.update(KERAS_BACKEND="jax", JAX_PLATFORMS=a.device, XLA_PYTHON_CLIENT_PREALLOCATE="false")
    import jax
    import keras
    import numpy as np

    if a.precision == "bfloat16":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    base = keras.applications.EfficientNetB0(include_top=False, weights=None, pooling="avg", input_shape=(224, 224, 3))
    rng = np.random.default_rng(1)
    images = jax.device_put(rng.integers(0, 256, (a.batch, 224, 224, 3)).astype("float32"))
    if a.what == "embed":
        values = [[v.value for v in vs] for vs in (base.trainable_variables, base.non_trainable_variables)]
        forward = jax.jit(lambda x: base.stateless_call(*values, x, training=False)[0])
        last = []
        return measured(lambda: last.__setitem__(slice(None), [forward(images)]), a.seconds, a.batch,
            lambda: jax.block_until_ready(last))
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    x = keras.layers.Dropout(0.2)(keras.layers.BatchNormalization()(base.output))
    model = keras.Model(base.input, keras.layers.Dense(CLASSES, activation="softmax", dtype="float32")(x))
    model.compile(keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy", jit_compile=True)
    labels = jax.device_put(rng.integers(0, CLASSES, a.batch))
    return measured(lambda: model.train_on_batch(images, labels), a.seconds, a.batch, lambda: None)


PEERS = {"torch": torch_peer, "jax": jax_peer}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--pvs", default="pvs")
    p.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--peer", choices=PEERS)
    p.add_argument("--what", choices=["embed", "train"])
    p.add_argument("--precision", choices=PRECISIONS)
    a = p.parse_args()
    if a.peer:
        alternate.report(**PEERS[a.peer](a))
        return
    with tempfile.TemporaryDirectory() as folder:
        import timm
        import torch

        weights = os.path.join(folder, "b0.pth")
        torch.save(timm.create_model("tf_efficientnet_b0").state_dict(), weights)
        ours = ["--weights", weights, "--model", "b0", "--batch", str(a.batch), "--seconds", str(a.seconds)]
        theirs = ["--device", a.device, "--batch", str(a.batch), "--seconds", str(a.seconds)]

        def pvs(what, precision):
            more = ["--phases", "full"] if what == "train" else []
            key = "train_full" if what == "train" else "embed"
            r = alternate.pvs(a.pvs, "bench", what, *ours, *more, "--precision", precision, backend="xla:" + a.device)
            return {k: r[f"{key}_{k}"] for k in ("images_per_second", "first_call_seconds")}

        for what in ("embed", "train"):
            for precision in PRECISIONS:
                runs = {"pvs": lambda: pvs(what, precision)}
                for title, name in {"timm on PyTorch, channels last, compiled": "torch", "Keras on JAX": "jax"}.items():
                    runs[title] = lambda name=name: alternate.peer(name, *theirs, "--what", what, "--precision",
                        precision)
                results = alternate.rounds(a.rounds, runs)
                title = {"embed": "forward", "train": "full training"}[what]
                alternate.table(f"{title}, {precision}, images/s, batch {a.batch}", results, "images_per_second")
                alternate.table(f"{title}, {precision}, first call, s", results, "first_call_seconds", less=True)


if __name__ == "__main__":
    main()
