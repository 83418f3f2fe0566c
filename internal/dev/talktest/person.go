package talktest

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/mogplex/mogplex-cli/internal/talk"
)

// Lines is a front that reads and writes lines.
type Lines func(ctx context.Context, s talk.Services, in io.Reader, out io.Writer, interrupts <-chan struct{}) error

// Person types lines and reads the output, in a bubble of synctest.
type Person struct {
	*testing.T
	Keyboard   *io.PipeWriter
	Interrupts chan struct{} // takes each Ctrl+C
	End        context.CancelFunc

	ended chan error
	mu    sync.Mutex
	said  bytes.Buffer
	heard int // bytes of said
}

// Talk runs a test on a front with some services.
func Talk(t *testing.T, s talk.Services, front Lines, test func(p *Person)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	in, keyboard := io.Pipe()
	p := &Person{T: t, Keyboard: keyboard, Interrupts: make(chan struct{}), End: cancel, ended: make(chan error, 1)}
	go func() { p.ended <- front(ctx, s, in, p, p.Interrupts) }()
	test(p)
	cancel()
	keyboard.Close()
	synctest.Wait()
}

// Write takes what the front says.
func (p *Person) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(text)
}

// Said returns all that was said.
func (p *Person) Said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// Hears returns what was said since the last time, when no more comes.
func (p *Person) Hears() string {
	synctest.Wait()
	all := p.Said()
	news := all[p.heard:]
	p.heard = len(all)
	return news
}

// Types types lines, and returns what was said since.
func (p *Person) Types(lines ...string) string {
	p.Helper()
	p.Hears()
	for _, line := range lines {
		if _, err := io.WriteString(p.Keyboard, line+"\n"); err != nil {
			p.Fatal(err)
		}
	}
	return p.Hears()
}

// Wants fails the test unless said has each text, and nothing that moves the cursor.
func (p *Person) Wants(said string, texts ...string) {
	p.Helper()
	for _, text := range texts {
		if !strings.Contains(said, text) {
			p.Errorf("%q is not in what was said:\n%s", text, said)
		}
	}
	if strings.ContainsAny(said, "\x1b\r\b") {
		p.Errorf("it moves the cursor: %q", said)
	}
}

// Left returns what the front ended with, and fails the test if it goes on.
func (p *Person) Left() error {
	p.Helper()
	synctest.Wait()
	select {
	case err := <-p.ended:
		return err
	default:
		p.Fatalf("it goes on:\n%s", p.Hears())
		return nil
	}
}
