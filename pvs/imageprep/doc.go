// Package imageprep reads image files and makes the squares that are the network's input,
// step by step as the original entry did with OpenCV and TensorFlow.
//
//	photo, err := imageprep.Open("p17.jpg", imageprep.Limits{})  // any format -> RGB, upright
//	square := make([]float32, 224*224*3)
//	imageprep.Square(photo, 224, square)                         // pad to a square, resize
//	turned := imageprep.A3.Apply(square, 224, nil)               // a view: rotated by 90 degrees
//
// Padding has the mean colour of the image's edge. Resizing is bilinear with
// half-pixel centres and without antialiasing, as tf.image.resize does by default.
//
// JPEGs with subsampled colour have it interpolated, as libjpeg-turbo does and Go's
// image/jpeg does not, but by other weights, so their pixels differ a little from
// Python's (docs/architecture.md has the figures); at an eighth they are equal. Other
// kinds of images - docs/data.md has a table - are within 3 of 255 of Pillow's.
package imageprep
