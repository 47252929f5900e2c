-- Queries that are both PostgreSQL, which sqlc reads, and SurrealQL, which SurrealDB does.

-- name: Create :exec
INSERT INTO person (id, name, age, born) VALUES ($1, $2, $3, $4);

-- name: Get :one
SELECT id, name, age, born FROM person WHERE id = $1;

-- name: Adults :many
SELECT name, age FROM person WHERE age >= $1 ORDER BY age DESC LIMIT $2;

-- name: Rename :execrows
UPDATE person SET name = $1 WHERE id = $2;

-- name: Delete :exec
DELETE FROM person WHERE id = $1;
