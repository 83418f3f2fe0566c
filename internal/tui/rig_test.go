package tui

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/mogplex/mogplex-cli/internal/dev/talktest"
	"github.com/mogplex/mogplex-cli/internal/talk"
)

var update = flag.Bool("update", false, "write the golden screens")

var window80, window40 = size{80, 24}, size{40, 12}

// rig runs an app without a terminal, in a bubble of synctest: see [bubble]. After each message the screen has to fit
// the window.
type rig struct {
	*testing.T
	*app
	services *talktest.Fake

	quit   bool
	copied string // to the clipboard

	mu    sync.Mutex
	inbox []tea.Msg
}

// bubble runs a test on a rig with a started app.
func bubble(t *testing.T, f func() *talktest.Fake, opt Options, window size, test func(r *rig)) {
	t.Helper()
	bubbleWith(t, f, func(f *talktest.Fake) talk.Services { return f }, opt, window, test)
}

// bubbleWith is bubble with services made of the fake.
func bubbleWith(
	t *testing.T, fake func() *talktest.Fake, services func(*talktest.Fake) talk.Services, opt Options, window size, test func(r *rig),
) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		f := fake()
		opt.Environ, opt.Now = []string{"NO_COLOR=1"}, time.Now
		r := &rig{T: t, app: newApp(ctx, services(f), opt), services: f}
		r.run(r.Init())
		r.send(tea.WindowSizeMsg{Width: window.width, Height: window.height})
		test(r)
		cancel()
		synctest.Wait()
	})
}

// ends returns what the app ends with.
func (r *rig) ends() error {
	r.talk.Close(func() {})
	return r.talk.End(r.Context())
}

func (r *rig) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, cmd := range batch {
				r.run(cmd)
			}
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if msg != nil {
			r.inbox = append(r.inbox, msg)
		}
	}()
}

func (r *rig) next() tea.Msg {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.inbox) == 0 {
		return nil
	}
	msg := r.inbox[0]
	r.inbox = r.inbox[1:]
	return msg
}

// settle handles messages until no more come without time passing.
func (r *rig) settle() {
	for {
		synctest.Wait()
		msg := r.next()
		if msg == nil {
			return
		}
		r.receiveOne(msg)
	}
}

func (r *rig) receiveOne(msg tea.Msg) {
	r.Helper()
	if _, ok := msg.(tea.QuitMsg); ok {
		r.quit = true
		return
	}
	if fmt.Sprintf("%T", msg) == "tea.setClipboardMsg" {
		r.copied = fmt.Sprint(msg)
	}
	_, cmd := r.Update(msg)
	r.run(cmd)
	if !r.talk.Over() { // else nothing is drawn any more
		r.fits()
	}
}

// send hands a message to the app, and settles.
func (r *rig) send(msg tea.Msg) {
	r.Helper()
	r.receiveOne(msg)
	r.settle()
}

// wait lets time pass.
func (r *rig) wait(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); r.settle() {
		time.Sleep(min(10*time.Millisecond, time.Until(end)))
	}
}

// press presses keys by name.
func (r *rig) press(keys ...string) {
	r.Helper()
	for _, key := range keys {
		r.send(keyPress(key))
	}
}

// types types a text letter by letter.
func (r *rig) types(text string) {
	r.Helper()
	for _, letter := range text {
		r.send(tea.KeyPressMsg{Code: letter, Text: string(letter)})
	}
}

var keyCodes = map[string]rune{
	"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
	"left": tea.KeyLeft, "right": tea.KeyRight, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete,
	"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
}

// keyPress is a key by its name, such as "enter", "ctrl+c", "shift+enter" or "j".
func keyPress(name string) tea.KeyPressMsg {
	var k tea.Key
	for prefix, mod := range map[string]tea.KeyMod{"ctrl+": tea.ModCtrl, "shift+": tea.ModShift, "alt+": tea.ModAlt} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			name, k.Mod = rest, mod
		}
	}
	if code, ok := keyCodes[name]; ok {
		k.Code = code
		return tea.KeyPressMsg(k)
	}
	k.Code = []rune(name)[0]
	if k.Mod == 0 {
		k.Text = name
	}
	return tea.KeyPressMsg(k)
}

// screen returns the screen as text, without styles and trailing blanks.
func (r *rig) screen() string {
	lines := strings.Split(ansi.Strip(r.View().Content), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

// shows fails the test unless the screen has each text. Line breaks count as blanks.
func (r *rig) shows(texts ...string) {
	r.Helper()
	flat := strings.Join(strings.Fields(r.screen()), " ")
	for _, text := range texts {
		if !strings.Contains(flat, text) {
			r.Fatalf("%q is not on the screen:\n%s", text, r.screen())
		}
	}
}

// lacks fails the test if the screen has one of the texts.
func (r *rig) lacks(texts ...string) {
	r.Helper()
	for _, text := range texts {
		if strings.Contains(strings.Join(strings.Fields(r.screen()), " "), text) {
			r.Fatalf("%q is on the screen:\n%s", text, r.screen())
		}
	}
}

func (r *rig) fits() {
	r.Helper()
	if wrong := unfit(r.View(), r.size); wrong != "" {
		r.Fatalf("%s at %dx%d:\n%s", wrong, r.size.width, r.size.height, r.screen())
	}
}

// unfit says how a view exceeds the window; empty if it fits.
func unfit(v tea.View, window size) string {
	lines := strings.Split(v.Content, "\n")
	if len(lines) > window.height {
		return "too many lines"
	}
	for _, line := range lines {
		if ansi.StringWidth(line) > window.width {
			return "too wide: " + line
		}
	}
	if c := v.Cursor; c != nil && (c.X < 0 || c.X >= window.width || c.Y < 0 || c.Y >= window.height) {
		return "the cursor is outside"
	}
	return ""
}

// golden compares the screen with a file of testdata/golden.
func (r *rig) golden(name string) {
	r.Helper()
	file := filepath.Join("testdata", "golden", name+".txt")
	got := r.screen()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			r.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			r.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		r.Fatal(err)
	}
	if text := strings.ReplaceAll(string(want), "\r\n", "\n"); got != text {
		r.Errorf("%s is\n%s\nand was\n%s", name, got, text)
	}
}

// seeded returns a random source, and logs its seed.
func seeded(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// randomText has words of several scripts, spaces and newlines.
func randomText(random *rand.Rand) string {
	parts := []string{" ", "\n", "\t", "a", "word", "日本", "e\u0301", "👩‍👩‍👧", "🇨🇭", "स्ते", "ﷺ", "❤️", strings.Repeat("x", 60), "\u0301"}
	var b strings.Builder
	for range random.IntN(30) {
		b.WriteString(parts[random.IntN(len(parts))])
	}
	return b.String()
}
