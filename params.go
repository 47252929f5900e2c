package surrealsql

import "sync"

// definedParamsCache remembers which parameters databases define (DEFINE
// PARAM), as far as texts used them. It only ever holds names that exist, so it
// is bounded by the schema; a parameter that is removed later binds NONE, as it
// does for every client.
type definedParamsCache struct{ names sync.Map } // of definedParam

type definedParam struct{ ns, db, name string }

func (p *definedParamsCache) known(s session, name string) bool {
	_, ok := p.names.Load(definedParam{s.ns, s.db, name})
	return ok
}

func (p *definedParamsCache) learn(s session, names []string) {
	for _, name := range names {
		p.names.Store(definedParam{s.ns, s.db, name}, nil)
	}
}
