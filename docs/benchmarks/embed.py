"""EfficientNet-B0 at 224 x 224, forward: pvs in float32, float16 and int8 beside timm on PyTorch, ONNX Runtime
and Keras in float32.

The forward pass alone on photos in memory, and all steps from JPEG files on (decode, pad to a square, resize, forward).
Weights do not matter for speed: the peers' are random.

  python docs/benchmarks/embed.py --pvs PVS --h5 efficientnetb0_notop.h5 [--batch 8] [--rounds 5]
"""
import argparse
import glob
import os
import tempfile
import time

import alternate

PEERS = {
    "timm on PyTorch, eager": "torch",
    "timm, channels last": "torch_channels_last",
    "timm, torch.compile": "torch_compile",
    "ONNX Runtime, timm's export": "onnxruntime",
    "Keras": "keras",
}


def measured(step, seconds, batch):
    """The seconds of the first call, then images per second."""
    start = time.perf_counter()
    step()
    first = time.perf_counter() - start
    for _ in range(3):
        step()
    return {"first_call_seconds": first, "images_per_second": batch * alternate.for_seconds(seconds, step)}


def timm_model():
    import timm
    import torch

    torch.set_num_threads(alternate.cores())
    return timm.create_model("tf_efficientnet_b0", num_classes=0).eval(), torch


def torch_peer(a):
    model, torch = timm_model()
    layout = torch.contiguous_format if a.peer == "torch" else torch.channels_last
    model = model.to(memory_format=layout)
    x = torch.rand(a.batch, 3, 224, 224).contiguous(memory_format=layout)
    if a.peer == "torch_compile":
        model = torch.compile(model)
    with torch.inference_mode():
        return measured(lambda: model(x), a.seconds, a.batch)


def onnxruntime_peer(a):
    import numpy as np
    import onnxruntime

    model, torch = timm_model()
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "b0.onnx")
        torch.onnx.export(model, torch.rand(a.batch, 3, 224, 224), file, input_names=["x"], dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = alternate.cores()
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    x = np.random.rand(a.batch, 3, 224, 224).astype("float32")
    return measured(lambda: session.run(None, {"x": x}), a.seconds, a.batch)


def keras_peer(a):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np
    import tensorflow as tf

    model = tf.keras.applications.EfficientNetB0(include_top=False, weights=None, pooling="avg",
        input_shape=(224, 224, 3))
    forward = tf.function(lambda x: model(x, training=False))
    x = tf.constant(np.random.rand(a.batch, 224, 224, 3).astype("float32") * 255)
    return measured(lambda: forward(x).numpy(), a.seconds, a.batch)


def files_peer(a):
    """Photos from files through a DataLoader to timm."""
    import numpy as np
    from PIL import Image

    model, torch = timm_model()
    model = model.to(memory_format=torch.channels_last)
    files = photos(a.catalog)

    class Photos(torch.utils.data.Dataset):
        def __len__(self):
            return len(files)

        def __getitem__(self, i):
            photo = np.asarray(Image.open(files[i]).convert("RGB"))
            edge = np.concatenate([photo[0], photo[-1], photo[:, 0], photo[:, -1]]).mean(0).astype("uint8")
            side = max(photo.shape[:2])
            square = np.empty((side, side, 3), "uint8")
            square[:] = edge
            top, left = (side - photo.shape[0]) // 2, (side - photo.shape[1]) // 2
            square[top:top + photo.shape[0], left:left + photo.shape[1]] = photo
            x = torch.from_numpy(square).permute(2, 0, 1)[None].float()
            return torch.nn.functional.interpolate(x, (224, 224), mode="bilinear", align_corners=False)[0] / 127 - 1

    with torch.inference_mode():
        n, start = 0, None
        for x in torch.utils.data.DataLoader(Photos(), batch_size=a.batch, num_workers=1):
            model(x.to(memory_format=torch.channels_last))
            start, n = (start, n + len(x)) if start else (time.perf_counter(), 0)
        return {"images_per_second": n / (time.perf_counter() - start)}


def photos(catalog):
    """The photos of the catalogue's index."""
    return sorted(f for f in glob.glob(catalog + "/images/*/*.jpg") if not f.endswith("-0.jpg"))


def float16_here():
    """Whether this processor multiplies float16; without, the row is left out."""
    with open("/proc/cpuinfo") as f:
        return "avx512_fp16" in f.read()


PEER_RUNS = {
    "torch": torch_peer,
    "torch_channels_last": torch_peer,
    "torch_compile": torch_peer,
    "onnxruntime": onnxruntime_peer,
    "keras": keras_peer,
    "files": files_peer,
}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--pvs", default="pvs")
    p.add_argument("--h5")
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--catalog", help="for the measurement from files; one is drawn if not given")
    p.add_argument("--peer", choices=PEER_RUNS)
    a = p.parse_args()
    if a.peer:
        alternate.report(**PEER_RUNS[a.peer](a))
        return
    flags = ["--batch", str(a.batch), "--seconds", str(a.seconds)]
    weights = ["--weights", a.h5, "--model", "b0", "--batch", str(a.batch)]

    def ours(*more, backend=None):
        r = alternate.pvs(a.pvs, "bench", "embed", *weights, "--seconds", str(a.seconds), *more, backend=backend)
        return {"images_per_second": r["embed_images_per_second"], "first_call_seconds": r["embed_first_call_seconds"],
            "peak_gib": r["peak_gib"]}

    precisions = ["float16", "int8"]
    if not float16_here():
        precisions.remove("float16")
        print("float16 is left out: this processor has no AVX512-FP16")
    runs = {"pvs": ours, "pvs, graph on ONNX Runtime": lambda: ours(backend="onnxruntime:cpu")}
    for name in precisions:
        runs[f"pvs, {name}"] = lambda name=name: ours("--precision", name)
    for title, name in PEERS.items():
        runs[title] = lambda name=name: alternate.peer(name, *flags)
    results = alternate.rounds(a.rounds, runs)
    alternate.table(f"forward, images/s, batch {a.batch}", results, "images_per_second")
    alternate.table("first call, s", results, "first_call_seconds", less=True)
    alternate.table("peak memory of the process, GiB", results, "peak_gib", less=True)

    with tempfile.TemporaryDirectory() as folder:
        catalog = a.catalog or folder + "/catalog"
        if not a.catalog:
            alternate.pvs(a.pvs, "data", "synth", "--products", "60", "--out", catalog)

        def from_files(*more):
            for f in glob.glob(folder + "/index.*"):
                os.remove(f)
            return alternate.pvs(a.pvs, "embed", catalog, "--split", "index", "--out", folder + "/index", *weights,
                *more)

        runs = {"pvs": from_files}
        for name in precisions:
            runs[f"pvs, {name}"] = lambda name=name: from_files("--precision", name)
        loader = "timm, channels last, DataLoader with Pillow"
        runs[loader] = lambda: alternate.peer("files", *flags, "--catalog", catalog)
        results = alternate.rounds(a.rounds, runs)
        alternate.table(f"from JPEG files, images/s, {len(photos(catalog))} photos", results, "images_per_second")


if __name__ == "__main__":
    main()
