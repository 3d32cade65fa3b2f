package feed

// Select returns some photos of a source, given by their numbers: photo i of the result is photos[i].
func Select(s Source, photos []int) Source { return some(s, photos) }
