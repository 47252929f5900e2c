// Package variable sets variables of a program's, whose types package reflect tells, without a
// reflect.Value for each: it finds a field by its offset and stores a number in one instruction,
// which takes a third off the time in which a record is decoded into a struct. It checks nothing.
// Who asks it has to know the types, which are found once for each.
//
// With the build tag purego the same is done by package reflect.
package variable
