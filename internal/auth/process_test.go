package auth

import (
	"os"
	"strconv"
)

// child is what this test binary does when it is started as another process.
func child(role string) int {
	switch role {
	case "panic":
		i, _ := strconv.Atoi(os.Getenv("AUTH_TEST_VALUE"))
		panic(marked()[i])
	}
	return 1
}
