package sessionlog

// shortRun is the length in bytes from which on a word may be an encoding: what
// is shorter encodes less than the smallest piece of a secret.
const shortRun = 6

// longRun is the length from which on a word of both cases is looked into whether
// or not it shows a trace: it may be an encoding of an encoding that leaves none,
// or of a secret that nobody told. Hashes and most paths have one case, and may
// be half as long again.
const longRun = 32

// hasLongRun finds a long run of base64 or hexadecimal.
func hasLongRun(text []byte) bool {
	const step = longRun / 2 // a run covers two steps
	for i := step; i < len(text); i += step {
		if !isSextet[text[i]] || !isSextet[text[i-4]] || !isSextet[text[i-8]] || !isSextet[text[i-12]] {
			continue
		}
		first, last := i, i+1
		for first > 0 && isSextet[text[first-1]] {
			first--
		}
		for i-first >= step-1 && last < len(text) && isSextet[text[last]] {
			last++
		}
		if n := last - first; n >= longRun*3/2 || n >= longRun && hasBothCases(text[first:last]) {
			return true
		}
	}
	return false
}

// isSextet is a table of what sextet takes.
var isSextet = func() (table [256]bool) {
	for c := range table {
		table[c] = sextet(byte(c)) >= 0
	}
	return table
}()

func hasBothCases(text []byte) bool {
	var lower, upper bool
	for _, c := range text {
		lower, upper = lower || 'a' <= c && c <= 'z', upper || 'A' <= c && c <= 'Z'
	}
	return lower && upper
}

// base64Runs decodes every word that could be base64, standard or for URLs, from
// each of the places where a group may begin: the word before may touch it.
func base64Runs(text []byte) (v view) {
	eachRun(text, func(c byte) bool { return sextet(c) >= 0 }, func(first, last int) {
		for skip := range min(4, last-first) {
			var bits, n uint
			for i := first + skip; i < last; i++ {
				bits = bits<<6 | uint(sextet(text[i]))
				if n += 6; n >= 8 {
					n -= 8
					v.add(byte(bits>>n), i-1, i+1)
				}
			}
			v.add(0, last, last)
		}
	})
	return v
}

// hexRuns decodes every word that could be hexadecimal, from both places where a
// pair may begin.
func hexRuns(text []byte) (v view) {
	eachRun(text, func(c byte) bool { return hexDigit(c) >= 0 }, func(first, last int) {
		for skip := range 2 {
			for i := first + skip; i+1 < last; i += 2 {
				c, _ := hexPair(text[i:])
				v.add(c, i, i+2)
			}
			v.add(0, last, last)
		}
	})
	return v
}

// eachRun calls on with every run of at least shortRun bytes that belong.
func eachRun(text []byte, belongs func(byte) bool, on func(first, last int)) {
	for i := 0; i < len(text); i++ {
		first := i
		for i < len(text) && belongs(text[i]) {
			i++
		}
		if i-first >= shortRun {
			on(first, i)
		}
	}
}

func sextet(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+', c == '-':
		return 62
	case c == '/', c == '_':
		return 63
	}
	return -1
}

// numberRuns decodes lists of bytes: [109 111], {0x6d, 0x6f}, 6d:6f.
func numberRuns(text []byte) (v view) {
	for _, base := range []int{10, 16} {
		listed := 0
		for i := 0; i < len(text); {
			value, n := number(text[i:], base)
			if n == 0 {
				if bytesBetween(text[i]) {
					i++
					continue
				}
				if listed > 0 {
					v.add(0, i, i)
				}
				listed = 0
				i++
				continue
			}
			v.add(byte(value), i, i+n)
			listed++
			i += n
		}
		v.add(0, len(text), len(text))
	}
	if len(v.text) < 2*noSecret {
		return view{}
	}
	return v
}

// number reads one byte of a list.
func number(text []byte, base int) (value, n int) {
	if base == 16 && len(text) > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') {
		value, n = number(text[2:], 16)
		if n == 0 {
			return 0, 0
		}
		return value, n + 2
	}
	for n < len(text) {
		d := hexDigit(text[n])
		if d < 0 || d >= base || value*base+d > 255 || base == 16 && n == 2 {
			break
		}
		value, n = value*base+d, n+1
	}
	return value, n
}

func bytesBetween(c byte) bool { return c == ' ' || c == ',' || c == ':' }
