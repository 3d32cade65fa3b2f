// Package augment makes random variants of a photo, as people take photos: cropped, flipped, turned, aslant, on another
// ground, partly hidden, in other light, blurred, noisy, compressed.
//
//	a, err := augment.New(augment.Mild(), 112, 1)                 // 112 x 112 pixels, seed 1
//	square := make([]float32, 3*112*112)                                 // [112, 112, 3], values 0..255
//	a.Into(square, photo, augment.Key{Epoch: 3, Photo: 17})              // photo: *imageprep.RGB
//
// The operations come in the order of taking a photo: the scene (ground), the camera's place (crop, flip, rotation and
// perspective, composed to one resampling), what stands in between (erasing), light (colour), lens (blur), sensor
// (noise), file (JPEG). [Options] has a probability and a strength of each. A strength of 0 leaves the photo as it is;
// without any operation the square is that of [imageprep.Square].
//
// An image depends on the seed and its key alone, not on cores or order (other processors round the last bits
// otherwise). Each operation takes the same number of random
// draws whether it is used or not, so that two settings which differ in one operation make the same images but for it.
package augment
