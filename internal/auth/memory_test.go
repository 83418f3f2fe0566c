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
	hangs             // does not answer until ctx ends
	forgets           // keeps the old value, which its read-back finds
	readOnly          // refuses every write
	lies              // writes, and returns an error nevertheless
)

var (
	errLocked      = errors.New("the fake is locked")
	errUnavailable = errors.New("the fake can't be reached")
	errRefused     = errors.New("the fake refused")
	errKilled      = errors.New("the process was killed")
)

// injector makes the calls of its places fail after some steps, as if the process was
// killed or a fault occurred. Each call has a step before it takes effect, and each
// write one after.
type injector struct {
	mu    sync.Mutex
	armed bool
	left  int   // steps until the failure
	cause error // errKilled if nil
	once  bool  // only one step fails
}

// failAfter lets the given number of steps succeed, and then one or all fail.
func (in *injector) failAfter(steps int, cause error, once bool) {
	in.armed, in.left, in.cause, in.once = true, steps, cause, once
}

// killAfter kills the process after the given number of steps.
func (in *injector) killAfter(steps int) { in.armed, in.left = true, steps }

// restart ends the failure, and reports whether it occurred.
func (in *injector) restart() (failed bool) {
	failed = in.armed && in.left < 0
	in.armed, in.cause = false, nil
	return failed
}

func (in *injector) step() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.armed {
		return nil
	}
	if in.left--; in.left < 0 && (!in.once || in.left == -1) {
		return cmp.Or(in.cause, errKilled)
	}
	return nil
}

// memory is a Keychain and a File in memory that can be made to fail. It counts its
// calls.
type memory struct {
	injector *injector

	mu         sync.Mutex
	entries    map[string][]byte
	faulty     fault
	foreign    map[string]bool // entries that are another program's
	reads      int             // Gets and the two reads of each Update
	writes     int
	calls      []string
	unattended []bool // of each call: no store may prompt

	// before, if set, is called ahead of each call.
	before func(call string)
	// interfere, if set, is called between the read and the write of an Update, as
	// another writer that does not take our lock. A write over its change is
	// ErrConflict.
	interfere func()
}

func newMemory(l *injector) *memory {
	return &memory{injector: l, entries: map[string][]byte{}, foreign: map[string]bool{}}
}

func (m *memory) fail(f fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faulty = f
}

// read returns an entry, whatever the fault, and does not count the call.
func (m *memory) read(name string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.entries[name]
}

// write stores an entry, whatever the fault, and does not count the call; nil removes it.
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

// waitForReads waits until the place was read n times.
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
	m.unattended = append(m.unattended, ctx.Value(unattended{}) != nil)
	before, f := m.before, m.faulty
	m.mu.Unlock()
	if before != nil {
		before(call)
	}
	if err := m.injector.step(); err != nil {
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
	current, interfere := m.entries[name], m.interfere
	if m.foreign[name] {
		current = nil
	}
	m.mu.Unlock()
	next, err := change(slices.Clone(current))
	if err != nil {
		return err
	}
	if interfere != nil {
		interfere()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if interfere != nil && !slices.Equal(m.entries[name], current) {
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
	if err := m.injector.step(); err != nil {
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
	return m.injector.step()
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
