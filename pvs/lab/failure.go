package lab

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/must"
)

// In a notebook an error is read by people: its sentence is enough.
func init() {
	if gonbui.IsNotebook {
		must.M = end
	}
}

// end stops the cell with an error's sentence.
func end(err error) {
	if err == nil {
		return
	}
	gonbui.Sync()
	fmt.Fprintln(os.Stderr, sentence(err))
	os.Exit(1)
}

// sentence says what an error is to the reader of a notebook.
func sentence(err error) string {
	if errors.Is(err, context.Canceled) {
		return "Stopped; run the cell again to go on from here."
	}
	return fmt.Sprintf("This cell stopped: %v", err)
}
