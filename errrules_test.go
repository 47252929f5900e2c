package surrealsql

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The messages are those of 3.3.5 and 4.0.0-beta.1, but for what stands in the places of
// their values. Here are those that a test cannot have from each engine: time::format
// with an unknown directive ends the embedded 3.0.2.
func TestAMessageWithoutItsValuesKeepsItsNames(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"Incorrect arguments for method time::format(). `%Q` s3cret `x` is not a valid time formatting string":                               "Incorrect arguments for method time::format(). …",
		"Incorrect arguments for function object::remove(). 'it's s3cret' cannot be used as a key. Please use a string instead.":             "Incorrect arguments for function object::remove(). …",
		"Incorrect arguments for function string::len(). Expected 1 argument":                                                                "Incorrect arguments for function string::len(). Expected 1 argument",
		"Incorrect arguments for function math::sum(). Argument 1 was the wrong type. Expected `array` but found `'s3cret'`":                 "Incorrect arguments for function math::sum(). Argument 1 was the wrong type. Expected `array` but found `…`",
		"Cannot delete `a:`s3cret key`` as it is referenced by `b:`s3cret `key`` with an ON DELETE REJECT clause":                            "Cannot delete `…` as it is referenced by `…` with an ON DELETE REJECT clause",
		"Cannot delete `a:⟨s3cret key⟩` as it is referenced by `b:`s3cret key`` with an ON DELETE REJECT clause":                             "Cannot delete `a:…` as it is referenced by `b:…` with an ON DELETE REJECT clause",
		"Error while processing event e: Found 's3cret' for field `n`, with record `s:s3cret`, but field must conform to: $value > 's3cret'": "Found … for field `n`, with record `s:…`, but field must conform to: $value > …",
		"Error while processing event e: An error occurred: s3cret":                                                                          "An error occurred: …",
		"Problem with embedded script function. An exception occurred: The table 's3cret' does not exist\n":                                  "Problem with embedded script function. …",
		"Cannot execute KILL statement using id: s3cret":                                                                                     "Cannot execute KILL statement using id: …",
		"Timestamp arithmetic error: s3cret":                            "Timestamp arithmetic error: …",
		"Unable to set datetime to hour 77":                             "Unable to set datetime to …",
		"Invalid field path 's3cret +': Parse error: Unexpected x":      "Invalid field path '…': Parse error: …",
		"JSON error: unknown variant `s3cret`":                          "JSON error: …",
		"Transaction conflict: s3cret. This transaction can be retried": "Transaction conflict: …. This transaction can be retried",
		"Something new about s3cret":                                    "",
	} {
		require.Equal(t, want, newError(0, "Internal", message, nil).withoutValues())
	}
}
