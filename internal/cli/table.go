package cli

import (
	"slices"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/text"
)

// cellLimit is the greatest width of a column.
const cellLimit = 120

// table aligns rows in columns. If they are wider than width, it drops the columns in
// spare, in that order, and then cuts lines; a width of 0 is no limit. The columns in
// right are right-aligned. Cells are untrusted text.
func table(rows [][]string, right, spare []int, width int) string {
	sizes := make([]int, len(rows[0]))
	for i, row := range rows {
		rows[i] = slices.Clone(row)
		for column, cell := range row {
			cell = text.Shorten(text.Printable(cell), cellLimit)
			rows[i][column] = cell
			sizes[column] = max(sizes[column], text.Columns(cell))
		}
	}
	var dropped []int
	for _, column := range spare {
		if width == 0 || total(sizes, dropped) <= width {
			break
		}
		dropped = append(dropped, column)
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for column, cell := range row {
			if slices.Contains(dropped, column) {
				continue
			}
			space := strings.Repeat(" ", sizes[column]-text.Columns(cell))
			if slices.Contains(right, column) {
				cell, space = space+cell, ""
			}
			line.WriteString(cell + space + "  ")
		}
		out := strings.TrimRight(line.String(), " ")
		if width > 0 {
			out = text.Shorten(out, width)
		}
		b.WriteString(out + "\n")
	}
	return b.String()
}

// total returns the width of a table without the dropped columns.
func total(sizes, dropped []int) int {
	sum := -2
	for column, size := range sizes {
		if !slices.Contains(dropped, column) {
			sum += size + 2
		}
	}
	return sum
}
