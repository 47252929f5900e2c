// Package chromium shows pages of the examples to a headless Chromium, for their tests with the
// build tag browser: what a page is once its scripts have run, how wide it is on a phone, and how
// it looks in light and in dark.
//
//	go test -tags browser ./examples/live
//	go test -tags browser ./examples/live -args -screenshots=/tmp
package chromium
