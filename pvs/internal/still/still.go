package still

import (
	"errors"
	"fmt"
	"sync"
)

// Codec is the coding of a picture.
type Codec int

// The codings.
const (
	HEVC Codec = iota // ITU-T H.265: NAL units, each behind its length in four bytes
	AV1               // AV1: open bitstream units with their sizes
)

func (c Codec) String() string { return [...]string{"HEVC", "AV1"}[c] }

// Chroma is the chroma subsampling.
type Chroma int

// The formats, by their numbers in both standards.
const (
	Grey   Chroma = iota
	YUV420        // half the luma's width and height
	YUV422        // half the luma's width
	YUV444
)

// Picture is a decoded picture. Its planes are Y, Cb and Cr (only Y of a grey one), valid until the function that got
// them returns.
type Picture struct {
	Width, Height int
	Chroma        Chroma
	FullRange     bool
	Matrix        int // coefficients from RGB, ITU-T H.273, 8.3; 2: not said
	Primaries     int // the same, 8.1
	Bits          int // a sample; over 8 a sample has two bytes, the lower first
	Planes        [3][]byte
	Strides       [3]int // bytes
}

// ErrDamaged says that data do not make a picture.
var ErrDamaged = errors.New("its data are damaged")

// ErrTooLarge says that a picture is larger than was allowed.
var ErrTooLarge = errors.New("its picture is larger than its header says")

// Decoder decodes one picture after the other with one instance of a codec's program. Close frees it. It is for one
// goroutine.
type Decoder struct {
	codec    Codec
	instance *instance
}

// New waits until fewer pictures are being decoded than Go runs threads, and starts a decoder.
func New(c Codec) (*Decoder, error) {
	slots() <- struct{}{}
	in, err := engines[c].start()
	if err != nil {
		<-slots()
		return nil, fmt.Errorf("starting the decoder of %s: %w", c, err)
	}
	return &Decoder{c, in}, nil
}

// Close frees a decoder and its memory.
func (d *Decoder) Close() {
	if d.instance != nil {
		d.instance.close()
		d.instance = nil
		<-slots()
	}
}

// Decode decodes a picture of at most maxPixels pixels and calls use with it. Of AV1 with several layers the
// operating point says which (0 of any other). Damage that the codec notices is [ErrDamaged]; after an error a decoder
// is of no more use.
func (d *Decoder) Decode(data []byte, point, maxPixels int, use func(*Picture) error) error {
	p, err := d.instance.decode(data, point, maxPixels)
	if err != nil {
		return err
	}
	if err := use(p); err != nil {
		return err
	}
	return d.instance.stop()
}

var slots = sync.OnceValue(func() chan struct{} { return make(chan struct{}, slotCount()) })
