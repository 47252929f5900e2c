-- What sqlc has to know of the table, in PostgreSQL's words. SurrealDB does not read this.
CREATE TABLE person (
  id text PRIMARY KEY,
  name text NOT NULL,
  age bigint,
  born timestamptz NOT NULL
);
