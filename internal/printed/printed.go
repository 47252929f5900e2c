// Package printed writes values that have secrets as their text, whatever the verb.
package printed

import (
	"fmt"
	"io"
	"strconv"
)

// As writes a value of a type, such as "pool.Settings", as text: for a Format method.
func As(f fmt.State, verb rune, typeName, text string) {
	switch {
	case verb == 'v' && f.Flag('#'):
		text = typeName + "(" + strconv.Quote(text) + ")"
	case verb == 'q':
		text = strconv.Quote(text)
	}
	// A State of package fmt never fails to write.
	_, _ = io.WriteString(f, text)
}
