// Package wholefile writes files that are complete or not there at all: a reader, or
// the next start after a kill, never meets half of one.
package wholefile
