// Package wavefront reads triangle meshes from Wavefront's OBJ files with their MTL
// materials and image textures.
//
//	m, err := wavefront.Read("chair/chair.obj", func(name string) ([]byte, error) { return os.ReadFile(name) })
//
// It reads what models of goods use: polygons of any form with texture coordinates and
// normals, smoothing groups, colours, highlights, transparency and image maps. Curves,
// lines and points are passed over. A model whose faces cannot be drawn is an error that
// names the line. A texture that is missing is not: the material's colour is taken, and
// the mesh comes with a note.
package wavefront
