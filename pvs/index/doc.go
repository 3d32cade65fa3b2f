// Package index keeps photos and their vectors in a folder that stays, grows and shrinks, and finds the nearest ones in
// milliseconds.
package index
