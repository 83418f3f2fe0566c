//go:build linux

// Command pictures makes the pictures of the README in docs/pictures:
//
//	go run ./internal/dev/pictures           write them
//	go run ./internal/dev/pictures --check   fail if mogplex now shows something else
//
// It builds mogplex, runs it on a terminal of 80 columns against the development account service, and draws the
// screen as SVG. It needs gnome-keyring. The same source makes the same bytes.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// limit bounds the whole run; the build takes most of it.
const limit = 10 * time.Minute

const dir = "docs/pictures"

func main() {
	check := flag.Bool("check", false, "write nothing; compare "+dir+" with the screens of mogplex")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ctx, cancel := context.WithTimeout(ctx, limit)
	err := run(ctx, *check)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, check bool) error {
	pictures, err := drawAll(ctx)
	if err != nil {
		return err
	}
	if check {
		return compare(pictures)
	}
	for name, picture := range pictures {
		if err := os.WriteFile(filepath.Join(dir, name), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compare checks that dir has these pictures and no others, and that the README shows each of them.
func compare(pictures map[string][]byte) error {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		return err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var wrong []error
	for _, file := range files {
		if pictures[file.Name()] == nil {
			wrong = append(wrong, fmt.Errorf("%s/%s: no scene makes it", dir, file.Name()))
		}
	}
	for name, picture := range pictures {
		path := dir + "/" + name
		if old, err := os.ReadFile(path); err != nil || !bytes.Equal(old, picture) {
			wrong = append(wrong, fmt.Errorf("%s is out of date: run `go run ./internal/dev/pictures` and look at it", path))
		}
		if !bytes.Contains(readme, []byte(path)) {
			wrong = append(wrong, fmt.Errorf("README.md does not show %s", path))
		}
	}
	return errors.Join(wrong...)
}
