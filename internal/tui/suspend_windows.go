package tui

// StopJob returns false: Windows has no job control.
func StopJob() bool { return false }
