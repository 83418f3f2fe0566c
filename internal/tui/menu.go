package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// rowKeys are the keys of the rows, from the first on. g, j, k and q move or leave, and pick no row.
const rowKeys = "1234567890abcdefhilmnoprstuvwxyz"

// menu is a short list to pick a row from: by the arrow keys and Enter, or by the key beside the row. Rows beyond rowKeys
// have no key.
type menu struct {
	rows []menuRow
	at   int
}

type menuRow struct {
	label, note string
	pick        func()
}

func (m *menu) press(msg tea.Msg) tea.Cmd {
	last := len(m.rows) - 1
	pressed, _ := msg.(tea.KeyPressMsg)
	switch key := pressed.Keystroke(); key {
	case "up", "k", "ctrl+p", "shift+tab":
		m.at = max(0, m.at-1)
	case "down", "j", "ctrl+n", "tab":
		m.at = min(last, m.at+1)
	case "home", "g":
		m.at = 0
	case "end":
		m.at = last
	case "enter":
		m.rows[m.at].pick()
	default:
		if n := strings.Index(rowKeys, key); len(key) == 1 && n >= 0 && n <= last {
			m.at = n
			m.rows[n].pick()
		}
	}
	return nil
}

// draw adds the rows to a page; in a small window, those around the chosen row.
func (m *menu) draw(p *page, room int) {
	n := len(m.rows)
	from := max(0, min(m.at-room/2, n-room))
	for i := from; i < min(n, from+max(1, room)); i++ {
		row, key, pointer, style := m.rows[i], " ", "  ", p.theme.plain
		if i < len(rowKeys) {
			key = rowKeys[i : i+1]
		}
		if i == m.at {
			pointer, style = "› ", p.theme.accent
		}
		label := text.Shorten(pointer+key+"  "+row.label, p.width())
		line := p.indent(0) + style.Styled(label)
		if row.note != "" && text.Columns(label+"  "+row.note) <= p.width() {
			line += p.theme.muted.Styled("  " + row.note)
		}
		p.add(needed, line)
	}
}
