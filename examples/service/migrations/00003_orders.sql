-- Orders. The service alone writes them, together with the stock; customers read their own, and
-- staff reads all, and ships them.

-- +goose Up
DEFINE TABLE order SCHEMAFULL PERMISSIONS
	FOR select WHERE customer = $auth.id OR $auth.role = 'staff',
	FOR update WHERE $auth.role = 'staff',
	FOR create, delete NONE;
DEFINE FIELD customer ON order TYPE record<user> READONLY;
DEFINE FIELD lines ON order TYPE array<object> READONLY;
DEFINE FIELD lines.*.product ON order TYPE record<product>;
DEFINE FIELD lines.*.quantity ON order TYPE int ASSERT $value >= 1;
DEFINE FIELD lines.*.price ON order TYPE int;
DEFINE FIELD total ON order TYPE int READONLY;
DEFINE FIELD state ON order TYPE 'placed' | 'shipped';
DEFINE FIELD revision ON order TYPE int COMMENT 'counts the changes: live queries promise no order';
DEFINE FIELD placed ON order TYPE datetime DEFAULT time::now() READONLY;
DEFINE INDEX order_customer ON order FIELDS customer;

-- +goose Down
REMOVE TABLE order;
