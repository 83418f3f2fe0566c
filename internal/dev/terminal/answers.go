//go:build !windows

package terminal

import (
	"bytes"
	"encoding/base64"
	"fmt"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// extend adds the features of current terminals that the emulator lacks: synchronized updates, the clipboard (OSC 52), and the
// kitty keyboard protocol, https://sw.kovidgoyal.net/kitty/keyboard-protocol/. The functions here run with t.mu locked,
// while the emulator parses output.
func (t *Terminal) extend() {
	e := t.emulator
	e.SetCallbacks(vt.Callbacks{
		EnableMode:  func(mode ansi.Mode) { t.setMode(mode, true) },
		DisableMode: func(mode ansi.Mode) { t.setMode(mode, false) },
	})
	// The emulator answers queries about a mode only after the mode was set or reset.
	for _, mode := range []ansi.Mode{ansi.ModeSynchronizedOutput, ansi.ModeUnicodeCore} {
		_, _ = e.WriteString(ansi.ResetMode(mode))
	}
	e.RegisterOscHandler(52, t.copy)
	e.RegisterCsiHandler(ansi.Command('?', 0, 'u'), func(ansi.Params) bool {
		_, _ = fmt.Fprintf(t.replies, "\x1b[?%du", t.kittyFlags())
		return true
	})
	e.RegisterCsiHandler(ansi.Command('>', 0, 'u'), func(params ansi.Params) bool {
		flags, _, _ := params.Param(0, 0)
		t.kitty = append(t.kitty, flags)
		return true
	})
	e.RegisterCsiHandler(ansi.Command('<', 0, 'u'), func(params ansi.Params) bool {
		n, _, _ := params.Param(0, 1)
		t.kitty = t.kitty[:max(0, len(t.kitty)-max(1, n))]
		return true
	})
	e.RegisterCsiHandler(ansi.Command('=', 0, 'u'), func(params ansi.Params) bool {
		flags, _, _ := params.Param(0, 0)
		t.kitty = append(t.kitty[:max(0, len(t.kitty)-1)], flags)
		return true
	})
}

func (t *Terminal) setMode(mode ansi.Mode, on bool) {
	switch mode {
	case ansi.ModeBracketedPaste:
		t.bracketed = on
	case ansi.ModeSynchronizedOutput:
		t.held = nil
		if on {
			screen := t.screen()
			t.held = &screen
		}
	}
}

// copy stores the text that the command puts on the clipboard. Like most real terminals it does not answer queries for it.
func (t *Terminal) copy(data []byte) bool {
	if parts := bytes.SplitN(data, []byte(";"), 3); len(parts) == 3 {
		if text, err := base64.StdEncoding.DecodeString(string(parts[2])); err == nil {
			t.clipboard = string(text)
		}
	}
	return true
}

// kittyFlags returns the flags of the kitty keyboard protocol that the command pushed last.
func (t *Terminal) kittyFlags() int {
	if len(t.kitty) == 0 {
		return 0
	}
	return t.kitty[len(t.kitty)-1]
}
