package catalog

// Builder makes a catalogue in memory, of photos that need no photos.csv.
type Builder struct {
	catalog  Catalog
	seen     map[string]int
	suspects Suspects
}

// NewBuilder starts a catalogue. Relative paths of its photos are below dir; a truth.csv
// in dir is its truth, as of a catalogue that was opened.
func NewBuilder(dir string) *Builder {
	return &Builder{catalog: Catalog{Dir: dir}, seen: map[string]int{}}
}

// Write adds a photo; one that [Open] would refuse is an error that is [ErrPhoto], after
// which others can be written.
func (b *Builder) Write(p Photo) error {
	if err := p.check(b.seen); err != nil {
		return refused{p.ID, err}
	}
	p.Line = 0
	b.seen[p.ID] = p.Line
	b.suspects.Add(p)
	b.catalog.Photos = append(b.catalog.Photos, p)
	return nil
}

// Catalog returns the catalogue of the photos so far.
func (b *Builder) Catalog() *Catalog {
	c := b.catalog
	c.Notes = b.suspects.Notes()
	return &c
}
