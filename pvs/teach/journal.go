package teach

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Journal is a file of clicks that one process adds to. A click that was added outlasts a crash. No line is ever
// changed: taking a click back is a further line. Its methods may be called by several goroutines.
type Journal struct {
	path string
	held *onewriter.Held

	mu    sync.Mutex
	file  *os.File
	size  int64 // of whole lines
	state State
}

// State is what a file of clicks says after some of its lines.
type State struct {
	Lines  int     // it grows with every click and with every one that is taken back
	Clicks []Click // that were not taken back, oldest first
	// Standing are those of them that count: of several on the same two photos the last.
	Standing []Click
}

// undo is the line that takes a click back.
type undo struct {
	ID   string    `json:"undo"`
	Who  string    `json:"who,omitempty"`
	When time.Time `json:"when"`
}

// Errors of a journal, for errors.Is.
var (
	// ErrNone says that there is no file of clicks.
	ErrNone = errors.New("there is no file of clicks")
	// ErrNoClick says that there is no such click, or that it was taken back.
	ErrNoClick = errors.New("there is no such click")
	// ErrFull says that the file has [MaxLines].
	ErrFull = errors.New("the file of clicks is full")
	// ErrLine says that a line in the middle of the file cannot be read.
	ErrLine = errors.New("a line of the clicks cannot be read")
)

// MaxLines is how many lines a file is added to: strangers do not fill the disk.
const MaxLines = 20_000

// maxLine is the most bytes of a line: a vector of 65,536 values and some texts.
const maxLine = 128 << 10

// Read reads a file that another process may be adding to. A last line that a kill cut off is not looked at.
func Read(path string) (State, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, tag.Error(fmt.Errorf("there are no clicks at %s", path), ErrNone)
	}
	if err != nil {
		return State{}, err
	}
	state, _, err := parse(path, data)
	return state, err
}

// Open opens a file to add clicks to; it is made if it is not there. Another process that has it open is
// onewriter.ErrBusy. A last line that a kill cut off was never acknowledged, and goes.
func Open(path string) (j *Journal, err error) {
	held, err := onewriter.Lock(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			held.Release()
		}
	}()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the clicks: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	state, size, err := parse(path, data)
	if err != nil {
		return nil, err
	}
	if err := file.Truncate(size); err != nil {
		return nil, fmt.Errorf("leaving out the cut-off end of %s: %w", path, err)
	}
	if err := syncFolder(path); err != nil {
		return nil, err
	}
	return &Journal{path: path, held: held, file: file, size: size, state: state}, nil
}

// syncFolder makes the name of a new file outlast a crash.
func syncFolder(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// parse reads lines, and returns how many bytes are whole ones.
func parse(path string, data []byte) (s State, size int64, err error) {
	whole := bytes.LastIndexByte(data, '\n') + 1
	for i, line := range bytes.Split(data[:whole], []byte("\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := s.take(line); err != nil {
			return State{}, 0, tag.Error(fmt.Errorf("%s line %d is no click: %w; remove that line, the others are good",
				path, i+1, err), ErrLine)
		}
	}
	s.Standing = standing(s.Clicks)
	return s, int64(whole), nil
}

// take reads a line.
func (s *State) take(line []byte) error {
	if len(line) > maxLine {
		return fmt.Errorf("it has more than %d bytes", maxLine)
	}
	var u undo
	if err := json.Unmarshal(line, &u); err != nil {
		return err
	}
	if u.ID != "" {
		s.undo(u.ID) // one that is not there was taken back twice, or its line was removed
		return nil
	}
	var c Click
	if err := json.Unmarshal(line, &c); err != nil {
		return err
	}
	if c.ID == "" {
		return errors.New("it has no id")
	}
	if err := c.check(); err != nil {
		return err
	}
	s.add(c)
	return nil
}

func (s *State) add(c Click) {
	s.Lines++
	s.Clicks = append(slices.Clip(s.Clicks), c) // a State that was given away stays
}

func (s *State) undo(id string) {
	s.Lines++
	i := slices.IndexFunc(s.Clicks, func(c Click) bool { return c.ID == id })
	if i >= 0 {
		s.Clicks = slices.Concat(s.Clicks[:i], s.Clicks[i+1:])
	}
}

// Find returns a click that was not taken back.
func (s State) Find(id string) (Click, bool) {
	i := slices.IndexFunc(s.Clicks, func(c Click) bool { return c.ID == id })
	if i < 0 {
		return Click{}, false
	}
	return s.Clicks[i], true
}

// State returns what the file says now.
func (j *Journal) State() State {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state
}

// Add keeps a click, and returns it with its id and, where it has none, the time. A click that says the same of the
// same photos as the one that counts is that one.
func (j *Journal) Add(c Click) (Click, error) {
	c.Who = strings.TrimSpace(c.Who)
	if err := c.check(); err != nil {
		return Click{}, tag.Error(err, ErrClick)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, had := range j.state.Standing {
		if had.Query.key() == c.Query.key() && had.Found.Photo == c.Found.Photo && had.Same == c.Same &&
			had.Index.Fits(c.Index) {
			return had, nil
		}
	}
	if j.state.Lines >= MaxLines {
		return Click{}, tag.Error(fmt.Errorf("%d lines of clicks are kept, which is the most: begin another file",
			j.state.Lines), ErrFull)
	}
	c.ID = strings.ToLower(rand.Text()[:12])
	if c.When.IsZero() {
		c.When = time.Now()
	}
	c.When = c.When.UTC().Truncate(time.Second)
	if err := j.write(c); err != nil {
		return Click{}, err
	}
	j.state.add(c)
	j.state.Standing = standing(j.state.Clicks)
	return c, nil
}

// Undo takes a click back; one that is not there is [ErrNoClick].
func (j *Journal) Undo(id, who string) error {
	who = strings.TrimSpace(who)
	if err := checkWho(who); err != nil {
		return tag.Error(err, ErrClick)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, is := j.state.Find(id); !is {
		return tag.Error(fmt.Errorf("there is no click %.40q, or it was taken back", id), ErrNoClick)
	}
	if err := j.write(undo{ID: id, Who: who, When: time.Now().UTC().Truncate(time.Second)}); err != nil {
		return err
	}
	j.state.undo(id)
	j.state.Standing = standing(j.state.Clicks)
	return nil
}

// write appends a line. Where that fails, as on a full disk, the file is cut back to its whole lines.
func (j *Journal) write(v any) error {
	if j.file == nil {
		return fmt.Errorf("adding to %s: %w", j.path, fs.ErrClosed)
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	_, err = j.file.WriteAt(line, j.size)
	if err = cmp.Or(err, j.file.Sync()); err != nil {
		_ = j.file.Truncate(j.size) // else the next line overwrites it
		return fmt.Errorf("adding to %s: %w", j.path, wholefile.Explain(err))
	}
	j.size += int64(len(line))
	return nil
}

// Close lets another process have the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	j.held.Release()
	return err
}
