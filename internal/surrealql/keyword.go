package surrealql

// keyword is a word with a meaning in some place of the grammar.
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

// lookupKeyword returns the keyword a word is, in any case. A switch, which the
// compiler searches by length and halves, since a map would cost a hash for
// every word of every text.
func lookupKeyword(word string) keyword {
	if len(word) > 12 || len(word) < 2 {
		return noKeyword
	}
	var up [12]byte
	for i := range len(word) {
		c := word[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		up[i] = c
	}
	switch string(up[:len(word)]) {
	case "ACCESS":
		return kwAccess
	case "AFTER":
		return kwAfter
	case "ALL":
		return kwAll
	case "ALLINSIDE":
		return kwAllInside
	case "ALTER":
		return kwAlter
	case "ANALYZE":
		return kwAnalyze
	case "AND":
		return kwAnd
	case "ANYINSIDE":
		return kwAnyInside
	case "AS":
		return kwAs
	case "ASC", "ASCENDING":
		return kwAscending
	case "AT":
		return kwAt
	case "BEFORE":
		return kwBefore
	case "BEGIN":
		return kwBegin
	case "BREAK":
		return kwBreak
	case "BY":
		return kwBy
	case "CANCEL":
		return kwCancel
	case "COLLATE":
		return kwCollate
	case "COMMIT":
		return kwCommit
	case "CONTAINS":
		return kwContains
	case "CONTAINSALL":
		return kwContainsAll
	case "CONTAINSANY":
		return kwContainsAny
	case "CONTAINSNONE":
		return kwContainsNone
	case "CONTAINSNOT":
		return kwContainsNot
	case "CONTENT":
		return kwContent
	case "CONTINUE":
		return kwContinue
	case "CREATE":
		return kwCreate
	case "DEFINE":
		return kwDefine
	case "DELETE":
		return kwDelete
	case "DESC", "DESCENDING":
		return kwDescending
	case "DIFF":
		return kwDiff
	case "DUPLICATE":
		return kwDuplicate
	case "ELSE":
		return kwElse
	case "END":
		return kwEnd
	case "EXPLAIN":
		return kwExplain
	case "FALSE":
		return kwFalse
	case "FETCH":
		return kwFetch
	case "FIELD":
		return kwField
	case "FN":
		return kwFn
	case "FOR":
		return kwFor
	case "FORMAT":
		return kwFormat
	case "FROM":
		return kwFrom
	case "FULL":
		return kwFull
	case "FUNCTION":
		return kwFunction
	case "GRANT":
		return kwGrant
	case "GROUP":
		return kwGroup
	case "IF":
		return kwIf
	case "IGNORE":
		return kwIgnore
	case "IN":
		return kwIn
	case "INDEX":
		return kwIndex
	case "INFO":
		return kwInfo
	case "INSERT":
		return kwInsert
	case "INSIDE":
		return kwInside
	case "INTERSECTS":
		return kwIntersects
	case "INTO":
		return kwInto
	case "IS":
		return kwIs
	case "KEY":
		return kwKey
	case "KILL":
		return kwKill
	case "LET":
		return kwLet
	case "LIMIT":
		return kwLimit
	case "LIVE":
		return kwLive
	case "MERGE":
		return kwMerge
	case "ML":
		return kwMl
	case "MOD":
		return kwMod
	case "NOINDEX":
		return kwNoindex
	case "NONE":
		return kwNone
	case "NONEINSIDE":
		return kwNoneInside
	case "NOT":
		return kwNot
	case "NOTINSIDE":
		return kwNotInside
	case "NULL":
		return kwNull
	case "NUMERIC":
		return kwNumeric
	case "OMIT":
		return kwOmit
	case "ON":
		return kwOn
	case "ONLY":
		return kwOnly
	case "OPTION":
		return kwOption
	case "OR":
		return kwOr
	case "ORDER":
		return kwOrder
	case "OUTSIDE":
		return kwOutside
	case "PARALLEL":
		return kwParallel
	case "PARAM":
		return kwParam
	case "PATCH":
		return kwPatch
	case "PURGE":
		return kwPurge
	case "REBUILD":
		return kwRebuild
	case "RELATE":
		return kwRelate
	case "RELATION":
		return kwRelation
	case "REMOVE":
		return kwRemove
	case "REPLACE":
		return kwReplace
	case "RETURN":
		return kwReturn
	case "REVOKE":
		return kwRevoke
	case "SELECT":
		return kwSelect
	case "SET":
		return kwSet
	case "SHOW":
		return kwShow
	case "SILO":
		return kwSilo
	case "SLEEP":
		return kwSleep
	case "SPLIT":
		return kwSplit
	case "START":
		return kwStart
	case "TEMPFILES":
		return kwTempfiles
	case "THEN":
		return kwThen
	case "THROW":
		return kwThrow
	case "TIMEOUT":
		return kwTimeout
	case "TRANSACTION":
		return kwTransaction
	case "TRUE":
		return kwTrue
	case "TYPE":
		return kwType
	case "UNIQUE":
		return kwUnique
	case "UNSET":
		return kwUnset
	case "UPDATE":
		return kwUpdate
	case "UPSERT":
		return kwUpsert
	case "USE":
		return kwUse
	case "VALUE":
		return kwValue
	case "VALUES":
		return kwValues
	case "VERSION":
		return kwVersion
	case "WHERE":
		return kwWhere
	case "WITH":
		return kwWith
	}
	return noKeyword
}
