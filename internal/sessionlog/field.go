package sessionlog

import (
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// Const is a text of the program's source. A literal is one without a
// conversion, and a string variable is none: a conversion to Const outside this
// package is a defect, which a test looks for.
type Const string

// Field is a key and a value of an event. Only the functions of this package
// make one.
type Field struct{ attr slog.Attr }

// Text is a constant.
func Text(key, value Const) Field { return Field{slog.String(string(key), string(value))} }

// Count is a number.
func Count(key Const, n int) Field { return Field{slog.Int(string(key), n)} }

// Flag is true or false.
func Flag(key Const, value bool) Field { return Field{slog.Bool(string(key), value)} }

// Listed is a name from a list that the program or the service made, such as the
// models of the catalog. Every other value is written as "(not listed)", and so
// is one that is longer than 128 bytes or has other characters than names have.
// The empty value is written as it is.
func Listed[T ~string](key Const, value T, list []T) Field {
	text := string(value)
	isName := len(text) <= 128 && strings.Trim(text, alphanumeric+"-._:/@+") == ""
	if text != "" && (!isName || !slices.Contains(list, value)) {
		text = "(not listed)"
	}
	return Field{slog.String(string(key), text)}
}

// Program is the version of the program, and the system it was built for.
func Program() Field {
	version := "(unknown)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	return Field{slog.Group("", "version", version, "os", runtime.GOOS, "arch", runtime.GOARCH)}
}
