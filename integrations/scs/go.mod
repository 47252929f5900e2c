module github.com/surrealsql/surrealsql/integrations/scs

go 1.26.0

replace github.com/surrealsql/surrealsql => ../..

require (
	github.com/alexedwards/scs/v2 v2.9.0
	github.com/stretchr/testify v1.12.1
	github.com/surrealsql/surrealsql v0.0.0-00010101000000-000000000000
	go.uber.org/goleak v1.3.0
)

require (
	github.com/fxamacker/cbor/v2 v2.9.2 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/gobwas/ws v1.5.0 // indirect
	github.com/gofrs/uuid v4.4.0+incompatible // indirect
	github.com/surrealdb/surrealdb.go v1.7.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
