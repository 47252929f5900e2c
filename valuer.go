package surrealsql

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
)

// checkNamedValue lets every value through to appendValue, which knows far more
// types than database/sql, and asks a driver.Valuer for its value here, where an
// error still gets the argument's name.
func checkNamedValue(nv *driver.NamedValue) error {
	switch v := nv.Value.(type) {
	case sql.Out, *sql.Out:
		return fmt.Errorf("SurrealDB has no OUT parameters: read the statement's result instead")
	case *badArgs:
		return v.err
	case driver.Valuer:
		t := reflect.TypeOf(v)
		if knownEncoder(t) != nil || t.Kind() == reflect.Pointer && knownEncoder(t.Elem()) != nil {
			return nil
		}
		if t.Kind() == reflect.Pointer && reflect.ValueOf(v).IsNil() && t.Elem().Implements(valuerType) {
			nv.Value = nil // the method is the element's and would panic
			return nil
		}
		value, err := v.Value()
		if err != nil {
			return err
		}
		nv.Value = value
	}
	return nil
}
