package sessionlog

import (
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// Const is a text of the program's source. A string literal is assignable to it, a
// string variable is not. A test asserts that nothing outside this package is
// converted to Const.
type Const string

// Field is a key and a value of an event, made by a function of this package.
type Field struct{ attr slog.Attr }

// Text returns a constant.
func Text(key, value Const) Field { return Field{slog.String(string(key), string(value))} }

// Count returns a number.
func Count(key Const, n int) Field { return Field{slog.Int(string(key), n)} }

// Flag returns true or false.
func Flag(key Const, value bool) Field { return Field{slog.Bool(string(key), value)} }

// Listed returns a name from a list of the program or the service, such as the
// models of the catalog. It returns "(not listed)" for any other value, and for one
// that is longer than 128 bytes or has characters that names don't have. The empty
// value stays empty.
func Listed[T ~string](key Const, value T, list []T) Field {
	text := string(value)
	isName := len(text) <= 128 && strings.Trim(text, alphanumeric+"-._:/@+") == ""
	if text != "" && (!isName || !slices.Contains(list, value)) {
		text = "(not listed)"
	}
	return Field{slog.String(string(key), text)}
}

// Program returns the version of the program and the system it was built for.
func Program() Field {
	version := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	return Field{slog.Group("", "version", version, "os", runtime.GOOS, "arch", runtime.GOARCH)}
}
