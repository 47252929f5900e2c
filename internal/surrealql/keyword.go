package surrealql

// keyword is a word with a meaning in some place of the grammar. In another place it
// is a name like any other.
type keyword uint8

const (
	noKeyword keyword = iota
	kwAccess
	kwAfter
	kwAll
	kwAllInside
	kwAlter
	kwAnalyze
	kwAnd
	kwAnyInside
	kwAs
	kwAscending
	kwAt
	kwBefore
	kwBegin
	kwBreak
	kwBy
	kwCancel
	kwCollate
	kwCommit
	kwContains
	kwContainsAll
	kwContainsAny
	kwContainsNone
	kwContainsNot
	kwContent
	kwContinue
	kwCreate
	kwDefine
	kwDelete
	kwDescending
	kwDiff
	kwDuplicate
	kwElse
	kwEnd
	kwExplain
	kwFalse
	kwFetch
	kwField
	kwFn
	kwFor
	kwFormat
	kwFrom
	kwFull
	kwFunction
	kwGrant
	kwGroup
	kwIf
	kwIgnore
	kwIn
	kwIndex
	kwInfo
	kwInsert
	kwInside
	kwIntersects
	kwInto
	kwIs
	kwKey
	kwKill
	kwLet
	kwLimit
	kwLive
	kwMerge
	kwMl
	kwMod
	kwNoindex
	kwNone
	kwNoneInside
	kwNot
	kwNotInside
	kwNull
	kwNumeric
	kwOmit
	kwOn
	kwOnly
	kwOption
	kwOr
	kwOrder
	kwOutside
	kwParallel
	kwParam
	kwPatch
	kwPurge
	kwRebuild
	kwRelate
	kwRelation
	kwRemove
	kwReplace
	kwReturn
	kwRevoke
	kwSelect
	kwSet
	kwShow
	kwSilo
	kwSleep
	kwSplit
	kwStart
	kwTempfiles
	kwThen
	kwThrow
	kwTimeout
	kwTransaction
	kwTrue
	kwType
	kwUnique
	kwUnset
	kwUpdate
	kwUpsert
	kwUse
	kwValue
	kwValues
	kwVersion
	kwWhere
	kwWith
)

// keywordTexts are the words in capitals. To add a keyword, add it here and above.
var keywordTexts = [...]string{
	kwAccess: "ACCESS", kwAfter: "AFTER", kwAll: "ALL", kwAllInside: "ALLINSIDE", kwAlter: "ALTER",
	kwAnalyze: "ANALYZE", kwAnd: "AND", kwAnyInside: "ANYINSIDE", kwAs: "AS",
	kwAscending: "ASCENDING", kwAt: "AT", kwBefore: "BEFORE", kwBegin: "BEGIN", kwBreak: "BREAK",
	kwBy: "BY", kwCancel: "CANCEL", kwCollate: "COLLATE", kwCommit: "COMMIT",
	kwContains: "CONTAINS", kwContainsAll: "CONTAINSALL", kwContainsAny: "CONTAINSANY",
	kwContainsNone: "CONTAINSNONE", kwContainsNot: "CONTAINSNOT", kwContent: "CONTENT",
	kwContinue: "CONTINUE", kwCreate: "CREATE", kwDefine: "DEFINE", kwDelete: "DELETE",
	kwDescending: "DESCENDING", kwDiff: "DIFF", kwDuplicate: "DUPLICATE", kwElse: "ELSE",
	kwEnd: "END", kwExplain: "EXPLAIN", kwFalse: "FALSE", kwFetch: "FETCH", kwField: "FIELD",
	kwFn: "FN", kwFor: "FOR", kwFormat: "FORMAT", kwFrom: "FROM", kwFull: "FULL",
	kwFunction: "FUNCTION", kwGrant: "GRANT", kwGroup: "GROUP", kwIf: "IF", kwIgnore: "IGNORE",
	kwIn: "IN", kwIndex: "INDEX", kwInfo: "INFO", kwInsert: "INSERT", kwInside: "INSIDE",
	kwIntersects: "INTERSECTS", kwInto: "INTO", kwIs: "IS", kwKey: "KEY", kwKill: "KILL",
	kwLet: "LET", kwLimit: "LIMIT", kwLive: "LIVE", kwMerge: "MERGE", kwMl: "ML", kwMod: "MOD",
	kwNoindex: "NOINDEX", kwNone: "NONE", kwNoneInside: "NONEINSIDE", kwNot: "NOT",
	kwNotInside: "NOTINSIDE", kwNull: "NULL", kwNumeric: "NUMERIC", kwOmit: "OMIT", kwOn: "ON",
	kwOnly: "ONLY", kwOption: "OPTION", kwOr: "OR", kwOrder: "ORDER", kwOutside: "OUTSIDE",
	kwParallel: "PARALLEL", kwParam: "PARAM", kwPatch: "PATCH", kwPurge: "PURGE",
	kwRebuild: "REBUILD", kwRelate: "RELATE", kwRelation: "RELATION", kwRemove: "REMOVE",
	kwReplace: "REPLACE", kwReturn: "RETURN", kwRevoke: "REVOKE", kwSelect: "SELECT", kwSet: "SET",
	kwShow: "SHOW", kwSilo: "SILO", kwSleep: "SLEEP", kwSplit: "SPLIT", kwStart: "START",
	kwTempfiles: "TEMPFILES", kwThen: "THEN", kwThrow: "THROW", kwTimeout: "TIMEOUT",
	kwTransaction: "TRANSACTION", kwTrue: "TRUE", kwType: "TYPE", kwUnique: "UNIQUE",
	kwUnset: "UNSET", kwUpdate: "UPDATE", kwUpsert: "UPSERT", kwUse: "USE", kwValue: "VALUE",
	kwValues: "VALUES", kwVersion: "VERSION", kwWhere: "WHERE", kwWith: "WITH",
}

// keywordShort are the keywords that may be written shorter.
var keywordShort = map[string]keyword{"ASC": kwAscending, "DESC": kwDescending}

// maxKeyword is the length of the longest keyword.
const maxKeyword = len("CONTAINSNONE")

type keywordText struct {
	text    string
	keyword keyword
}

// keywordsBy are the keywords by their length and first letter, never more than four
// of one kind. To compare a word with those costs less than the hash of a map; with a
// switch over all keywords the lexer took a third longer.
var keywordsBy [maxKeyword + 1][26][]keywordText

func init() {
	add := func(text string, k keyword) {
		at := &keywordsBy[len(text)][text[0]-'A']
		*at = append(*at, keywordText{text, k})
	}
	for k, text := range keywordTexts {
		if text != "" {
			add(text, keyword(k))
		}
	}
	for text, k := range keywordShort {
		add(text, k)
	}
}

// lookupKeyword returns the keyword a word is, in any case.
func lookupKeyword(word string) keyword {
	if len(word) > maxKeyword || word == "" {
		return noKeyword
	}
	first := capital(word[0]) - 'A'
	if first >= 26 {
		return noKeyword
	}
	for _, k := range keywordsBy[len(word)][first] {
		if inCapitals(word, k.text) {
			return k.keyword
		}
	}
	return noKeyword
}

// inCapitals reports whether a word in capitals is text, which is of the same length.
func inCapitals(word, text string) bool {
	for i := range len(text) {
		if capital(word[i]) != text[i] {
			return false
		}
	}
	return true
}

// capital makes a capital of a letter, and no letter of anything else.
func capital(c byte) byte { return c &^ ('a' - 'A') }
