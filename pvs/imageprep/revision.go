package imageprep

// Revision is incremented whenever a change here changes pixels: of a decoder, the
// orientation, the ground behind transparent pixels, or the resizing. Cached results of
// photos that an earlier revision has read are then no longer used.
const Revision = 1

// RevisionShrunk is incremented whenever a change changes pixels only of photos for which fewer suffice
// ([Limits.Suffices]).
const RevisionShrunk = 2
