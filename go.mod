module github.com/surrealsql/surrealsql

go 1.26.0

require (
	github.com/DATA-DOG/go-sqlmock v1.5.2
	github.com/fxamacker/cbor/v2 v2.9.2
	github.com/gobwas/ws v1.5.0
	github.com/gofrs/uuid v4.4.0+incompatible
	github.com/sony/gobreaker/v2 v2.4.0
	github.com/stretchr/testify v1.12.1
	github.com/surrealdb/surrealdb.go v1.7.0
	go.uber.org/goleak v1.3.0
	golang.org/x/time v0.16.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
