// Package surrealgorm is GORM's dialect of SurrealDB, over the database/sql driver of this project.
//
//	db, err := gorm.Open(surrealgorm.Open("ws://root:root@localhost:8000/shop/main"), &gorm.Config{
//		TranslateError: true,
//	})
//
// Statements are written as SurrealQL. A model's primary key is the key of the record's id: the
// person with the ID 1 is people:1. What SurrealDB cannot do, such as Joins, is refused with a
// [RefusedError] before anything is sent; so is what it would take for something else.
//
// README.md has what is written for GORM's methods, what SurrealDB makes different, and what is
// refused; suite runs GORM's own tests.
package surrealgorm
