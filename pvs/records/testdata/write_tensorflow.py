"""Writes tensorflow.tfrecord beside it: three examples as the original entry's, by TensorFlow 2.15."""
import os

import tensorflow as tf

images = [tf.io.encode_jpeg(tf.fill([9, 9, 3], tf.constant(80 * i, tf.uint8)), quality=95).numpy() for i in range(3)]
with tf.io.TFRecordWriter(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tensorflow.tfrecord")) as out:
    for i, image in enumerate(images):
        out.write(tf.train.Example(features=tf.train.Features(feature={
            "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image])),
            "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[5 * i - 1])),
            "emb": tf.train.Feature(float_list=tf.train.FloatList(value=[i, i / 2])),
        })).SerializeToString())
# Embeddings, as the original stored them.
with tf.io.TFRecordWriter(os.path.join(os.path.dirname(os.path.abspath(__file__)), "embeddings.tfrecord")) as out:
    for i in range(3):
        out.write(tf.train.Example(features=tf.train.Features(feature={
            "emb": tf.train.Feature(float_list=tf.train.FloatList(value=[float(i + d) for d in range(1280)])),
            "idx": tf.train.Feature(int64_list=tf.train.Int64List(value=[300 * i - 1])),
        })).SerializeToString(deterministic=True))
