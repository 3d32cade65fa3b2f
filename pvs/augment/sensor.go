package augment

import (
	"image"
	"image/jpeg"
	"math/rand/v2"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// normals are standard normal numbers, a table, because an image takes 37,632 of them at 112 pixels.
var normals = sync.OnceValue(func() []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([]float32, 1<<15)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
})

// addNoise adds Gaussian noise and clips. Each row starts somewhere in the table.
func addNoise(dst []float32, size int, sigma float64, d random) {
	table, s := normals(), float32(sigma)
	for y := range size {
		row, at := dst[3*y*size:][:3*size], d.IntN(len(table))
		for i := range row {
			row[i] = clip(row[i] + s*table[(at+i)%len(table)])
		}
	}
}

// erase paints a rectangle.
func erase(dst []float32, size int, d eraseDraws) {
	pixel := func(v float64) int { return min(int(v*float64(size)+0.5), size) }
	for y := pixel(d.top); y < pixel(d.bottom); y++ {
		for x := pixel(d.left); x < pixel(d.right); x++ {
			copy(dst[3*(y*size+x):], d.color[:])
		}
	}
}

// compress writes and reads a JPEG.
func compress(dst []float32, size, quality int, w *workspace) {
	if w.rgba == nil || w.rgba.Rect.Dx() != size {
		w.rgba = image.NewRGBA(image.Rect(0, 0, size, size))
	}
	for i := range size * size {
		from, to := dst[3*i:][:3], w.rgba.Pix[4*i:][:4]
		to[0], to[1], to[2], to[3] = uint8(from[0]+0.5), uint8(from[1]+0.5), uint8(from[2]+0.5), 255
	}
	w.file.Reset()
	// Neither fails: a buffer takes all, and what is read was written here.
	if err := jpeg.Encode(&w.file, w.rgba, &jpeg.Options{Quality: quality}); err != nil {
		panic(err)
	}
	m, err := jpeg.Decode(&w.file)
	if err != nil {
		panic(err)
	}
	for i, v := range imageprep.FromImage(m).Pix {
		dst[i] = float32(v)
	}
}
