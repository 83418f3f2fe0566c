package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// longMenu returns a menu of n rows that set picked.
func longMenu(n int, picked *int) *menu {
	m := &menu{}
	for i := range n {
		m.rows = append(m.rows, menuRow{fmt.Sprint("row ", i), "", func() { *picked = i }})
	}
	return m
}

// The key beside a row picks it, also beyond the ninth. No two rows share a key, and no row has a key that moves or
// leaves.
func TestMenuKeys(t *testing.T) {
	const n = 40
	picked := -1
	m := longMenu(n, &picked)
	look := newTheme(true)
	p := newPage(&look, size{80, n + 2}, "")
	m.draw(p, n)
	text, _ := p.drawn()
	keys := map[string]int{}
	for line := range strings.Lines(ansi.Strip(text)) {
		key, row, found := strings.Cut(strings.TrimLeft(line, " ›"), "  row ")
		var i int
		if _, err := fmt.Sscan(row, &i); !found || err != nil {
			continue // a row without a key, or no row
		}
		if before, twice := keys[key]; twice {
			t.Errorf("the key %q is beside the rows %d and %d", key, before, i)
		}
		keys[key] = i
	}
	if len(keys) < 10 || keys["0"] != 9 {
		t.Errorf("keys are %v", keys)
	}
	for key, i := range keys {
		if picked = -1; len(key) != 1 || strings.ContainsAny(key, "gjkq") {
			t.Errorf("%q is no key for a row", key)
			continue
		}
		if m.press(keyPress(key)); picked != i {
			t.Errorf("the key %s picks row %d in place of %d", key, picked, i)
		}
	}
	m.press(keyPress("end"))
	if m.press(keyPress("enter")); picked != n-1 {
		t.Errorf("the last row is row %d", picked)
	}
}
