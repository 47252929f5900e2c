package literal

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/surrealsql/surrealsql/internal/wire"
)

// Files as text: bucket:/key.

// SplitFile takes the text of a file apart and unescapes both halves. The key
// begins with a slash.
func SplitFile(s string) (bucket, key string, err error) {
	var parts [2]strings.Builder
	part, escaped := 0, false
	for _, r := range s {
		switch {
		case escaped:
			escaped = false
			parts[part].WriteRune(r)
		case r == '\\':
			escaped = true
		case r == ':' && part == 0:
			part = 1
		default:
			parts[part].WriteRune(r)
		}
	}
	bucket, key = parts[0].String(), parts[1].String()
	if bucket == "" || key == "" || key[0] != '/' || escaped {
		return "", "", fmt.Errorf("%q is no file: expected bucket:/key", s)
	}
	if !utf8.ValidString(s) {
		return "", "", fmt.Errorf("%q is no file: it is not UTF-8", s)
	}
	return bucket, key, nil
}

// ParseFile reads the text of a file, bucket:/key, and appends it with its tag.
func ParseFile(b []byte, s string) ([]byte, error) {
	bucket, key, err := SplitFile(s)
	if err != nil {
		return b, err
	}
	return wire.AppendFile(b, bucket, key), nil
}

// AppendFile appends a file's text, bucket and key, without the f"" around it.
// The server escapes all but letters, digits, - _ . and, in the key, slashes. What is not UTF-8
// stays what it is, so that SplitFile refuses it.
func AppendFile(b []byte, bucket, key string) []byte {
	b = appendFilePart(b, bucket, false)
	b = append(b, ':')
	if key == "" || key[0] != '/' {
		b = append(b, '/') // as the server does
	}
	return appendFilePart(b, key, true)
}

func appendFilePart(b []byte, s string, slashes bool) []byte {
	for size := 0; s != ""; s = s[size:] {
		var r rune
		if r, size = utf8.DecodeRuneInString(s); r >= utf8.RuneSelf || !isWord(byte(r)) && r != '-' && r != '.' && !(slashes && r == '/') {
			b = append(b, '\\')
		}
		b = append(b, s[:size]...)
	}
	return b
}
