// Command house draws the packages of mogplex as floors, from their imports, and counts their lines:
//
//	go run ./internal/dev/house          the floors and the lines
//	go run ./internal/dev/house floors   the drawing in docs/architecture.md
//	go run ./internal/dev/house lines
//
// A package is one floor above the highest package that it imports. Run the command at the top of the repository.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	module = "github.com/mogplex/mogplex-cli"
	dev    = "internal/dev/" // not part of the binary
)

func main() {
	show := strings.Join(os.Args[1:], " ")
	rooms, err := list()
	if err == nil && show != "lines" {
		_, err = io.WriteString(os.Stdout, floors(rooms))
	}
	if err == nil && show != "floors" {
		err = lines(os.Stdout, rooms)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(1)
	}
}

// room is a package as go list prints it.
type room struct {
	ImportPath string
	Dir        string
	Imports    []string
}

// name returns the room's path below the top of the repository.
func (r room) name() string {
	if r.ImportPath == module {
		return "main.go"
	}
	return strings.TrimPrefix(r.ImportPath, module+"/")
}

func (r room) ships() bool { return !strings.HasPrefix(r.name(), dev) }

// list returns all packages with their imports on this system. The arrows' test reads the files of every system.
func list() ([]room, error) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Imports", "./...").Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("go list: %s", bytes.TrimSpace(exit.Stderr))
	} else if err != nil {
		return nil, err
	}
	var rooms []room
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var r room
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return rooms, nil
		} else if err != nil {
			return nil, err
		}
		if !strings.Contains(r.ImportPath, "/testdata/") {
			rooms = append(rooms, r)
		}
	}
}

// floors draws the packages that ship, the highest floor first, with the imports of each.
func floors(rooms []room) string {
	byPath := map[string]room{}
	for _, r := range rooms {
		byPath[r.ImportPath] = r
	}
	height := map[string]int{}
	var climb func(importPath string) int
	climb = func(importPath string) int {
		if h, known := height[importPath]; known {
			return h
		}
		h := 0
		for _, below := range byPath[importPath].Imports {
			if _, ours := byPath[below]; ours {
				h = max(h, climb(below)+1)
			}
		}
		height[importPath] = h
		return h
	}
	var drawn [][]string
	for _, r := range rooms {
		if !r.ships() {
			continue
		}
		h := climb(r.ImportPath)
		for len(drawn) <= h {
			drawn = append(drawn, nil)
		}
		drawn[h] = append(drawn[h], describe(r, byPath))
	}
	var b strings.Builder
	for h, floor := range slices.Backward(drawn) {
		slices.Sort(floor)
		for i, line := range floor {
			label := "  "
			if i == 0 {
				label = fmt.Sprintf("%d ", h)
			}
			b.WriteString(label + line + "\n")
		}
	}
	return b.String()
}

// describe returns the line of a room in the drawing.
func describe(r room, ours map[string]room) string {
	var below []string
	for _, imported := range r.Imports {
		if other, ok := ours[imported]; ok {
			below = append(below, path.Base(other.name()))
		}
	}
	if len(below) == 0 {
		return r.name()
	}
	return fmt.Sprintf("%-20s → %s", r.name(), strings.Join(below, ", "))
}

// lines counts the lines of Go that ship, those of development programs, and those of tests.
func lines(w io.Writer, rooms []room) error {
	var shipped, development, tests int
	for _, r := range rooms {
		files, err := filepath.Glob(filepath.Join(r.Dir, "*.go"))
		if err != nil {
			return err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			n := bytes.Count(text, []byte{'\n'})
			switch {
			case strings.HasSuffix(file, "_test.go"):
				tests += n
			case r.ships():
				shipped += n
			default:
				development += n
			}
		}
	}
	_, err := fmt.Fprintf(w, "%6d shipped\n%6d for development\n%6d of tests\n", shipped, development, tests)
	return err
}
