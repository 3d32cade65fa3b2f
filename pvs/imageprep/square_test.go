package imageprep

import "testing"

func TestFromSquare(t *testing.T) {
	square := []float32{-1, 0, 0.4, 0.5, 254.4, 300, 1, 2, 3, 4, 5, 6}
	got := FromSquare(square, 2)
	if string(got.Pix) != string([]uint8{0, 0, 0, 1, 254, 255, 1, 2, 3, 4, 5, 6}) || got.Width != 2 || got.Height != 2 {
		t.Errorf("got %+v", got)
	}
	// A photo of that size comes back as it was.
	again := make([]float32, 12)
	if Square(got, 2, again); string(FromSquare(again, 2).Pix) != string(got.Pix) {
		t.Errorf("got %v", again)
	}
}
