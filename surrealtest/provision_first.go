package surrealtest

// provision hands out names; `use` creates them.
func provision(address, name string) (dsn string, drop func() error, err error) {
	return dsnOf(address) + "/t_" + randomName() + "/" + slug(name), func() error { return nil }, nil
}
