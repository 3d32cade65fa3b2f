"""Photos of 12 megapixels, decoded and brought to 224 pixels: whole, and shrunk while they are decoded, beside Pillow.

    python docs/benchmarks/large.py     # with pillow and numpy, in the repository; go in the PATH

Prints photos a second of one core's processor time, which other work on the machine hardly changes: the median of five
rounds, alternating.
"""

import os
import resource
import statistics
import subprocess
import tempfile
import time

import numpy as np
from PIL import Image, ImageFilter

SIDE, TIMES, ROUNDS = 224, 10, 5


def photo():
    """A photo of large shapes with the noise of a sensor."""
    rng = np.random.default_rng(1)
    rough = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)).resize((4032, 3024), Image.BICUBIC)
    noisy = np.asarray(rough).astype(np.float32) + rng.normal(0, 6, (3024, 4032, 3))
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
        if draft:
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
        image.convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)
    return (time.process_time() - begun) / TIMES


with tempfile.TemporaryDirectory() as work:
    test = os.path.join(work, "imageprep.test")
    subprocess.run(["go", "test", "-c", "-o", test, "./pvs/imageprep"], check=True)
    image = photo()
    print(f"{'JPEG':12} {'ours, whole':>14} {'ours, shrunk':>14} {'Pillow, whole':>14} {'Pillow, draft':>14}")
    for kind in ("sequential", "progressive"):
        path = os.path.join(work, kind + ".jpg")
        image.save(path, quality=92, progressive=kind == "progressive")
        rounds = [(ours(test, path, "whole"), ours(test, path, "shrunk"), pillow(path, False), pillow(path, True))
                  for _ in range(ROUNDS)]
        print(f"{kind:12}", *(f"{1 / statistics.median(column):14.1f}" for column in zip(*rounds)))
