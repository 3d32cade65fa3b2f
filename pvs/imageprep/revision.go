package imageprep

// Revision grows whenever the pixels of a file come out differently than before, by a
// decoder, the orientation, the ground behind what is transparent, or the resizing: what
// was kept of photos that an earlier revision read is then made anew.
const Revision = 1
