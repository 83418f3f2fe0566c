package main

import (
	"os"
	"strings"
	"testing"
)

func TestTheArchitectureShowsTheFloors(t *testing.T) {
	t.Chdir("../../..")
	rooms, err := list()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	if drawing := floors(rooms); !strings.Contains(string(text), "```\n"+drawing+"```\n") {
		t.Errorf("docs/architecture.md does not show what `go run ./internal/dev/house floors` prints:\n%s", drawing)
	}
}

func TestARoomStandsAboveWhatItImports(t *testing.T) {
	of := func(name string, imports ...string) room {
		for i := range imports {
			imports[i] = module + "/" + imports[i]
		}
		return room{ImportPath: module + "/" + name, Imports: imports}
	}
	got := floors([]room{of("cellar"), of("attic", "hall", "cellar"), of("hall", "cellar"), of("internal/dev/shed", "attic"), of("well")})
	want := "2 attic                → hall, cellar\n1 hall                 → cellar\n0 cellar\n  well\n"
	if got != want {
		t.Errorf("got\n%s", got)
	}
}
