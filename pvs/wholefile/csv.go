package wholefile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
)

// CSV writes a table, its columns first, as [Write] does. Errors name the file.
func CSV(path string, columns []string, rows iter.Seq[[]string]) error {
	err := Write(path, func(file io.Writer) error {
		buf := bufio.NewWriter(file)
		w := csv.NewWriter(buf)
		err := w.Write(columns)
		for row := range rows {
			if err != nil {
				break
			}
			err = w.Write(row)
		}
		w.Flush()
		return errors.Join(err, w.Error(), buf.Flush())
	})
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
