package jpegsmall

// zigzag is the position of each coefficient in a block (figure A.6).
var zigzag = [64]uint8{0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
	13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
	47, 55, 62, 63}

// The transforms are those of libjpeg's jidctred.c, in fractions of 13 bits. Their first pass, over the columns, is
// linear until it rounds, so a value adds to sums with a weight as soon as it is decoded. Two sums of 32 bits are in
// one of 64: its low and its high lane. In the pictures of any encoder lanes are far from their limits; of others
// samples may be wrong, as libjpeg's are.
const (
	fractionBits = 13
	firstBits    = 2 // that the first pass leaves to the second one
)

// sums are what the values of a block add up to.
type sums [16]int64

// scatter says by zigzag position to which sum a value goes, and with which weight.
type scatter struct {
	to     [64]uint8
	weight [64]int64
}

const nobody = 15 // reads this sum

// lanes makes a sum of two.
func lanes(low, high int64) int64 { return low + high<<32 }

// apart are the two lanes of a sum, rounded.
func apart(sum int64, bits uint) (low, high int64) {
	half := int64(1) << (bits - 1)
	return (int64(int32(sum)) + half) >> bits, (int64(int32((sum+1<<31)>>32)) + half) >> bits
}

// sample rounds a fraction of some bits and clamps it.
func sample(v int64, bits uint) uint8 {
	return uint8(min(max((v+1<<(bits-1))>>bits+128, 0), 255))
}

// scatterOf makes what blocks of side by side samples need.
func scatterOf(side int, quantity *[64]uint16) *scatter {
	s := new(scatter)
	for k, at := range zigzag {
		to, weight := twoOf(int(at&7), int(at>>3))
		if side == 4 {
			to, weight = fourOf(int(at&7), int(at>>3))
		}
		s.to[k], s.weight[k] = uint8(to), weight*int64(quantity[k])
	}
	return s
}

// odd2 are the weights of odd coefficients in a transform to two samples; even ones but the first have none.
var odd2 = [8]int64{1: 29692, 3: -10426, 5: 6967, 7: -5906}

// twoOf says where the value at (x, y) goes for two samples of column x: their sums are the lanes.
func twoOf(x, y int) (to int, weight int64) {
	to, ok := map[int]int{0: 0, 1: 1, 3: 2, 5: 3, 7: 4}[x]
	switch {
	case !ok || y != 0 && y&1 == 0:
		return nobody, 0
	case y == 0:
		return to, lanes(1<<(fractionBits+2), 1<<(fractionBits+2))
	}
	return to, lanes(odd2[y], -odd2[y])
}

// two computes two by two samples.
func two(sum *sums, out []uint8, stride int) {
	const first, second = fractionBits - firstBits + 2, fractionBits + firstBits + 3 + 2
	above, below := apart(sum[0], first)
	a1, b1 := apart(sum[1], first)
	a3, b3 := apart(sum[2], first)
	a5, b5 := apart(sum[3], first)
	a7, b7 := apart(sum[4], first)
	above, below = above<<(fractionBits+2), below<<(fractionBits+2)
	a1 = 29692*a1 - 10426*a3 + 6967*a5 - 5906*a7
	b1 = 29692*b1 - 10426*b3 + 6967*b5 - 5906*b7
	upper, lower := out[:2], out[stride:][:2]
	upper[0], upper[1] = sample(above+a1, second), sample(above-a1, second)
	lower[0], lower[1] = sample(below+b1, second), sample(below-b1, second)
}

// Of four samples the first one is a + d, the others b + c, b - c and a - d. The even coefficients add to a and b, by
// even4, the odd ones to c and d.
var (
	even4 = [8][2]int64{0: {1 << (fractionBits + 1), 1 << (fractionBits + 1)}, 2: {15137, -15137}, 6: {-6270, 6270}}
	odd4  = [8][2]int64{1: {8697, 20995}, 3: {-17799, 7373}, 5: {11893, -4926}, 7: {-1730, -4176}}
)

// fourOf says where the value at (x, y) goes for four samples of column x: a and b are lanes of sum 2*i, c and d of
// sum 2*i+1.
func fourOf(x, y int) (to int, weight int64) {
	to = 2 * x
	switch {
	case x == 4 || y == 4:
		return nobody, 0
	case x > 4:
		to -= 2
	}
	if y&1 == 0 {
		return to, lanes(even4[y][0], even4[y][1])
	}
	return to + 1, lanes(odd4[y][0], odd4[y][1])
}

// four computes four by four samples.
func four(sum *sums, out []uint8, stride int) {
	const first, second = fractionBits - firstBits + 1, fractionBits + firstBits + 3 + 1
	var outer, inner [7]int64 // of columns: samples 0 and 3, and 1 and 2, in lanes
	for i := range outer {
		ab, cd := sum[2*i], sum[2*i+1]
		a, b := int64(int32(ab)), int64(int32((ab+1<<31)>>32))
		c, d := int64(int32(cd)), int64(int32((cd+1<<31)>>32))
		const half = 1 << (first - 1)
		outer[i] = lanes((a+d+half)>>first, (a-d+half)>>first)
		inner[i] = lanes((b+c+half)>>first, (b-c+half)>>first)
	}
	fourOfRows(&outer, out, out[3*stride:], second)
	fourOfRows(&inner, out[stride:], out[2*stride:], second)
}

// fourOfRows computes the samples of two rows in lanes.
func fourOfRows(v *[7]int64, low, high []uint8, bits uint) {
	even := v[2]*15137 - v[5]*6270
	a, b := v[0]<<(fractionBits+1)+even, v[0]<<(fractionBits+1)-even
	c := v[1]*8697 - v[3]*17799 + v[4]*11893 - v[6]*1730
	d := v[1]*20995 + v[3]*7373 - v[4]*4926 - v[6]*4176
	low, high = low[:4], high[:4]
	for i, sum := range [4]int64{a + d, b + c, b - c, a - d} {
		low[i] = sample(int64(int32(sum)), bits)
		high[i] = sample(int64(int32((sum+1<<31)>>32)), bits)
	}
}
