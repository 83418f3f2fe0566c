package legacyfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
)

// Source is a store that entries are moved out of. Get's found == false and
// Delete's removed == false mean that there was nothing, as in [File].
//
// A source may also have DeleteIf and Foreign as File has them: without the
// first an entry that changes at the wrong moment can be lost, without the
// second a foreign entry shows only when Delete answers ErrForeign.
type Source interface {
	List(ctx context.Context) ([]string, error)
	Get(ctx context.Context, name string) (entry []byte, found bool, err error)
	Delete(ctx context.Context, name string) (removed bool, err error)
}

// Destination is a store that entries are moved into.
type Destination interface {
	Get(ctx context.Context, name string) (entry []byte, found bool, err error)
	Set(ctx context.Context, name string, entry []byte) error
}

// Options of Migrate. The zero value moves everything.
type Options struct {
	DryRun bool     // decide, but change nothing: no entry, no mode, no lock file
	Names  []string // what to move; nil for all that the source lists
}

// Report says what became of each name: it is in exactly one of the three.
type Report struct {
	Moved    []string  // in the destination, and out of the source unless foreign
	Skipped  []Outcome // as it should be, or for a person to decide
	Failed   []Outcome // still in the source
	Replaced []string  // those of Moved that took the place of an older entry
}

// Outcome is a name that was not moved.
type Outcome struct {
	Name string
	Why  string // a short phrase without a secret
	Err  error  // the cause; nil for what was skipped
}

var errNotKept = errors.New("it keeps something else, or nothing")

// Migrate moves entries from src to dst, name by name: it writes the entry,
// reads it back, compares, and only then removes the original. Where both hold
// a different entry, the one with the strictly newer saved_at stays; where
// neither is known to be newer, both stay. Interrupted at any point and run
// again it finishes the job; run once more it does nothing.
//
// A name that fails is reported in Failed and the rest goes on. The error is
// not nil only if ctx ended, the source could not be listed, or both stores are
// the same file; the report then holds what was done until then.
func Migrate(ctx context.Context, src Source, dst Destination, opt Options) (Report, error) {
	m := migration{src: src, dst: dst, dry: opt.DryRun}
	if sameFile(src, dst) {
		return m.report, errors.New("migrate: source and destination are the same file")
	}
	if opt.DryRun {
		ctx = untouched(ctx)
	}
	names := opt.Names
	if names == nil {
		var err error
		if names, err = src.List(ctx); err != nil {
			return m.report, fmt.Errorf("migrate: %w", err)
		}
	}
	for _, name := range names {
		if ctx.Err() == nil {
			m.move(ctx, name)
		}
	}
	if err := ctx.Err(); err != nil {
		return m.report, fmt.Errorf("migrate: %w", err)
	}
	return m.report, nil
}

type migration struct {
	src    Source
	dst    Destination
	dry    bool
	wrote  string // the latest name that was written
	report Report
}

// move settles one name. An entry that another process changes while it is
// moved is looked at afresh.
func (m *migration) move(ctx context.Context, name string) {
	for range 3 {
		if !errors.Is(m.try(ctx, name), ErrChanged) {
			return
		}
	}
	m.fail(name, "it kept changing while it was moved", ErrChanged)
}

// try returns an error only for ErrChanged; it has then reported nothing.
func (m *migration) try(ctx context.Context, name string) error {
	entry, found, err := m.src.Get(ctx, name)
	if err != nil {
		return m.fail(name, "the source could not be read", err)
	}
	if !found {
		return m.skip(name, "the source holds nothing under this name")
	}
	foreign, err := m.foreign(ctx, name)
	if err != nil {
		return m.fail(name, "the source could not be read", err)
	}
	there, taken, err := m.dst.Get(ctx, name)
	if err != nil {
		return m.fail(name, "the destination could not be read", err)
	}
	taken = taken && !isBlank(name, there)
	return m.decide(ctx, name, entry, there, taken, foreign)
}

// isBlank reports whether a stored entry is readable and holds no secret, so
// that writing over it loses nothing and it replaces nobody's.
func isBlank(name string, entry []byte) bool {
	o, err := parseObject(entry)
	return err == nil && canonical(name, o.compact(), false) == nil
}

func (m *migration) decide(ctx context.Context, name string, entry, there []byte, taken, foreign bool) error {
	ours, theirs := savedAt(entry), savedAt(there)
	switch {
	case !taken:
		return m.copyOver(ctx, name, entry)
	case foreign:
		return m.skip(name, "already there; the original belongs to Codex and stays")
	case sameValue(entry, there):
		return m.finish(ctx, name, entry, false)
	case ours.After(theirs):
		return m.replace(ctx, name, entry)
	case theirs.After(ours):
		return m.supersede(ctx, name, entry)
	default:
		return m.skip(name, "the two copies differ and neither is known to be newer; both were kept")
	}
}

