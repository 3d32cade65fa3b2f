// Package furniture makes products of the models of furniture, kitchen ware, lamps, toys
// and appliances in Debian's sweethome3d-furniture, of which data/studio makes a catalogue.
//
//	c, err := furniture.Open(ctx, furniture.Options{Limit: 300, Seed: 1}, log)
//	defer c.Close()
//	summary, err := studio.Photograph(ctx, dir, c.Products, studio.Options{Search: 300, Beside: c.Credits()}, nil)
//
// The models are by many authors, under CC0 and CC-BY 3.0: [Catalog.Credits] names them.
package furniture
