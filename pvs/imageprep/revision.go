package imageprep

// Revision is incremented whenever a change here changes pixels: of a decoder, the
// orientation, the ground behind transparent pixels, or the resizing. Cached results of
// photos that an earlier revision has read are then no longer used.
const Revision = 1
