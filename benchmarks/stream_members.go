package main

import (
	"context"
	"errors"

	"github.com/surrealsql/surrealsql"
	"github.com/surrealsql/surrealsql/benchmarks/internal/measure"
)

// The longest result of 4.0's shaped rows, and of the same as CBOR.

const membersMillionKey = "server-shaped-million"

// Names of clients that other files refer to.
const (
	wholeByShaped = byShaped + ", SELECT *"
	namedByCBOR   = byCBOR + ", columns by name"
	wholeSDK      = sdkStructs + ", SELECT *"
)

// memberClient is a client that reads members, and what it asks for.
type memberClient struct {
	streamClient
	selection
}

var memberStreams = []memberClient{
	memberDriver(wholeByShaped, surrealsql.ProtocolShaped, wholeMembers),
	memberDriver(byShaped+", columns by name", surrealsql.ProtocolShaped, namedMembers),
	memberDriver(byCBOR+", SELECT *", surrealsql.ProtocolCBOR, wholeMembers),
	memberDriver(namedByCBOR, surrealsql.ProtocolCBOR, namedMembers),
	{streamClient{wholeSDK, measure.SDK, streamSDK[sdkMember]}, wholeMembers},
}

func memberDriver(name string, p surrealsql.Protocol, s selection) memberClient {
	open := func(e *env, cfg *surrealsql.Config, spec streamSpec) (func() error, error) {
		cfg.Protocol, cfg.MaxMessageSize = p, 1<<30 // by cbor all of SELECT * is kept until its keys are known
		db, err := e.open(cfg, 1)
		if err == nil {
			err = db.PingContext(context.Background())
		}
		return func() error { return readMembers(db, spec.Text, s.columns, spec.Rows) }, err
	}
	return memberClient{streamClient{name, measure.Subject, open}, s}
}

func memberClients() (all []streamClient) {
	for _, c := range memberStreams {
		all = append(all, c.streamClient)
	}
	return all
}

// membersMillion measures it on the engine, and by cbor on the one beside it.
func (f *findings) membersMillion(e *env, rounds int) error {
	speakers, err := e.speakers()
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	table, err := e.membersFor(speakers, e.million)
	if err != nil {
		return err
	}
	var runs []streamRun
	for _, c := range memberStreams {
		runs = append(runs, streamRun{c.name, c.streamClient, streamSpec{DSN: e.dsn, Text: c.from(table), Rows: e.million}})
	}
	if e.beside != nil {
		for _, r := range runs {
			if r.name == namedByCBOR || r.name == wholeSDK {
				r.name += ", on " + e.beside.version
				r.spec.DSN = e.beside.dsn
				runs = append(runs, r)
			}
		}
	}
	f.streamedMembers, err = stream(runs, rounds)
	return err
}
