// Package wholefile writes files atomically: a reader, or the next start after a kill,
// finds a complete file or none.
package wholefile
