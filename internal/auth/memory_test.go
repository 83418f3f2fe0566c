package auth

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// fault is a state that a place in memory can be in.
type fault int

const (
	works       fault = iota
	locked            // errLocked at once
	unavailable       // errUnavailable at once
	hangs             // answers nothing until ctx ends
	forgets           // says yes to writes, and its read-back finds the old value
	readOnly          // reads, and refuses every write
	lies              // writes, and returns an error all the same
)

var (
	errLocked      = errors.New("the fake is locked")
	errUnavailable = errors.New("the fake can't be reached")
	errRefused     = errors.New("the fake refused")
	errDead        = errors.New("the process was killed")
)

// life is a process that is killed after some steps: from then on its places do
// nothing. Each call has a step before it takes effect, and each write one after.
type life struct {
	mu     sync.Mutex
	mortal bool
	left   int
	cause  error // in place of errDead, if a fault is all that is to happen
	once   bool  // it passes
}

// failAfter has steps fail after so many, one or all.
func (l *life) failAfter(steps int, cause error, once bool) {
	l.mortal, l.left, l.cause, l.once = true, steps, cause, once
}

// killAfter has the process live for so many more steps.
func (l *life) killAfter(steps int) { l.mortal, l.left = true, steps }

// restart begins another process, and reports whether the one before was killed.
func (l *life) restart() (killed bool) {
	killed = l.mortal && l.left < 0
	l.mortal, l.cause = false, nil
	return killed
}

func (l *life) step() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.mortal {
		return nil
	}
	if l.left--; l.left < 0 && (!l.once || l.left == -1) {
		return cmp.Or(l.cause, errDead)
	}
	return nil
}

// memory is a Keychain and a File in memory that can be made to fail. It counts its
// calls.
type memory struct {
	life *life

	mu      sync.Mutex
	entries map[string][]byte
	faulty  fault
	foreign map[string]bool // entries that are another program's
	reads   int             // Gets and the two reads of each Update
	writes  int
	calls   []string
	alone   []bool // of each call: no person may be asked

	// before, if set, is called ahead of each call.
	before func(call string)
	// behind, if set, is called between the read and the write of an Update, as
	// another writer that does not take our lock. A write over its change is
	// ErrConflict.
	behind func()
}

func newMemory(l *life) *memory {
	return &memory{life: l, entries: map[string][]byte{}, foreign: map[string]bool{}}
}

func (m *memory) fail(f fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faulty = f
}

// read returns an entry past every fault, uncounted.
func (m *memory) read(name string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[name]
}

// write stores an entry past every fault, uncounted; nil removes it.
func (m *memory) write(name string, entry []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[name] = entry; entry == nil {
		delete(m.entries, name)
	}
}

func (m *memory) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.entries))
}

// counts returns the reads and writes since it was last called.
func (m *memory) counts() (reads, writes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	reads, writes = m.reads, m.writes
	m.reads, m.writes = 0, 0
	return reads, writes
}

// waitForReads returns once the place was read so often.
func (m *memory) waitForReads(n int) {
	for {
		m.mu.Lock()
		reads := m.reads
		m.mu.Unlock()
		if reads >= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// begin counts a call and returns the injected failure, if any.
func (m *memory) begin(ctx context.Context, call string) error {
	m.mu.Lock()
	m.calls = append(m.calls, call)
	m.alone = append(m.alone, ctx.Value(alone{}) != nil)
	before, f := m.before, m.faulty
	m.mu.Unlock()
	if before != nil {
		before(call)
	}
	if err := m.life.step(); err != nil {
		return err
	}
	switch f {
	case locked:
		return errLocked
	case unavailable:
		return errUnavailable
	case hangs:
		<-ctx.Done()
	}
	return ctx.Err()
}

// Get implements [Place].
func (m *memory) Get(ctx context.Context, name string) ([]byte, bool, error) {
	if err := m.begin(ctx, "get "+name); err != nil {
		return nil, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	entry, found := m.entries[name]
	return entry, found, nil
}

// Update implements [Place].
func (m *memory) Update(ctx context.Context, name string, change func([]byte) ([]byte, error)) error {
	if err := m.begin(ctx, "update "+name); err != nil {
		return err
	}
	m.mu.Lock()
	m.reads++
	current, behind := m.entries[name], m.behind
	if m.foreign[name] {
		current = nil
	}
	m.mu.Unlock()
	next, err := change(slices.Clone(current))
	if err != nil {
		return err
	}
	if behind != nil {
		behind()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if behind != nil && !slices.Equal(m.entries[name], current) {
		return ErrConflict
	}
	return m.store(name, current, next)
}

// store is the write and the read-back of an Update. The mutex is held.
func (m *memory) store(name string, current, next []byte) error {
	if current == nil && next == nil {
		return nil
	}
	if m.faulty == readOnly {
		return errRefused
	}
	if err := m.life.step(); err != nil {
		return err
	}
	m.writes++
	m.reads++
	switch {
	case m.faulty == forgets:
		return errRefused
	case next == nil:
		delete(m.entries, name)
	default:
		m.entries[name] = next
		delete(m.foreign, name)
	}
	if m.faulty == lies {
		return errRefused
	}
	return m.life.step()
}

// All implements [Keychain].
func (m *memory) All(ctx context.Context) (map[string][]byte, error) {
	if err := m.begin(ctx, "all"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.entries), nil
}

// List implements [File].
func (m *memory) List(ctx context.Context) ([]string, error) {
	if err := m.begin(ctx, "list"); err != nil {
		return nil, err
	}
	return m.names(), nil
}

// Foreign implements [File].
func (m *memory) Foreign(ctx context.Context, name string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.foreign[name], ctx.Err()
}
