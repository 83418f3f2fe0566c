package sessionlog

import (
	"bytes"
	"sync"
	"time"
)

const (
	batchDelay = 20 * time.Millisecond // a process that is killed loses the lines of so long
	batchSize  = 32 << 10              // bytes
)

// batch holds the lines of a moment. To search and write them together costs
// less than half of a system call for each, after which a search is slow, too.
type batch struct {
	mu    sync.Mutex
	lines []byte // whole ones, as slog wrote them
	clean []byte // the same without the secrets, where there are any; here to be used again
	due   bool   // flush will be called
}

// lines is where slog writes to. It gets each line in one call, one at a time.
type lines struct{ log *Log }

// Write never fails: a full disk must not fail what is being logged.
func (w lines) Write(line []byte) (int, error) {
	l, b := w.log, &w.log.batch
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(line) > lineLimit {
		b.lines = append(b.lines, l.file.note("a line was too long for the log", "bytes", len(line))...)
	} else {
		b.lines = append(b.lines, line...)
	}
	switch {
	case len(b.lines) >= batchSize, !bytes.HasPrefix(line[messageAt(line):], []byte("INFO")):
		l.flushLocked()
	case !b.due:
		b.due = true
		time.AfterFunc(batchDelay, l.flush)
	}
	return len(line), nil
}

// flush writes the lines that wait.
func (l *Log) flush() {
	l.batch.mu.Lock()
	defer l.batch.mu.Unlock()
	l.batch.due = false
	l.flushLocked()
}

// flushLocked ends no program by a defect of the search: its lines are lost, and
// that is noted.
func (l *Log) flushLocked() {
	b, rules := &l.batch, l.rules.Load()
	defer func() {
		if recover() != nil {
			l.file.append(l.file.note("lines were lost to a defect of the log", "bytes", len(b.lines)))
		}
		b.lines = b.lines[:0]
	}()
	b.clean = b.clean[:0]
	at, copied := 0, 0
	for line := range bytes.Lines(b.lines) {
		if clean := rules.line(line); &clean[0] != &line[0] {
			b.clean = append(append(b.clean, b.lines[copied:at]...), clean...)
			copied = at + len(line)
		}
		at += len(line)
	}
	if copied == 0 {
		l.file.append(b.lines)
		return
	}
	b.clean = append(b.clean, b.lines[copied:]...)
	l.file.append(b.clean)
}
