// Package mesh holds the triangle meshes that the drawn catalogues are made
// of: vectors, materials with solid textures, and parts.
//
// Shapes are built by data/synth (parametric products) and data/kicad (VRML
// models of electronic parts); data/studio photographs both.
package mesh
