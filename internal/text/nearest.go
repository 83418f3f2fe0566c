package text

import "strings"

// Nearest returns the name that a mistyped word probably means, or "" if none is near.
// About one slip in four letters is near: a letter too many, one missing, a wrong one, or
// two swapped. The beginning of a name, of two letters or more, counts as one slip. Case
// does not count.
func Nearest(typed string, names []string) string {
	const longest = 100 // Distance takes quadratic time
	if len(typed) > longest {
		return ""
	}
	typed = strings.ToLower(typed)
	nearest, least := "", len(typed) // as many slips as letters leave nothing of the word
	for _, name := range names {
		folded := strings.ToLower(name)
		slips := Distance(typed, folded)
		if len(typed) > 1 && strings.HasPrefix(folded, typed) {
			slips = min(slips, 1)
		}
		if slips <= (max(len(typed), len(name))+2)/4 && slips < least {
			nearest, least = name, slips
		}
	}
	return nearest
}

// Distance returns the optimal string alignment distance: how many letters to insert,
// remove, replace or swap with their neighbor to make b of a.
func Distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			least := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				least = min(least, rows[i-2][j-2]+1)
			}
			rows[i][j] = least
		}
	}
	return rows[len(a)][len(b)]
}
