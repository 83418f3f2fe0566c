package sessionlog

import (
	"os"
	"time"
)

// markAlive has nothing to do: a lock would keep others from reading the file.
func markAlive(*os.File) {}

// isAlive takes a file for a living session's that was written in the last day.
func isAlive(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	return err != nil || time.Since(info.ModTime()) < 24*time.Hour
}
