"""Photos of 12 megapixels, decoded and brought to 224 pixels: whole, and shrunk while they are decoded, beside Pillow.

    python docs/benchmarks/large.py [PHOTO...]     # with pillow and numpy, in the repository; go in the PATH

Without photos one of large shapes is drawn. Photos are enlarged to 4032 pixels; all get the noise of a sensor.
Prints photos a second of one core's processor time, which other work on the machine hardly changes: the median of five
rounds, alternating. Pillow's draft is asked for twice the 224 pixels, and for an eighth, as ours is shrunk.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image, ImageFilter

SIDE, TIMES, ROUNDS = 224, 10, 5


def photo(path):
    """A photo, enlarged, or large shapes; with the noise of a sensor."""
    rng = np.random.default_rng(1)
    if path:
        image = Image.open(path).convert("RGB")
        by = 4032 / max(image.size)
        rough = image.resize((round(image.size[0] * by), round(image.size[1] * by)), Image.BICUBIC)
    else:
        shapes = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
        rough = shapes.resize((4032, 3024), Image.BICUBIC)
    noisy = np.asarray(rough).astype(np.float32)
    noisy += rng.normal(0, 6, noisy.shape)
    return Image.fromarray(noisy.clip(0, 255).astype("uint8")).filter(ImageFilter.GaussianBlur(0.7))


def ours(test, path, how):
    """Seconds of processor time a photo, of the Go benchmark."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = dict(os.environ, PVS_LARGE=path, GOMAXPROCS="1")
    subprocess.run([test, "-test.run=^$", f"-test.bench=Large/{how}", f"-test.benchtime={TIMES}x"], env=env, check=True,
                   stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / (TIMES + 1)  # one to warm up


def pillow(path, draft):
    begun = time.process_time()
    for _ in range(TIMES):
        image = Image.open(path)
        if draft == "asked":
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
        elif draft == "eighth":
            image.draft("RGB", tuple(side // 8 for side in image.size))
        image.convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)
    return (time.process_time() - begun) / TIMES


with tempfile.TemporaryDirectory() as work:
    test = os.path.join(work, "imageprep.test")
    subprocess.run(["go", "test", "-c", "-o", test, "./pvs/imageprep"], check=True)
    columns = ("ours, whole", "ours, shrunk", "Pillow, whole", "Pillow, draft", "Pillow, eighth")
    print(f"{'JPEG':32}", *(f"{column:>14}" for column in columns))
    for source in sys.argv[1:] or [None]:
        image = photo(source)
        for kind in ("sequential", "progressive"):
            path = os.path.join(work, kind + ".jpg")
            image.save(path, quality=92, progressive=kind == "progressive")
            rounds = [(ours(test, path, "whole"), ours(test, path, "shrunk"), pillow(path, None), pillow(path, "asked"),
                       pillow(path, "eighth")) for _ in range(ROUNDS)]
            name = f"{os.path.basename(source or 'shapes')[:10]}, {kind}, {os.path.getsize(path) / 1e6:.1f} MB"
            print(f"{name:32}", *(f"{1 / statistics.median(column):14.1f}" for column in zip(*rounds)), flush=True)
