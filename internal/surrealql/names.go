package surrealql

// Where a text names its parameters, for whoever gives them other names.

// Names returns the places of a text that name a parameter, in their order. all is false where
// a string may name some, too: a record's id in r'…' may hold expressions.
func Names(text string) (names []Name, all bool) {
	p := newParser(text)
	list := nameList{}
	p.names = &list
	p.query()
	return list.names, !list.inStrings
}

// LetNames returns the names that LET statements give a value which what follows them in a text
// sees: those that are statements of the text itself. names are those of the query's text.
func (q *Query) LetNames(names []Name) []string {
	var given []string
	for i := range q.Statements {
		s := &q.Statements[i]
		if s.Kind != Let {
			continue
		}
		for len(names) > 0 && names[0].Pos < s.Pos {
			names = names[1:]
		}
		if len(names) > 0 && names[0].Pos < s.End {
			given = append(given, names[0].Name)
		}
	}
	return given
}
