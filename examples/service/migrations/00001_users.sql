-- Users of a shop, who sign up and in by themselves: to SurrealDB they are record users, for
-- whom the PERMISSIONS of all tables hold.

-- +goose Up
DEFINE TABLE user SCHEMAFULL PERMISSIONS FOR select WHERE id = $auth.id, FOR create, update, delete NONE;
DEFINE FIELD email ON user TYPE string ASSERT string::is_email($value);
DEFINE FIELD password ON user TYPE string PERMISSIONS NONE;
DEFINE FIELD role ON user TYPE 'customer' | 'staff' DEFAULT 'customer';
DEFINE INDEX user_email ON user FIELDS email UNIQUE;

-- $user and $pass are the User and the Password of surrealsql.Credentials. What SIGNUP throws is
-- told to the client. FOR SESSION is how long a connection goes on as a user whose token has expired.
-- +goose StatementBegin
DEFINE ACCESS account ON DATABASE TYPE RECORD
	SIGNUP {
		IF !string::is_email($user) { THROW 'the email address is none' };
		IF (SELECT VALUE id FROM user WHERE email = $user) { THROW 'the email address has an account' };
		CREATE user SET email = $user, password = crypto::argon2::generate($pass)
	}
	SIGNIN (SELECT * FROM user WHERE email = $user AND crypto::argon2::compare(password, $pass))
	WITH REFRESH
	DURATION FOR GRANT 30d, FOR TOKEN 15m, FOR SESSION 15m;
-- +goose StatementEnd

-- +goose Down
REMOVE ACCESS account ON DATABASE;
REMOVE TABLE user;
