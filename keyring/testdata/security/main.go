// Security is a stand-in for macOS' /usr/bin/security. It has the commands that
// go-keyring and this package use, with the tool's limits and oddities.
//
// Items are files in the directory SECURITY_ITEMS. A file "status" there makes
// every command fail with the exit code in it. A file "asks", "locked" or "none"
// (no default keychain) makes every command wait until the file is removed, as for
// a person who answers a dialog. Each dialog and change adds a line to the file
// SECURITY_JOURNAL, such as "asks", "add NAME" and "update NAME".
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLine is the longest command of `security -i`. The rest of a longer line is
// the next command.
const maxLine = 4096

var items = os.Getenv("SECURITY_ITEMS")

func main() {
	if os.Getenv("SECURITY_JOURNAL") == "" {
		os.Exit(fail(1, "SECURITY_JOURNAL is not set"))
	}
	if len(os.Args) > 1 && os.Args[1] == "-i" {
		os.Exit(interactive())
	}
	os.Exit(run(os.Args[1:]))
}

func interactive() (status int) {
	in := bufio.NewReaderSize(os.Stdin, maxLine)
	for {
		line, err := in.ReadSlice('\n') // a full buffer ends a command too
		if len(line) > 0 {
			status = run(split(strings.TrimSuffix(string(line), "\n")))
		}
		if err == io.EOF {
			return status
		}
	}
}

// split splits a line into words as `security -i` does: both kinds of quotes
// group, and a backslash escapes the next character.
func split(line string) (words []string) {
	var word strings.Builder
	quote, open := rune(0), false
	for i := 0; i < len(line); i++ {
		switch c := rune(line[i]); {
		case c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			open = true
		case quote == c:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, open = c, true
		case quote == 0 && c == ' ':
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteByte(line[i])
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}

func run(args []string) int {
	if len(args) == 0 {
		return 0
	}
	if dialog() {
		journal("asks")
		for dialog() {
			time.Sleep(time.Millisecond)
		}
	}
	if text, err := os.ReadFile(filepath.Join(items, "status")); err == nil {
		status, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return fail(status, "User interaction is not allowed.")
	}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.SetOutput(os.Stderr)
	service, account := f.String("s", "", ""), f.String("a", "", "")
	password, both := f.String("w", "", ""), f.String("wa", "", "")
	update := f.Bool("U", false, "")
	if f.Parse(args[1:]) != nil || f.NArg() > 0 {
		return fail(2, "Usage: "+args[0])
	}
	path := filepath.Join(items, url.QueryEscape(*service)+"="+url.QueryEscape(*account+*both))
	switch args[0] {
	case "add-generic-password":
		return add(path, *password, *update)
	case "find-generic-password":
		return find(path)
	case "delete-generic-password":
		if os.Remove(path) != nil {
			return notFound()
		}
		journal("delete " + *account)
		fmt.Println("password has been deleted.")
		return 0
	case "dump-keychain":
		return dump()
	}
	return fail(2, "Usage")
}

// dialog reports whether a dialog is on the screen.
func dialog() bool {
	return slices.ContainsFunc([]string{"asks", "locked", "none"}, func(name string) bool { return there(filepath.Join(items, name)) })
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func journal(line string) {
	f, err := os.OpenFile(os.Getenv("SECURITY_JOURNAL"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		_, err = f.WriteString(line + "\n")
	}
	if err != nil {
		os.Exit(fail(1, "journal"))
	}
	f.Close()
}

func fail(status int, why string) int {
	fmt.Fprintln(os.Stderr, "security: SecKeychainItem: "+why)
	return status
}

func notFound() int { return fail(44, "The specified item could not be found in the keychain.") }

// add creates an item, or updates one in place.
func add(path, password string, update bool) int {
	doing := "add "
	if there(path) {
		doing = "update "
		if !update {
			return fail(45, "The specified item already exists in the keychain.")
		}
	}
	_, account, _ := strings.Cut(filepath.Base(path), "=")
	journal(doing + account)
	temp, err := os.CreateTemp(items, "temp")
	if err != nil {
		return fail(1, "write")
	}
	defer temp.Close()
	if _, err := temp.WriteString(password); err != nil || os.Rename(temp.Name(), path) != nil {
		return fail(1, "write")
	}
	return 0
}

// find prints the password, in hexadecimal if it is not printable.
func find(path string) int {
	password, err := os.ReadFile(path)
	if err != nil {
		return notFound()
	}
	if attribute(string(password))[0] != '"' {
		fmt.Printf("%x\n", password)
		return 0
	}
	fmt.Println(string(password))
	return 0
}

func dump() int {
	paths, err := filepath.Glob(filepath.Join(items, "*=*"))
	if err != nil {
		return fail(1, "read")
	}
	for _, path := range paths {
		service, account, _ := strings.Cut(filepath.Base(path), "=")
		s, _ := url.QueryUnescape(service)
		a, _ := url.QueryUnescape(account)
		fmt.Printf("keychain: \"/Users/ada/Library/Keychains/login.keychain-db\"\nversion: 512\nclass: \"genp\"\nattributes:\n"+
			"    0x00000007 <blob>=%s\n    0x00000008 <blob>=<NULL>\n    \"acct\"<blob>=%s\n    \"desc\"<blob>=<NULL>\n    \"svce\"<blob>=%s\n",
			attribute(s), attribute(a), attribute(s))
	}
	return 0
}

func attribute(value string) string {
	switch {
	case value == "":
		return "<NULL>"
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
		return fmt.Sprintf("0x%X  %q", value, value)
	}
	return `"` + value + `"`
}
