//go:build linux

// Command pictures makes the pictures of the README:
//
//	go run ./internal/dev/pictures
//
// It builds mogplex, runs it on a terminal of 80 columns against the
// development account service, and draws what the terminal shows as SVG files in
// docs/pictures. Everything runs on this machine and in directories of its own,
// and the same source makes the same bytes. It needs gnome-keyring.
//
// scenes.go is what there is to see, stage.go and front.go what it runs on, and
// svg.go, runs.go and colours.go draw it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// limit bounds all of it: the build is the longest part.
const limit = 10 * time.Minute

func main() {
	dir := flag.String("o", filepath.Join("docs", "pictures"), "the `directory` to write to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ctx, cancel := context.WithTimeout(ctx, limit)
	err := write(ctx, *dir)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// write makes every picture and writes it to dir.
func write(ctx context.Context, dir string) error {
	pictures, err := makeAll(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, picture := range pictures {
		if err := os.WriteFile(filepath.Join(dir, name), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// makeAll makes every picture, by the name of its file.
func makeAll(ctx context.Context) (pictures map[string][]byte, err error) {
	s, err := newStage(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := s.close(); err == nil {
			err = e
		}
	}()
	pictures = map[string][]byte{}
	for _, scene := range scenes {
		screen, err := s.play(ctx, scene)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", scene.name, err)
		}
		pictures[scene.name+".svg"] = draw(screen, scene.title, scene.tells)
	}
	return pictures, nil
}
