"""Decoding, padding, resizing and the six views of a photo on one core: pvs beside torchvision and tf.data.

A JPEG of 500 x 400 pixels becomes a square padded with the mean of its perimeter, 224 x 224 by bilinear interpolation
without antialiasing, and that its six views (A0 to A5).

  taskset -c 0 python docs/benchmarks/images.py --pvs PVS [--rounds 5]
"""
import argparse
import io
import os
import tempfile

import alternate


def photo():
    """One photo for all: smooth shapes with some noise, as JPEG of quality 85 with 4:2:0 colours."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:400, 0:500]
    waves = [128 + 90 * np.sin(x / (20 + 9 * c) + c) * np.cos(y / (31 - 6 * c)) for c in range(3)]
    m = np.stack(waves, -1) + rng.normal(scale=6, size=(400, 500, 3))
    out = io.BytesIO()
    Image.fromarray(m.clip(0, 255).astype("uint8")).save(out, "JPEG", quality=85)
    return out.getvalue()


def torchvision(path, seconds):
    import numpy as np
    import torch
    import torchvision

    torch.set_num_threads(1)
    jpeg = torch.from_numpy(np.fromfile(path, dtype="uint8"))

    def square(image):
        edge = torch.cat([image[:, 0], image[:, -1], image[:, :, 0], image[:, :, -1]], 1).float().mean(1).trunc()
        side = max(image.shape[1:])
        x = edge[:, None, None].expand(3, side, side).clone()
        top, left = (side - image.shape[1]) // 2, (side - image.shape[2]) // 2
        x[:, top:top + image.shape[1], left:left + image.shape[2]] = image
        return torch.nn.functional.interpolate(x[None], (224, 224), mode="bilinear", align_corners=False,
            antialias=False)[0]

    def views(x):
        return torch.stack([x, x.flip(1), x.flip(2), *(torch.rot90(x, k, (1, 2)) for k in (1, 2, 3))])

    def step():
        views(square(torchvision.io.decode_jpeg(jpeg)))

    step()
    alternate.report(photos=alternate.for_seconds(seconds, step),
        decoded=alternate.for_seconds(seconds, lambda: torchvision.io.decode_jpeg(jpeg)))


def decode(data):
    import tensorflow as tf

    return tf.io.decode_jpeg(data, channels=3)


def views_of(data):
    """The six views of a JPEG by TensorFlow."""
    import tensorflow as tf

    image = decode(data)
    edge = tf.concat([image[0], image[-1], image[:, 0], image[:, -1]], 0)
    fill = tf.floor(tf.reduce_mean(tf.cast(edge, tf.float32), 0))
    h, w = tf.shape(image)[0], tf.shape(image)[1]
    side = tf.maximum(h, w)
    top, left = (side - h) // 2, (side - w) // 2
    x = tf.pad(tf.cast(image, tf.float32) - fill, [[top, side - h - top], [left, side - w - left], [0, 0]]) + fill
    x = tf.image.resize(x, (224, 224), antialias=False)
    return tf.stack([x, tf.image.flip_up_down(x), tf.image.flip_left_right(x), tf.image.rot90(x, 1),
        tf.image.rot90(x, 2), tf.image.rot90(x, 3)])


def tensorflow(path, seconds):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    with open(path, "rb") as f:
        jpeg = f.read()

    def rate(of):
        options = tf.data.Options()
        options.threading.private_threadpool_size = 1
        stream = iter(tf.data.Dataset.from_tensors(jpeg).repeat().map(of).with_options(options))
        next(stream)
        return alternate.for_seconds(seconds, lambda: next(stream))

    alternate.report(photos=rate(views_of), decoded=rate(decode))


def compare(a):
    flags = ["--photo", a.photo, "--seconds", str(a.seconds)]

    def ours():
        r = alternate.pvs(a.pvs, "bench", "images", *flags)
        return {"photos": r["photos_to_six_views_per_second"], "decoded": r["decode_per_second"],
            "peak_gib": r["peak_gib"]}

    results = alternate.rounds(a.rounds, {"pvs": ours, "torchvision": lambda: alternate.peer("torchvision", *flags),
        "tf.data": lambda: alternate.peer("tensorflow", *flags)})
    alternate.table("photos a second and core: decode, pad, resize, six views", results, "photos")
    alternate.table("photos a second and core: decode alone", results, "decoded")
    alternate.table("peak memory, GiB", results, "peak_gib", less=True)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--pvs", default="pvs")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--photo", help="a JPEG; one is drawn if not given")
    p.add_argument("--peer", choices=["torchvision", "tensorflow"])
    a = p.parse_args()
    if a.peer:
        globals()[a.peer](a.photo, a.seconds)
        return
    if alternate.cores() > 1:
        print("this process has several processors; start it by taskset -c 0 to compare one core with one core")
    with tempfile.TemporaryDirectory() as folder:
        if not a.photo:
            a.photo = os.path.join(folder, "photo.jpg")
            with open(a.photo, "wb") as f:
                f.write(photo())
        compare(a)


if __name__ == "__main__":
    main()
