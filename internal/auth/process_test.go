package auth

func child(string) int { return 1 }
