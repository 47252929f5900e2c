package cbor

// Kind says what the next item is, as far as its first byte tells.
type Kind uint8

// The kinds of items. KindInt covers CBOR's majors 0 and 1; KindBreak is the
// end of an indefinite-length array or map; KindSimple is any simple value that
// has no kind of its own.
const (
	KindInvalid Kind = iota
	KindInt
	KindBytes
	KindText
	KindArray
	KindMap
	KindTag
	KindBool
	KindNull
	KindUndefined
	KindFloat
	KindSimple
	KindBreak
)

var kindNames = [...]string{
	KindInvalid:   "an invalid byte",
	KindInt:       "an integer",
	KindBytes:     "a byte string",
	KindText:      "a text",
	KindArray:     "an array",
	KindMap:       "a map",
	KindTag:       "a tag",
	KindBool:      "a boolean",
	KindNull:      "null",
	KindUndefined: "undefined",
	KindFloat:     "a float",
	KindSimple:    "a simple value",
	KindBreak:     "a break",
}

// KindOf tells the kind of an item by its first byte.
func KindOf(first byte) Kind { return kinds[first] }

// String names the kind with its article, as error messages need it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[KindInvalid]
}

// The majors of RFC 8949, section 3.1, already in their place in the first byte.
const (
	majorUint   = 0 << 5
	majorNegInt = 1 << 5
	majorBytes  = 2 << 5
	majorText   = 3 << 5
	majorArray  = 4 << 5
	majorMap    = 5 << 5
	majorTag    = 6 << 5
	majorSimple = 7 << 5

	majorMask = 7 << 5
	infoMask  = 0x1f
)

// Additional information, the lower five bits of the first byte.
const (
	info8          = 24
	info16         = 25
	info32         = 26
	info64         = 27
	infoIndefinite = 31
)

// First bytes that are whole items.
const (
	byteFalse     = majorSimple | 20
	byteTrue      = majorSimple | 21
	byteNull      = majorSimple | 22
	byteUndefined = majorSimple | 23
	byteBreak     = majorSimple | infoIndefinite
)

// maxHead is the size of the largest head: a first byte and eight more.
const maxHead = 9

// argSize gives the number of bytes that follow the first one, by additional
// information. The reserved ones are refused before this is asked.
var argSize = [32]uint8{info8: 1, info16: 2, info32: 4, info64: 8}

// kinds maps every possible first byte to its kind. The reserved additional
// informations 28 to 30, and 31 where there is no indefinite form, are invalid.
var kinds = func() (t [256]Kind) {
	majors := [...]Kind{KindInt, KindInt, KindBytes, KindText, KindArray, KindMap, KindTag, KindSimple}
	for b := range t {
		info := b & infoMask
		if info >= 28 && info <= 30 {
			continue
		}
		t[b] = majors[b>>5]
		if m := b & majorMask; info == infoIndefinite && (m == majorUint || m == majorNegInt || m == majorTag) {
			t[b] = KindInvalid
		}
	}
	t[byteFalse], t[byteTrue] = KindBool, KindBool
	t[byteNull], t[byteUndefined] = KindNull, KindUndefined
	t[majorSimple|info16], t[majorSimple|info32], t[majorSimple|info64] = KindFloat, KindFloat, KindFloat
	t[byteBreak] = KindBreak
	return t
}()

// wholeSize gives the size of an item by its first byte, where that alone tells
// it: numbers, short strings, and what is a single byte. For others it is 0.
var wholeSize = func() (t [256]uint8) {
	for b := range t {
		info := b & infoMask
		switch k := kinds[b]; {
		case k == KindInt, k == KindFloat:
			t[b] = 1 + argSize[info]
		case (k == KindBytes || k == KindText) && info < info8:
			t[b] = 1 + uint8(info)
		case k == KindBool, k == KindNull, k == KindUndefined, k == KindSimple && info < info8:
			t[b] = 1
		}
	}
	return t
}()