// copyOver writes the entry and, once it reads back the same, removes the
// original.
func (m *migration) copyOver(ctx context.Context, name string, entry []byte) error {
	if m.dry {
		return m.moved(name)
	}
	m.wrote = name
	if err := m.dst.Set(ctx, name, entry); err != nil {
		return m.fail(name, "the destination did not take it; the original stays", err)
	}
	back, found, err := m.dst.Get(ctx, name)
	if err == nil && (!found || !sameValue(entry, back)) {
		err = errNotKept
	}
	if err != nil {
		return m.fail(name, "the destination did not give back what was written; the original stays", err)
	}
	return m.finish(ctx, name, entry, true)
}

// replace is copyOver where the destination has an older entry. One that was
// written a try before is not worth telling.
func (m *migration) replace(ctx context.Context, name string, entry []byte) error {
	before, again := len(m.report.Moved), m.wrote == name
	err := m.copyOver(ctx, name, entry)
	if len(m.report.Moved) > before && !again {
		m.report.Replaced = append(m.report.Replaced, name)
	}
	return err
}

// finish removes an original whose copy is in the destination.
func (m *migration) finish(ctx context.Context, name string, entry []byte, wrote bool) error {
	if m.dry {
		return m.moved(name)
	}
	switch err := m.remove(ctx, name, entry); {
	case err == nil, wrote && errors.Is(err, ErrForeign):
		return m.moved(name)
	case errors.Is(err, ErrForeign):
		return m.skip(name, "already there; the original belongs to Codex and stays")
	case errors.Is(err, ErrChanged):
		return err
	default:
		return m.fail(name, "it was copied, but the original could not be removed", err)
	}
}

// supersede removes an original that is older than the destination's entry.
func (m *migration) supersede(ctx context.Context, name string, entry []byte) error {
	if m.dry {
		return m.skip(name, "the destination's copy is newer; the older one would be removed")
	}
	switch err := m.remove(ctx, name, entry); {
	case err == nil:
		return m.skip(name, "the destination's copy is newer; the older one was removed")
	case errors.Is(err, ErrForeign):
		return m.skip(name, "the destination's copy is newer; the older one belongs to Codex and stays")
	case errors.Is(err, ErrChanged):
		return err
	default:
		return m.fail(name, "the destination's copy is newer, but the older one could not be removed", err)
	}
}

// remove deletes the original, if it is still the entry that was looked at.
func (m *migration) remove(ctx context.Context, name string, entry []byte) error {
	type conditional interface {
		DeleteIf(ctx context.Context, name string, entry []byte) (bool, error)
	}
	if src, ok := m.src.(conditional); ok {
		_, err := src.DeleteIf(ctx, name, entry)
		return err
	}
	now, found, err := m.src.Get(ctx, name)
	if err != nil || !found {
		return err
	}
	if !bytes.Equal(now, entry) {
		return ErrChanged
	}
	_, err = m.src.Delete(ctx, name)
	return err
}

func (m *migration) foreign(ctx context.Context, name string) (bool, error) {
	type lender interface {
		Foreign(ctx context.Context, name string) (bool, error)
	}
	if src, ok := m.src.(lender); ok {
		return src.Foreign(ctx, name)
	}
	return false, nil
}

func (m *migration) moved(name string) error {
	m.report.Moved = append(m.report.Moved, name)
	return nil
}

func (m *migration) skip(name, why string) error {
	m.report.Skipped = append(m.report.Skipped, Outcome{Name: name, Why: why})
	return nil
}

func (m *migration) fail(name, why string, err error) error {
	m.report.Failed = append(m.report.Failed, Outcome{Name: name, Why: why, Err: err})
	return nil
}

// sameValue compares two entries as JSON: a store may lay one out anew.
func sameValue(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, errX := decode(a)
	y, errY := decode(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

func decode(data []byte) (value any, err error) {
	if _, err := parseObject(data); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	err = dec.Decode(&value)
	return value, err
}

// sameFile reports whether both stores are one file, where removing the
// original would remove the copy.
func sameFile(src Source, dst Destination) bool {
	a, ok := src.(*File)
	b, isFile := dst.(*File)
	if !ok || !isFile {
		return false
	}
	if a.path == b.path {
		return true
	}
	at, errA := os.Stat(a.path)
	bt, errB := os.Stat(b.path)
	return errA == nil && errB == nil && os.SameFile(at, bt)
}
