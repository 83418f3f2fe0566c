//go:build !windows

package terminal

import (
	"bytes"
	"encoding/base64"
	"fmt"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// teach adds what today's terminals can and the emulator alone can't: updates
// that are shown as a whole, the clipboard, and the kitty keyboard protocol.
// Everything here runs while the emulator is written to, with mu held.
func (t *Terminal) teach() {
	e := t.emulator
	e.SetCallbacks(vt.Callbacks{
		EnableMode:  func(mode ansi.Mode) { t.setMode(mode, true) },
		DisableMode: func(mode ansi.Mode) { t.setMode(mode, false) },
	})
	// A mode that was once set or reset is known when the command asks for it.
	for _, mode := range []ansi.Mode{ansi.ModeSynchronizedOutput, ansi.ModeUnicodeCore} {
		_, _ = e.WriteString(ansi.ResetMode(mode))
	}
	for _, command := range []int{0, 2} {
		e.RegisterOscHandler(command, t.setTitle)
	}
	e.RegisterOscHandler(52, t.copy)
	e.RegisterCsiHandler(ansi.Command('?', 0, 'u'), func(ansi.Params) bool {
		_, _ = fmt.Fprintf(t.replies, "\x1b[?%du", t.flags())
		return true
	})
	e.RegisterCsiHandler(ansi.Command('>', 0, 'u'), t.pushFlags)
	e.RegisterCsiHandler(ansi.Command('<', 0, 'u'), t.popFlags)
	e.RegisterCsiHandler(ansi.Command('=', 0, 'u'), t.setFlags)
}

func (t *Terminal) setMode(mode ansi.Mode, on bool) {
	t.modes[mode] = on
	if mode != ansi.ModeSynchronizedOutput {
		return
	}
	t.held = nil
	if on {
		screen := t.shown()
		t.held = &screen
	}
}

func (t *Terminal) mode(mode ansi.Mode) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.modes[mode]
}

func (t *Terminal) setTitle(data []byte) bool {
	_, title, _ := bytes.Cut(data, []byte(";"))
	t.title = string(title)
	return true
}

// copy takes what goes to the clipboard. Asking what is in it is not answered:
// real terminals don't either, unless they are told to.
func (t *Terminal) copy(data []byte) bool {
	if parts := bytes.SplitN(data, []byte(";"), 3); len(parts) == 3 {
		if text, err := base64.StdEncoding.DecodeString(string(parts[2])); err == nil {
			t.clipboard = string(text)
		}
	}
	return true
}

// The flags in force are the last that were pushed; those of the kitty keyboard
// protocol, https://sw.kovidgoyal.net/kitty/keyboard-protocol/.
func (t *Terminal) flags() int {
	if len(t.kitty) == 0 {
		return 0
	}
	return t.kitty[len(t.kitty)-1]
}

func (t *Terminal) pushFlags(params ansi.Params) bool {
	flags, _, _ := params.Param(0, 0)
	t.kitty = append(t.kitty, flags)
	return true
}

func (t *Terminal) popFlags(params ansi.Params) bool {
	n, _, _ := params.Param(0, 1)
	t.kitty = t.kitty[:max(0, len(t.kitty)-max(1, n))]
	return true
}

func (t *Terminal) setFlags(params ansi.Params) bool {
	flags, _, _ := params.Param(0, 0)
	how, _, _ := params.Param(1, 1)
	switch old := t.flags(); how {
	case 2:
		flags |= old
	case 3:
		flags = old &^ flags
	}
	if len(t.kitty) == 0 {
		t.kitty = []int{0}
	}
	t.kitty[len(t.kitty)-1] = flags
	return true
}
