-- What a shop sells. The key of a product is its SKU, so that an import may be repeated.

-- +goose Up
DEFINE TABLE product SCHEMAFULL
	PERMISSIONS FOR select FULL, FOR create, update, delete WHERE $auth.role = 'staff';
DEFINE FIELD name ON product TYPE string ASSERT string::len($value) IN 1..=200;
DEFINE FIELD price ON product TYPE int ASSERT $value >= 0 COMMENT 'in cents';
DEFINE FIELD stock ON product TYPE int ASSERT $value >= 0;

-- +goose Down
REMOVE TABLE product;
