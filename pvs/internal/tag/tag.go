package tag

// Error returns err, which errors.Is the sentinel, too; nil for nil.
func Error(err, sentinel error) error {
	if err == nil {
		return nil
	}
	return &tagged{err, sentinel}
}

type tagged struct{ err, sentinel error }

func (t *tagged) Error() string        { return t.err.Error() }
func (t *tagged) Unwrap() error        { return t.err }
func (t *tagged) Is(target error) bool { return target == t.sentinel }
