"""Makes small.zip: JPEGs, and the pixels of each at a quarter and an eighth, as libjpeg-turbo decodes them.

    python small.py     # with pillow 13, numpy and imagecodecs

NAME.jpg is a photo, NAME.4 and NAME.8 are RGB values, row by row. Names say sampling, size, quality and more.
"""

import io
import itertools
import zipfile

import imagecodecs
import numpy as np
from PIL import Image

SIZES = [(160, 96), (161, 97), (47, 61), (9, 41), (8, 8), (1, 3)]
QUALITIES = [5, 30, 75, 92, 100]
SAMPLINGS = {"444": 0, "422": 1, "420": 2, "440": None, "grey": None}


def photo(width, height):
    """Large shapes, edges, text-like bars and noise."""
    rng = np.random.default_rng(width * 1000 + height)
    rough = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((width, height), Image.BICUBIC)
    a = np.asarray(rough).astype(np.float32)
    y, x = np.mgrid[:height, :width]
    a[(x // 3 + y // 5) % 11 == 0] = (250, 30, 20)
    a[(x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 4) ** 2] *= (0.2, 1.0, 1.3)
    a += rng.normal(0, 6, a.shape)
    return Image.fromarray(a.clip(0, 255).astype("uint8"))


def scaled(data, by):
    im = Image.open(io.BytesIO(data))
    im._size = tuple(-(-side // by) for side in im.size)
    im.tile = [im.tile[0]._replace(extents=(0, 0, *im._size))]
    im.decoderconfig = (by, 0)
    return im.convert("RGB").tobytes()


def encoded(im, sampling, quality, **more):
    out = io.BytesIO()
    if sampling == "grey":
        im = im.convert("L")
    elif sampling == "440":
        return imagecodecs.jpeg8_encode(np.asarray(im), level=quality, subsampling="440")
    else:
        more["subsampling"] = SAMPLINGS[sampling]
    im.save(out, "JPEG", quality=quality, **more)
    return out.getvalue()


files = {}
for i, (sampling, size) in enumerate(itertools.product(SAMPLINGS, SIZES)):
    for quality in (QUALITIES if size[0] == 161 else [QUALITIES[i % 5]]):
        files[f"{sampling}_{size[0]}x{size[1]}_q{quality}"] = encoded(photo(*size), sampling, quality)
wide = photo(161, 97)
for sampling in ("444", "422", "420", "grey"):
    files[f"{sampling}_optimised"] = encoded(wide, sampling, 85, optimize=True)
    files[f"{sampling}_progressive"] = encoded(wide, sampling, 85, progressive=True)
    for blocks in (1, 5):
        files[f"{sampling}_restart{blocks}"] = encoded(wide, sampling, 85, restart_marker_blocks=blocks)
    files[f"{sampling}_rows"] = encoded(wide, sampling, 97, restart_marker_rows=1)
for sampling in ("444", "420", "grey"):
    for restart in (0, 3):
        files[f"{sampling}_small_progressive{restart}"] = encoded(
            photo(47, 61), sampling, 40, progressive=True, restart_marker_blocks=restart
        )
plain = encoded(wide, "grey", 85)
at = plain.index(b"\xff\xc0") + 11
files["grey_2x2"] = plain[:at] + b"\x22" + plain[at + 1 :]

with zipfile.ZipFile("small.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
    for name, data in files.items():
        z.writestr(zipfile.ZipInfo(name + ".jpg"), data, zipfile.ZIP_DEFLATED, 9)
        for by in (4, 8):
            z.writestr(zipfile.ZipInfo(f"{name}.{by}"), scaled(data, by), zipfile.ZIP_DEFLATED, 9)
print(len(files), "photos")
