"""Embedding with EfficientNet at 224 x 224: pvs against timm on PyTorch, alternately.

Forward pass alone on batches of 8, and the whole way from JPEG files (decode, pad to a
square, resize, forward). Give B0 weights in both layouts to compare B0:
    --h5 ../shared/fixtures/b0/keras_efficientnetb0_notop.h5 --safetensors ../shared/fixtures/b0/timm_tf_efficientnet_b0.safetensors
"""
import argparse
import glob
import os
import tempfile
import time

import numpy as np
import timm
import torch
from PIL import Image

from alternate import compare, pvs

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--pvs", required=True)
parser.add_argument("--h5")
parser.add_argument("--safetensors")
parser.add_argument("--rounds", type=int, default=5)
args = parser.parse_args()

torch.set_num_threads(os.cpu_count())
if args.h5:
    network, flags = "tf_efficientnet_b0", ["--weights", args.h5, "--model", "b0"]
    model = timm.create_model(network, num_classes=0, checkpoint_path="")
    if args.safetensors:
        from safetensors.torch import load_file
        model.load_state_dict(load_file(args.safetensors), strict=False)
else:
    network, flags = "tf_efficientnet_lite0", []
    model = timm.create_model(network, num_classes=0)
model.eval()
channels_last = timm.create_model(network, num_classes=0)
channels_last.load_state_dict(model.state_dict())
channels_last = channels_last.eval().to(memory_format=torch.channels_last)
batch = torch.rand(8, 3, 224, 224)


def forward(m, x, seconds=3):
    with torch.inference_mode():
        m(x)
        start, n = time.time(), 0
        while time.time() - start < seconds:
            m(x)
            n += 8
        return n / (time.time() - start)


print(f"{network}, torch {torch.__version__}, {torch.get_num_threads()} threads, {args.rounds} rounds\nforward, batch 8:")
compare("images/s", args.rounds, lambda: pvs(args.pvs, "bench", "embed", *flags)["embed_images_per_second"], {
    "timm, eager": lambda: forward(model, batch),
    "timm, channels last": lambda: forward(channels_last, batch.to(memory_format=torch.channels_last)),
})

with tempfile.TemporaryDirectory() as folder:
    pvs(args.pvs, "data", "synth", "--products", "60", "--out", folder + "/cat")
    files = sorted(glob.glob(folder + "/cat/images/*/*.jpg"))
    index = [f for f in files if not f.endswith("-0.jpg")]

    def ours():
        for f in glob.glob(folder + "/index.*"):
            os.remove(f)
        return pvs(args.pvs, "embed", folder + "/cat", "--split", "index", "--out", folder + "/index", *flags)["images_per_second"]

    class Photos(torch.utils.data.Dataset):
        def __len__(self):
            return len(index)

        def __getitem__(self, i):
            photo = np.asarray(Image.open(index[i]).convert("RGB"))
            edge = np.concatenate([photo[0], photo[-1], photo[:, 0], photo[:, -1]]).mean(0).astype("uint8")
            side = max(photo.shape[:2])
            square = np.empty((side, side, 3), "uint8")
            square[:] = edge
            top, left = (side - photo.shape[0]) // 2, (side - photo.shape[1]) // 2
            square[top:top + photo.shape[0], left:left + photo.shape[1]] = photo
            x = torch.from_numpy(square).permute(2, 0, 1)[None].float()
            return torch.nn.functional.interpolate(x, (224, 224), mode="bilinear", align_corners=False)[0] / 127 - 1

    def theirs():
        loader = torch.utils.data.DataLoader(Photos(), batch_size=8, num_workers=1)
        with torch.inference_mode():
            n, start = 0, None
            for x in loader:
                channels_last(x.to(memory_format=torch.channels_last))
                if start is None:
                    start = time.time()
                else:
                    n += len(x)
            return n / (time.time() - start)

    print("from JPEG files:")
    compare("images/s", args.rounds, ours, {"timm, channels last, DataLoader": theirs})
