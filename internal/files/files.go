// Package files reads the small files that a configuration names by their paths: passwords,
// tokens, certificates. Errors begin with the key that names the file, and show nothing of
// what it holds.
package files

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// maxBytes is more than any of them has, and keeps a wrong path from filling the memory.
const maxBytes = 1 << 20

// Line is the one line that a file holds. An error shows nothing of it.
func Line(key, path string) (string, error) {
	b, err := Read(key, path)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	switch {
	case !utf8.ValidString(secret) || strings.HasPrefix(secret, "\ufeff"): // as shells of Windows write it
		return "", fmt.Errorf("surrealsql: %s: %s is no text in UTF-8 without a byte order mark", key, path)
	case secret == "":
		return "", fmt.Errorf("surrealsql: %s: %s is empty", key, path)
	case strings.Contains(secret, "\n"):
		return "", fmt.Errorf("surrealsql: %s: %s has several lines, expected one", key, path)
	}
	return secret, nil
}

// Whole reads a file of any size, and no other kind: see Read. Its errors begin with no key.
func Whole(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	return os.ReadFile(path)
}

// Read reads a small file. What is none (a pipe, a terminal) may let its reader wait
// for ever, whatever the deadline.
func Read(key, path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("surrealsql: %s: %w", key, err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxBytes {
		return nil, fmt.Errorf("surrealsql: %s: %s is no file of at most 1 MiB", key, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("surrealsql: %s: %w", key, err)
	}
	return b, nil
}
