// Package mesh holds the triangle meshes that the drawn catalogues are made
// of: vectors, materials with solid or image textures, and parts.
//
// Shapes are built by data/synth (parametric products), data/kicad (VRML
// models of electronic parts) and data/wavefront (OBJ models of furniture);
// data/studio photographs them.
package mesh
